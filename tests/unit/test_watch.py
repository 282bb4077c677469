"""Plugins that hang: a decision walks away from them."""

import gc
import logging
import threading
import time
import weakref

import pytest

from tests.builders import IMAGE, SNAPSHOT, VOLUME, a_request
from volrules import Engine, Order, Snapshot, Volume, hookimpl, violation


class Hanging:
    """Objects once, and does not come back before the test is over."""

    name = "hanging"

    def __init__(self):
        self.over = threading.Event()
        self.calls = 0

    @hookimpl
    def volrules_validate_size(self, draft):
        self.calls += 1
        self.thread = threading.current_thread()
        self.over.wait(30)
        yield violation("hanging.late", "/volume/size", "nobody waits for this; do not wait")

    def close(self):
        self.over.set()


class Objecting:
    name = "objecting"

    @hookimpl
    def volrules_validate_metadata(self, draft):
        return violation("objecting.metadata", "/volume/metadata", "metadata are not wanted; leave them out")


def opened(hanging, policy="fail", *others):
    plugins = {"hanging": {"timeout": 0.05, "failure_policy": policy}}
    return Engine.open({"plugins": plugins}, inventory={}, plugins=[hanging, *others])


def test_a_plugin_that_hangs_has_failed_and_the_others_are_heard():
    with opened(Hanging(), "fail", Objecting) as engine:
        decision = engine.check(a_request())
    assert {each.code for each in decision.violations} == {"plugin.failed", "objecting.metadata"}
    (failure,) = (each for each in decision.violations if each.code == "plugin.failed")
    assert (failure.plugin, failure.params["hook"]) == ("hanging", "volrules_validate_size")


def test_where_it_is_ignored_the_request_is_decided_without_it():
    with opened(Hanging(), "ignore") as engine:
        decision = engine.check(a_request())
    assert decision.accepted
    assert [(each.code, each.enforcement) for each in decision.warnings] == [("plugin.failed", "warn")]


@pytest.mark.parametrize("policy", ["fail", "ignore"])
def test_after_three_hangs_it_is_not_asked_for_a_while(policy):
    hanging = Hanging()
    with opened(hanging, policy) as engine:
        decisions = [engine.check(a_request()) for _ in range(5)]
    assert hanging.calls == 3
    assert all("plugin.failed" in {each.code for each in (*it.violations, *it.warnings)} for it in decisions)


def test_a_trusted_plugin_runs_on_the_callers_thread():
    class Trusted:
        name = "trusted"
        thread = None

        @hookimpl
        def volrules_validate_size(self, draft):
            self.thread = threading.current_thread()

    trusted = Trusted()
    with Engine.open({"plugins": {"trusted": {"timeout": None}}}, inventory={}, plugins=[trusted]) as engine:
        assert engine.check(a_request()).accepted
    assert trusted.thread is threading.current_thread()


def test_a_decision_in_which_a_vendor_takes_part_is_one_hop_to_a_thread():
    class Seen:
        name = "seen"

        def __init__(self):
            self.threads = set()

        @hookimpl
        def volrules_validate_size(self, draft):
            self.threads.add(threading.current_thread())

        @hookimpl
        def volrules_validate_metadata(self, draft):
            self.threads.add(threading.current_thread())

    seen = Seen()
    with Engine.open({}, inventory={}, plugins=[seen]) as engine:
        assert engine.check(a_request()).accepted
    assert len(seen.threads) == 1
    assert threading.current_thread() not in seen.threads


class Picky:
    """Hangs on every request of one size, and notes on which thread it is asked."""

    name = "hanging"

    def __init__(self):
        self.over = threading.Event()
        self.threads = []

    @hookimpl
    def volrules_validate_size(self, draft):
        self.threads.append(threading.get_ident())
        if draft.size == 13:
            self.over.wait(30)
        return violation("hanging.odd", "/volume/size", "the size is odd; ask for one more") if draft.size % 2 else None

    def close(self):
        self.over.set()


def orders(*sizes):
    return [Order(a_request(size=each), id=each) for each in sizes]


def codes(decisions):
    return [(each.id, [violation.code for violation in each.violations]) for each in decisions]


