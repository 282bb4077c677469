"""What becomes of a message, whatever its plugins do."""

from __future__ import annotations

import threading
import time

import pytest

from volrules import Engine, Refused, Report, SiteError, TransitionError
from volrules.testing.stage import ENCRYPTED, PLAIN, an_engine, in_use

from .fakes import Dispatcher, Keys, raising, sleeping, times

DOWN = raising(ConnectionError("the broker is down"))


@pytest.fixture
def open_engine(tmp_path):
    """An engine on the test's store with these plugins; the relay's settings and timeouts as given."""
    opened = []

    def opening(*plugins, timeout=5, **relay):
        names = {"local", *(each.name for each in plugins)}
        site = {
            "dispatcher": "fake",
            "key_manager": "keys" if "keys" in names else "local",
            "plugins": {name: {"timeout": timeout} for name in names},
            "relay": relay,
        }
        opened.append(an_engine(tmp_path, *plugins, **site))
        return opened[-1]

    yield opening
    for each in opened:
        each.close()


def once_due(engine: Engine, seconds: float = 8) -> dict[str, int]:
    """The messages by state, once none of them is left, or time is up."""
    end = time.monotonic() + seconds
    while {"pending", "keyed"} & (state := engine.status().messages).keys() and time.monotonic() < end:
        engine.relay()
        time.sleep(0.05)
    return dict(state)


# -- outages ----------------------------------------------------------------------------------------------------------


def test_with_the_broker_down_creates_succeed_and_are_settled_once_it_is_back(open_engine):
    dispatcher = Dispatcher(before=DOWN)
    engine = open_engine(dispatcher)
    receipts = [engine.create(PLAIN) for _ in range(40)]
    assert {(each.outcome, each.dispatch) for each in receipts} == {("created", "pending")}
    assert "the broker is down" in engine.status().last_error
    assert "plugin `fake`" in engine.status().last_error
    dispatcher.before = lambda: None
    assert engine.relay() == {"dispatched": 40}
    assert sorted(dispatcher.ids) == sorted(each.volume_id for each in receipts)


def test_a_dispatcher_that_hangs_holds_up_neither_the_create_nor_the_relay(open_engine):
    dispatcher = Dispatcher(before=times(1, sleeping(3)))
    engine = open_engine(dispatcher, timeout=0.3)
    began = time.monotonic()
    assert engine.create(PLAIN).dispatch == "pending"
    assert time.monotonic() - began < 1
    assert "did not answer `volrules_dispatch` within 0.3 s" in engine.status().last_error
    assert engine.relay() == {"dispatched": 1}


def test_behind_a_message_that_hangs_the_others_are_handed_back_in_time(open_engine):
    dispatcher = Dispatcher(before=DOWN)
    with open_engine(dispatcher) as engine:
        for _ in range(12):
            engine.create(PLAIN)
    dispatcher = Dispatcher(before=times(4, sleeping(1.5)))
    engine = open_engine(dispatcher, timeout=0.7, lease="3s", longest_wait="1s")
    assert once_due(engine) == {"dispatched": 12}
    assert len(set(dispatcher.ids)) == 12


def test_what_was_handed_back_has_not_been_tried_and_keeps_its_last_error(open_engine):
    with open_engine(Dispatcher(before=DOWN)) as engine:
        receipts = [engine.create(PLAIN) for _ in range(4)]
    hanging = Dispatcher(before=times(1, sleeping(1.5)))
    engine = open_engine(hanging, timeout=0.7, lease="3s", longest_wait="1s")
    stop = threading.Event()
    hanging.after = stop.set
    engine.follow(stop)
    messages = [engine.get(each.volume_id).message for each in receipts]
    waiting = [each for each in messages if each.state == "pending"]
    assert len(waiting) >= 2
    assert sorted(each.attempts for each in waiting)[:2] == [1, 1]
    assert sum("the broker is down" in each.last_error for each in waiting) >= 2


def test_every_call_that_hangs_costs_its_own_message_an_attempt_and_no_other(open_engine):
    with open_engine(Dispatcher(before=DOWN)) as engine:
        receipts = [engine.create(PLAIN) for _ in range(5)]
    seconds = iter([0.6, 0, 0.6, 0, 0])
    dispatcher = Dispatcher(before=lambda: time.sleep(next(seconds)))
    engine = open_engine(dispatcher, timeout=0.3, workers=1, longest_wait="1s")
    assert engine.relay() == {"dispatched": 3, "pending": 2}
    messages = [engine.get(each.volume_id).message for each in receipts]
    assert [each.state for each in messages] == ["pending", "dispatched", "pending", "dispatched", "dispatched"]
    assert all("did not answer `volrules_dispatch`" in messages[place].last_error for place in (0, 2))


# -- the end of patience ----------------------------------------------------------------------------------------------