def test_one_hand_off_serves_many_requests():
    picky = Picky()
    with opened(picky) as engine:
        assert codes(engine.check_many(orders(*range(2, 12, 2)))) == [(each, []) for each in range(2, 12, 2)]
    assert len(set(picky.threads)) == 1
    assert threading.get_ident() not in picky.threads


@pytest.mark.parametrize(("policy", "fate"), [("fail", ["plugin.failed"]), ("ignore", [])])
def test_a_hang_costs_only_the_request_that_it_befell(policy, fate):
    with opened(Picky(), policy) as engine:
        decisions = engine.check_many(orders(1, 2, 13, 3, 13, 4))
    assert codes(decisions) == [
        (1, ["hanging.odd"]),
        (2, []),
        (13, fate),
        (3, ["hanging.odd"]),
        (13, fate),
        (4, []),
    ]


def test_many_are_decided_as_they_are_one_by_one():
    asked = orders(1, 2, 0, -5, "x", 3)
    with opened(Picky()) as engine:
        together = [each.to_dict() for each in engine.check_many(asked)]
        assert together == [engine.check(each.body, id=each.id).to_dict() for each in asked]


class Slow:
    """Takes its time for each request, and less than it has."""

    name = "hanging"

    @hookimpl
    def volrules_validate_size(self, draft):
        time.sleep(0.2)

    @hookimpl
    def volrules_find_image(self, image_id):
        time.sleep(0.2)


def test_many_calls_in_time_are_in_time():
    asked = [Order(a_request(size=1, imageRef=IMAGE), id=each) for each in range(4)]
    with Engine.open({"plugins": {"hanging": {"timeout": 0.5}}}, inventory={}, plugins=[Slow]) as engine:
        assert codes(engine.check_many(asked)) == [(each, ["image.not_found"]) for each in range(4)]


def test_several_calls_for_one_request_have_their_time_each():
    class Finder:
        name = "hanging"

        @hookimpl
        def volrules_find_snapshot(self, snapshot_id):
            time.sleep(0.3)
            return Snapshot(snapshot_id, volume_id=VOLUME, volume_size=1, status="available")

        @hookimpl
        def volrules_find_volume(self, volume_id):
            time.sleep(0.3)
            return Volume(volume_id, size=1, status="available")

    with Engine.open({"plugins": {"hanging": {"timeout": 0.5}}}, inventory={}, plugins=[Finder]) as engine:
        assert engine.check(a_request(snapshot_id=SNAPSHOT)).accepted


@pytest.mark.parametrize(
    ("policy", "expected"), [("fail", ["plugin.failed"]), ("ignore", ["image.not_found", "volume_type.not_found"])]
)
def test_who_hung_over_a_source_may_know_the_type(policy, expected):
    class Finder(Hanging):
        @hookimpl
        def volrules_find_image(self, image_id):
            self.over.wait(30)

        @hookimpl
        def volrules_find_volume_type(self, volume_type_id):
            return None

    with opened(Finder(), policy) as engine:
        decision = engine.check(a_request(size=1, imageRef=IMAGE, volume_type="gold"))
    assert [each.code for each in decision.violations] == expected


class Lazy:
    """An answer that takes for ever to be read."""

    def __init__(self, over):
        self.over = over

    def __iter__(self):
        self.over.wait(30)
        return iter(())


class LazyMetadata(dict):
    over = None

    def items(self):
        self.over.wait(30)
        return super().items()


class Sluggish:
    """Says something at first, and answers one hook with what does not come to an end."""

    name = "hanging"
    slow = "validate"

    def __init__(self):
        self.over = threading.Event()

    @hookimpl
    def volrules_validate_request(self, request):
        return None

    @hookimpl
    def volrules_validate_size(self, draft):
        return Lazy(self.over) if self.slow == "validate" else None

    @hookimpl
    def volrules_resolve_metadata(self, draft):
        answer = LazyMetadata(a="b")
        answer.over = self.over
        return answer if self.slow == "resolve" else None

    @hookimpl
    def volrules_validate_metadata(self, draft):
        return None

    def close(self):
        self.over.set()