def test_when_the_attempts_are_used_up_the_volume_fails_and_nothing_of_it_is_left(open_engine):
    keys = Keys()
    engine = open_engine(Dispatcher(before=DOWN), keys, attempts=2, longest_wait="1s")
    receipt = engine.create(ENCRYPTED)
    assert (receipt.dispatch, in_use(engine) > 0, len(keys.made)) == ("pending", True, 1)
    assert once_due(engine) == {"failed": 1, "dispatched": 1}
    volume = engine.get(receipt.volume_id)
    assert volume.status == "error"
    assert volume.message.last_error.startswith("gave up after 2 attempts; the last: plugin `fake` failed in")
    assert (in_use(engine), keys.made) == (0, {})


def test_after_its_deadline_a_failed_attempt_is_the_last(open_engine):
    engine = open_engine(Dispatcher(before=DOWN), deadline="1s", longest_wait="1s")
    receipt = engine.create(PLAIN)
    time.sleep(1)
    assert engine.relay() == {"failed": 1}
    assert engine.get(receipt.volume_id).message.last_error.startswith("gave up after 1 seconds")


def test_a_refusal_is_final_at_once(open_engine):
    engine = open_engine(Dispatcher(before=raising(Refused("no such host"))), Keys())
    receipt = engine.create(ENCRYPTED)
    assert (receipt.dispatch, receipt.status) == ("failed", "error")
    assert engine.get(receipt.volume_id).message.last_error == "no such host"
    assert engine.relay() == {"dispatched": 1}  # its key's deletion
    assert in_use(engine) == 0


def test_a_volume_that_failed_is_retried_under_quota_again(open_engine):
    dispatcher = Dispatcher(before=times(1, raising(Refused("not today"))))
    keys = Keys()
    engine = open_engine(dispatcher, keys)
    receipt = engine.create(ENCRYPTED)
    record = engine.retry(receipt.volume_id)
    assert (record.status, record.message.state) == ("creating", "dispatched")
    assert record.encryption_key_id in {f"key-{each}" for each in keys.made}
    assert dispatcher.ids == [receipt.volume_id]
    assert in_use(engine) > 0
    with pytest.raises(TransitionError) as told:
        engine.retry(receipt.volume_id)
    assert told.value.code == "volume.not_failed"


def test_a_retry_beyond_the_quota_changes_nothing(tmp_path):
    dispatcher = Dispatcher(before=times(1, raising(Refused("not today"))))
    quotas = {"default": {"volumes": 1, "gigabytes": -1}}
    with an_engine(tmp_path, dispatcher, dispatcher="fake", quotas=quotas) as engine:
        failed = engine.create(PLAIN)
        engine.create(PLAIN)
        with pytest.raises(TransitionError) as told:
            engine.retry(failed.volume_id)
        assert told.value.code == "quota.volumes"
        assert engine.get(failed.volume_id).status == "error"
        assert engine.quota_check() == []


def test_a_host_that_has_reported_the_volume_proves_that_it_was_dispatched(open_engine):
    engine = open_engine(Dispatcher(after=DOWN), attempts=2)
    receipt = engine.create(PLAIN)
    engine.report(receipt.volume_id, "available", host="host1")
    assert engine.relay() == {"dispatched": 1}
    assert engine.get(receipt.volume_id).status == "available"
    assert in_use(engine) > 0


# -- keys -------------------------------------------------------------------------------------------------------------


def test_a_key_that_comes_after_the_last_attempt_ran_out_is_not_left(open_engine):
    keys, dispatcher = Keys(before=sleeping(0.8)), Dispatcher()
    engine = open_engine(dispatcher, keys, timeout=0.3, attempts=1, lease="2s")
    receipt = engine.create(ENCRYPTED)
    assert (receipt.dispatch, keys.made) == ("pending", {})
    assert engine.relay() == {}  # left alone: somebody may be making its key
    assert once_due(engine) == {"failed": 1, "dispatched": 1}
    assert engine.get(receipt.volume_id).status == "error"
    assert "gave up after 1 attempts" in engine.get(receipt.volume_id).message.last_error
    assert keys.deleted == [(receipt.volume_id, None)]
    assert (keys.made, dispatcher.ids, in_use(engine)) == ({}, [], 0)


def test_a_key_that_comes_after_its_volume_and_its_deletion_are_gone_is_not_left(open_engine):
    keys = Keys(before=times(1, sleeping(3)))
    engine = open_engine(Dispatcher(), keys, timeout=0.3, lease="2s")
    receipt = engine.create(ENCRYPTED)
    engine.delete(receipt.volume_id)
    assert once_due(engine) == {"dispatched": 2}
    time.sleep(1.5)
    assert keys.made == {}


def test_deleted_while_its_key_is_made_it_is_not_dispatched_and_has_no_key(open_engine):
    engine = None

    def delete():
        (volume,) = engine.volumes()
        engine.delete(volume.id)

    keys, dispatcher = Keys(after=delete), Dispatcher()
    engine = open_engine(dispatcher, keys)
    engine.create(ENCRYPTED)
    assert engine.relay() == {"dispatched": 1}
    assert (dispatcher.ids, keys.made, in_use(engine)) == ([], {}, 0)


def test_deleted_while_its_message_waits_behind_others_it_is_not_dispatched(open_engine):
    dispatcher = Dispatcher(before=DOWN)
    engine = open_engine(dispatcher, workers=1)
    receipts = [engine.create(PLAIN) for _ in range(3)]
    dispatcher.before = times(1, lambda: (time.sleep(0.06), [engine.delete(each.volume_id) for each in receipts[1:]]))
    assert engine.relay() == {"dispatched": 3}
    assert dispatcher.ids == [receipts[0].volume_id]


def test_a_sources_key_is_deleted_after_the_copy_that_waits_for_it(open_engine):
    keys = Keys()
    engine = open_engine(Dispatcher(), keys, longest_wait="1s")
    source = engine.create(ENCRYPTED)
    engine.report(source.volume_id, "available", host="host1")
    keys.before = DOWN
    copy = engine.create({"volume": {"source_volid": source.volume_id}})
    engine.delete(source.volume_id)
    engine.relay()
    assert keys.deleted == []
    keys.before = lambda: None
    assert once_due(engine) == {"dispatched": 3}
    assert keys.made == {copy.volume_id: f"key-{source.volume_id}"}


def test_a_key_is_deleted_however_often_that_fails(open_engine):
    class Stubborn(Keys):
        def volrules_delete_key(self, volume_id, key_id):
            self.before()
            super().volrules_delete_key(volume_id, key_id)

        volrules_delete_key.volrules_impl = Keys.volrules_delete_key.volrules_impl

    keys = Stubborn()
    engine = open_engine(Dispatcher(), keys, attempts=1, longest_wait="1s")
    receipt = engine.create(ENCRYPTED)
    keys.before = times(2, raising(Refused("never")))
    engine.delete(receipt.volume_id)
    assert once_due(engine) == {"dispatched": 2}
    assert keys.made == {}


def test_what_a_key_manager_answers_is_checked_and_not_told(open_engine):
    class Talkative(Keys):
        def volrules_create_key(self):
            return b"the key itself"

        volrules_create_key.volrules_impl = Keys.volrules_create_key.volrules_impl

    engine = open_engine(Dispatcher(), Talkative())
    assert engine.create(ENCRYPTED).dispatch == "pending"
    assert engine.status().last_error.endswith("a key manager answers with the key's id, not bytes")


# -- leases -----------------------------------------------------------------------------------------------------------


def test_under_a_lease_that_was_lost_nothing_is_settled(open_engine, tmp_path):
    told = []
    dispatcher = Dispatcher(before=times(1, sleeping(2.5)))
    engine = open_engine(dispatcher, timeout=None, lease="2s")
    slow = threading.Thread(target=lambda: told.append(engine.create(PLAIN)))
    slow.start()
    time.sleep(2.1)
    assert engine.relay() == {"dispatched": 1}
    slow.join()
    (receipt,) = told
    assert receipt.dispatch == "pending"
    assert engine.status().messages == {"dispatched": 1}
    assert dispatcher.ids == [receipt.volume_id] * 2


def test_a_lease_outlasts_the_timeouts_or_the_site_is_wrong(open_engine):
    with pytest.raises(SiteError, match=r"relay\.lease: a lease of 3 s does not outlast"):
        open_engine(Dispatcher(), timeout=5, lease="3s")


# -- volume managers --------------------------------------------------------------------------------------------------


def test_a_dispatcher_that_makes_the_volume_itself_reports_it(open_engine):
    engine = open_engine(Dispatcher(after=lambda: Report("available", "host1")))
    receipt = engine.create(PLAIN)
    volume = engine.get(receipt.volume_id)
    assert (receipt.dispatch, receipt.status, volume.status, volume.host) == (
        "dispatched",
        "available",
        "available",
        "host1",
    )


def test_an_answer_that_is_none_is_a_fault_of_the_dispatcher(open_engine):
    engine = open_engine(Dispatcher(after=lambda: "fine"))
    assert engine.create(PLAIN).dispatch == "pending"
    assert "a dispatcher answers with a Report or None, not str" in engine.status().last_error


def test_systemexit_in_a_plugin_is_only_its_own_fault(open_engine):
    engine = open_engine(Dispatcher(before=times(1, raising(SystemExit(3)))))
    assert engine.create(PLAIN).dispatch == "pending"
    assert engine.relay() == {"dispatched": 1}


def test_the_shortest_lease_that_is_allowed_is_long_enough_to_begin_in(open_engine):
    dispatcher = Dispatcher()
    engine = open_engine(dispatcher, timeout=0.5, lease="2s")
    assert engine.create(PLAIN).dispatch == "dispatched"