@pytest.mark.parametrize(
    ("slow", "hook"), [("validate", "volrules_validate_size"), ("resolve", "volrules_resolve_metadata")]
)
@pytest.mark.parametrize(("policy", "accepted"), [("fail", False), ("ignore", True)])
def test_an_answer_that_cannot_be_read_in_time_is_told_once_and_of_the_hook_that_gave_it(slow, hook, policy, accepted):
    sluggish = Sluggish()
    sluggish.slow = slow
    with opened(sluggish, policy) as engine:
        decision = engine.check(a_request())
    assert decision.accepted is accepted
    told = [(each.code, each.params["hook"]) for each in (*decision.violations, *decision.warnings)]
    assert told == [("plugin.failed", hook)]


def test_where_a_plugin_hangs_over_who_may_ask_nothing_is_told_of_what_there_is():
    class Doorkeeper:
        name = "hanging"

        def __init__(self):
            self.over = threading.Event()

        @hookimpl
        def volrules_validate_request(self, request):
            return None

        @hookimpl
        def volrules_authorize(self, request, context):
            self.over.wait(30)

        def close(self):
            self.over.set()

    with opened(Doorkeeper()) as engine:
        decision = engine.check(a_request(snapshot_id=SNAPSHOT))
    told = [(each.code, each.params.get("hook")) for each in decision.violations]
    assert told == [("plugin.failed", "volrules_authorize")]


def test_what_hung_and_comes_back_late_has_nobody_else_asked():
    class Counting:
        name = "counting"
        calls = 0

        @hookimpl
        def volrules_validate_metadata(self, draft):
            Counting.calls += 1

    hanging = Hanging()
    with opened(hanging, "fail", Counting) as engine:
        engine.check(a_request())
        hung = hanging.thread
        hanging.over.set()
        hung.join(10)
    assert Counting.calls == 1


class Kept:
    """Something to be told apart, and missed."""


@pytest.mark.parametrize("size", [4, 13], ids=["sound", "hanging"])
def test_a_decision_that_is_kept_keeps_none_of_the_others(size, caplog):
    caplog.set_level(logging.CRITICAL, "volrules")  # pytest keeps what is logged, and what is logged has seen them all
    asked = [Order(a_request(size=each), id=Kept()) for each in (2, size, 6)]
    others = [weakref.ref(each.id) for each in asked[1:]]
    with opened(Picky()) as engine:
        first, *_ = engine.check_many(asked)
    del asked, _
    until = time.monotonic() + 10  # a thread that hung still has to end
    while any(each() for each in others) and time.monotonic() < until:
        gc.collect()
    assert first.accepted
    assert [each() for each in others] == [None, None]


def test_a_draft_that_is_kept_keeps_none_of_the_others():
    class Keeper:
        """Keeps the draft of one request, in which the size is in violation."""

        name = "hanging"

        def __init__(self):
            self.kept = None

        @hookimpl
        def volrules_validate_size(self, draft):
            if draft.size != 5:
                return None
            self.kept = draft
            return violation("hanging.five", "/volume/size", "five is too few; ask for six")

    keeper = Keeper()
    asked = [Order(a_request(size=each), id=Kept()) for each in (2, 5, 6)]
    ids = [weakref.ref(each.id) for each in asked]
    with opened(keeper) as engine:
        engine.check_many(asked)
    del asked
    gc.collect()
    assert keeper.kept.size == 5
    assert [each() for each in ids] == [None, None, None]


def test_what_hung_and_comes_back_late_has_no_trusted_plugin_asked_either():
    class Trusted:
        name = "trusted"
        calls = 0

        @hookimpl
        def volrules_validate_volume(self, draft):
            Trusted.calls += 1

    hanging = Hanging()
    plugins = {"hanging": {"timeout": 0.05}, "trusted": {"timeout": None}}
    with Engine.open({"plugins": plugins}, inventory={}, plugins=[hanging, Trusted]) as engine:
        engine.check(a_request())
        hanging.over.set()
        hanging.thread.join(10)
        assert not hanging.thread.is_alive()
    assert Trusted.calls == 1
