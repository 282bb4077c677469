"""Creates and their receipts, as an application sees them."""

from __future__ import annotations

import json
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.builders import (
    VOLUME,
    a_context,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_inventory,
    assert_valid,
    codes,
)
from volrules import (
    Context,
    Engine,
    Order,
    Receipt,
    Refused,
    Report,
    StoreError,
    UsageError,
    VolrulesError,
    VolumeUnknown,
    hookimpl,
)


class Hand:
    """A dispatcher that does what the test says."""

    name = "hand"

    def __init__(self, *answers):
        self.answers = list(answers)
        self.messages = []

    @hookimpl
    def volrules_dispatch(self, message):
        self.messages.append(message)
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, BaseException):
            raise answer
        return answer


@pytest.fixture
def hand():
    return Hand()


@pytest.fixture
def open_engine(tmp_path, hand):
    opened = []

    def open_one(*plugins, **site):
        engine = Engine.open(
            a_site(
                dispatcher="hand",
                plugins={"local": {"options": {"directory": f"{tmp_path}/keys"}}} | site.pop("settings", {}),
                **site,
            ),
            store=f"sqlite:///{tmp_path}/v.db",
            plugins=[hand, *plugins],
        )
        opened.append(engine)
        return engine

    yield open_one
    for engine in opened:
        engine.close()


@pytest.fixture
def engine(open_engine):
    return open_engine()


def in_use(engine, project="p1"):
    return {each.resource: each.in_use for each in engine.quota(project) if each.in_use}


def test_a_created_volume_has_a_receipt(engine, hand):
    receipt = engine.create(a_request(size=5, volume_type="ssd"), a_context(), id="line-1")
    assert list(receipt.to_dict()) == ["id", "outcome", "volume_id", "status", "dispatch", "replayed", "decision"]
    assert (receipt.id, receipt.outcome, receipt.status, receipt.dispatch) == (
        "line-1",
        "created",
        "creating",
        "dispatched",
    )
    assert receipt.replayed is False
    assert_valid("decision", receipt.to_dict()["decision"])
    assert_valid("message", hand.messages[0].to_dict())
    assert engine.get(receipt.volume_id).size == 5
    assert in_use(engine) == {"gigabytes": 5, "gigabytes_ssd": 5, "volumes": 1, "volumes_ssd": 1}


def test_a_receipt_survives_documents_and_pickles(engine):
    for body in (a_request(), a_request(size=0)):
        receipt = engine.create(body, a_context())
        assert Receipt.from_dict(json.loads(json.dumps(receipt.to_dict()))) == receipt
        assert pickle.loads(pickle.dumps(receipt)) == receipt


@pytest.mark.parametrize("body", [a_request(size=0), {"volume": {"size": True}}, 5])
def test_a_rejected_request_leaves_nothing(engine, hand, body):
    receipt = engine.create(body, a_context())
    assert (receipt.outcome, receipt.volume_id, receipt.status, receipt.dispatch) == ("rejected", None, None, None)
    assert receipt.decision.violations
    assert_valid("decision", receipt.to_dict()["decision"])
    assert not engine.volumes()
    assert not hand.messages


def test_the_same_key_and_body_replay_the_first_receipt(engine, hand):
    first = engine.create(a_request(), a_context(), idempotency_key="k")
    again = engine.create(a_request(), a_context(), idempotency_key="k", id="two")
    assert (again.replayed, again.volume_id, again.outcome, again.id) == (True, first.volume_id, "created", "two")
    assert again.decision == first.decision
    assert len(engine.volumes()) == len(hand.messages) == 1


def test_the_order_of_keys_does_not_make_another_body(engine):
    first = engine.create({"volume": {"size": 1, "name": "a"}}, idempotency_key="k")
    again = engine.create({"volume": {"name": "a", "size": 1}}, idempotency_key="k")
    assert again.volume_id == first.volume_id


def test_the_same_key_with_another_body_is_a_mismatch(engine):
    engine.create(a_request(), a_context(), idempotency_key="k")
    receipt = engine.create(a_request(name="b"), a_context(), idempotency_key="k")
    assert (receipt.outcome, codes(receipt.decision)) == ("rejected", ["idempotency.mismatch"])
    assert_valid("decision", receipt.to_dict()["decision"])
    assert len(engine.volumes()) == 1


def test_keys_belong_to_a_project(engine):
    engine.create(a_request(), a_context(), idempotency_key="k")
    assert not engine.create(a_request(), a_context(project_id="p2"), idempotency_key="k").replayed


def test_a_rejection_is_not_stored(open_engine):
    assert (
        open_engine(quotas={"default": {"volumes": 0}}).create(a_request(), idempotency_key="k").outcome == "rejected"
    )
    assert open_engine().create(a_request(), idempotency_key="k").outcome == "created"


def test_a_retry_replays_though_its_source_is_gone(engine):
    engine.import_inventory(an_inventory(volumes=[a_volume(project_id="p1")]))
    body = a_request(source_volid=VOLUME)
    first = engine.create(body, a_context(), idempotency_key="k")
    engine.delete(VOLUME)
    assert codes(engine.create(body, a_context()).decision) == ["source_volume.not_found"]
    assert engine.create(body, a_context(), idempotency_key="k").volume_id == first.volume_id


class Meter:
    """Charges a resource of its own; fails when told to."""

    name = "meter"
    usage: object = {"meter.iops": 5}

    @hookimpl
    def volrules_quota_usage(self, spec):
        if isinstance(self.usage, Exception):
            raise self.usage
        return self.usage


def test_a_retry_replays_though_a_plugin_fails_to_charge(open_engine):
    engine = open_engine(meter := Meter())
    first = engine.create(a_request(), a_context(), idempotency_key="k")
    meter.usage = RuntimeError()
    assert engine.create(a_request(), a_context(), idempotency_key="k").volume_id == first.volume_id


QUOTAS = {"default": {"volumes": 2, "gigabytes": 20, "gigabytes_ssd": 8, "volumes_ssd": 1, "meter.iops": 7}}


def test_landing_on_the_limit_is_fine(open_engine):
    engine = open_engine(quotas={"default": {"volumes": 1, "gigabytes": 10}})
    assert engine.create(a_request(size=10), a_context()).outcome == "created"
    assert codes(engine.create(a_request(size=1), a_context()).decision) == ["quota.gigabytes", "quota.volumes"]


def test_over_quota_is_told_with_its_figures(open_engine):
    engine = open_engine(Meter(), quotas=QUOTAS)
    engine.create(a_request(size=8, volume_type="ssd"), a_context())
    for decision in (
        engine.check(a_request(size=13, volume_type="ssd"), a_context()),
        engine.create(a_request(size=13, volume_type="ssd"), a_context()).decision,
    ):
        assert [(each.code, each.kind, dict(each.params)) for each in decision.violations] == [
            (
                "quota.gigabytes",
                "VolumeSizeExceedsAvailableQuota",
                {"resource": resource, "requested": 13, "consumed": 8, "limit": limit},
            )
            for resource, limit in (("gigabytes", 20), ("gigabytes_ssd", 8))
        ] + [
            (
                "quota.volumes",
                "VolumeLimitExceeded",
                {"resource": "volumes_ssd", "requested": 1, "consumed": 1, "limit": 1},
            ),
            ("quota.resource", "OverQuota", {"resource": "meter.iops", "requested": 5, "consumed": 5, "limit": 7}),
        ]
        assert {each.rule for each in decision.violations} == {"quota"}
        assert_valid("decision", decision.to_dict())
    assert in_use(engine)["meter.iops"] == 5


@pytest.mark.parametrize("name", ["a_b", "ssd", "lvm.fast"])
def test_the_quota_of_a_type_is_told_as_cinder_does(open_engine, name):
    site = {"volume_types": [a_type(name)], "quotas": {"default": {f"gigabytes_{name}": 0, f"volumes_{name}": 0}}}
    decision = open_engine(**site).check(a_request(volume_type=name), a_context())
    assert [each.kind for each in decision.violations] == ["VolumeSizeExceedsAvailableQuota", "VolumeLimitExceeded"]


def test_quota_belongs_to_a_project(open_engine):
    engine = open_engine(quotas={"default": {"volumes": 1}, "projects": {"p2": {"volumes": -1}}})
    assert [engine.create(a_request(), a_context()).outcome for _ in range(2)] == ["created", "rejected"]
    assert [engine.create(a_request(), a_context(project_id="p2")).outcome for _ in range(3)] == ["created"] * 3


def test_two_plugins_charges_are_summed(open_engine):
    other = type("other", (), {"volrules_quota_usage": hookimpl(lambda self, spec: {"other.iops": 3, "gigabytes": 2})})
    engine = open_engine(Meter(), other)
    engine.create(a_request(size=10), a_context())
    assert in_use(engine) == {"gigabytes": 12, "meter.iops": 5, "other.iops": 3, "volumes": 1}


@pytest.mark.parametrize(
    "usage",
    [
        RuntimeError(),
        5,
        {"meter.a": -1},
        {"meter.a": True},
        {"meter.a": 1.5},
        {5: 1},
        {"meter.a": "1"},
        [("meter.a", 1)],
    ],
    ids=str,
)
def test_a_plugin_that_fails_to_charge_is_named(open_engine, usage):
    meter = Meter()
    meter.usage = usage
    engine = open_engine(meter)
    for decision in (engine.check(a_request(), a_context()), engine.create(a_request(), a_context()).decision):
        (failure,) = decision.violations
        assert (failure.code, failure.plugin) == ("plugin.failed", "meter")
        assert failure.params["hook"] == "volrules_quota_usage"
    assert not engine.volumes()


def test_a_plugin_whose_failures_are_ignored_charges_nothing(open_engine):
    meter = Meter()
    meter.usage = RuntimeError()
    engine = open_engine(meter, settings={"meter": {"failure_policy": "ignore"}})
    assert engine.create(a_request(), a_context()).outcome == "created"


@pytest.mark.parametrize("usage", [{"meter.iops": 10**30}, {"meter.\ud800": 1}], ids=["huge", "surrogate"])
def test_a_charge_that_no_database_holds_is_a_failure(open_engine, usage):
    meter = Meter()
    meter.usage = usage
    assert codes(open_engine(meter).create(a_request(), a_context()).decision) == ["plugin.failed"]


@pytest.mark.parametrize("resource", ["iops", "other.iops", "meter."])
def test_a_plugins_own_resource_bears_its_name(open_engine, resource):
    meter = Meter()
    meter.usage = {resource: 5}
    assert codes(open_engine(meter).create(a_request(), a_context()).decision) == ["plugin.failed"]


@pytest.mark.parametrize(
    "body", [{"volume": {"size": {1}}}, {"volume": {"name": "\ud800"}}, {"volume": {1: 2, "a": 3}}, b"x"], ids=str
)
def test_a_body_that_is_no_json_is_rejected_under_a_key_too(engine, body):
    assert engine.create(body, a_context(), idempotency_key="k").outcome == "rejected"


@pytest.mark.parametrize("key", ["", "k" * 256, 5, b"k"])
def test_an_idempotency_key_that_is_none_is_a_usage_error(engine, key):
    with pytest.raises(UsageError):
        engine.create(a_request(), idempotency_key=key)


@pytest.mark.parametrize(
    "arguments", [{"idempotency_key": "\ud800"}, {"context": {"project_id": "\ud800"}}], ids=["key", "project"]
)
def test_texts_that_are_none_are_a_usage_error(engine, arguments):
    with pytest.raises(VolrulesError):
        engine.create(a_request(), **arguments)


def test_a_create_needs_a_store_not_an_inventory():
    with Engine.open(a_site(), inventory={}) as engine, pytest.raises(UsageError):
        engine.create(a_request())


def test_an_outage_leaves_the_dispatch_pending(engine, hand):
    hand.answers = [ConnectionError(), SystemExit(3)]
    for _ in range(2):
        receipt = engine.create(a_request(), a_context())
        assert (receipt.outcome, receipt.status, receipt.dispatch) == ("created", "creating", "pending")


@pytest.mark.parametrize(
    "answer",
    [
        5,
        "available",
        {"status": "available"},
    ],
    ids=str,
)
def test_a_dispatcher_that_answers_nonsense_is_asked_again(engine, hand, answer):
    hand.answers = [answer]
    assert engine.create(a_request(), a_context()).dispatch == "pending"


def test_a_refusal_is_final_and_gives_the_quota_back(engine, hand):
    hand.answers = [Refused("no room")]
    receipt = engine.create(a_request(), a_context())
    assert (receipt.outcome, receipt.status, receipt.dispatch) == ("created", "error", "failed")
    assert not in_use(engine)


def test_a_volume_manager_reports_at_once(engine, hand):
    hand.answers = [Report("available", "h@b")]
    receipt = engine.create(a_request(), a_context())
    assert receipt.dispatch == "dispatched"
    record = engine.get(receipt.volume_id)
    assert (record.status, record.host) == ("available", "h@b")


def test_a_receipt_says_what_a_volume_manager_reported(engine, hand):
    hand.answers = [Report("available", "h@b")]
    assert engine.create(a_request(), a_context()).status == "available"


def test_a_report_and_a_delete(engine):
    volume_id = engine.create(a_request(), a_context()).volume_id
    assert engine.report(volume_id, "available", host="h").status == "available"
    assert engine.delete(volume_id).status == "deleted"
    assert engine.delete(volume_id).status == "deleted"
    assert not in_use(engine)
    with pytest.raises(VolumeUnknown):
        engine.delete("nope")


def test_what_a_refused_create_decided_is_not_told_as_accepted(open_engine):
    events = []
    watcher = type("watcher", (), {"volrules_on_event": hookimpl(lambda self, event: events.append(event))})
    engine = open_engine(watcher, quotas={"default": {"volumes": 0}})
    assert engine.create(a_request(), a_context()).outcome == "rejected"
    assert [each["decision"]["outcome"] for each in events if each["event"] == "decided"] == ["rejected"]


def test_blocking_the_size_rule_does_not_break_creates(open_engine):
    receipt = open_engine(settings={"size": {"enabled": False}}).create(a_request(), a_context())
    assert receipt.outcome in ("created", "rejected")


def test_an_engine_is_shared_between_threads(engine):
    barrier = threading.Barrier(4)

    def work(number):
        barrier.wait()
        return engine.create(a_request(size=1), a_context(), idempotency_key=f"k{number % 2}").volume_id

    with ThreadPoolExecutor(4) as pool:
        volumes = list(pool.map(work, range(4)))
    assert len(set(volumes)) == 2
    assert in_use(engine)["volumes"] == 2


def test_a_check_against_a_store_makes_no_file(tmp_path):
    with Engine.open(a_site(), store=f"sqlite:///{tmp_path}/v.db") as engine:
        assert engine.check(a_request()).accepted
        assert codes(engine.check(a_request(source_volid=VOLUME))) == ["source_volume.not_found"]
    assert not list(tmp_path.iterdir())


def test_an_encrypted_create_keeps_its_key(open_engine, hand, tmp_path):
    engine = open_engine()
    engine.import_inventory(an_inventory(snapshots=[a_snapshot()]))
    receipt = engine.create(a_request(volume_type="crypt"), a_context())
    assert receipt.dispatch == "dispatched"
    key_id = hand.messages[-1].encryption_key_id
    assert engine.get(receipt.volume_id).encryption_key_id == key_id
    copied = engine.create(a_request(source_volid=receipt.volume_id), a_context())
    assert codes(copied.decision) == ["source_volume.not_available"]
    engine.report(receipt.volume_id, "available")
    copied = engine.create(a_request(source_volid=receipt.volume_id), a_context())
    assert dict(copied.decision.spec.encryption_key) == {"action": "copy", "source_key_id": key_id}
    assert hand.messages[-1].encryption_key_id not in (None, key_id)


def test_faults_say_whether_to_try_again(tmp_path):
    (tmp_path / "v.db").write_text("no database")
    with Engine.open(a_site(), store=f"sqlite:///{tmp_path}/v.db") as engine, pytest.raises(StoreError) as caught:
        engine.create(a_request())
    assert caught.value.retryable is False


@pytest.mark.parametrize("members", [("done",), ("available", 5), ("error", "")])
def test_a_report_is_available_or_error_from_a_host_or_none(members):
    with pytest.raises(TypeError):
        Report(*members)


def test_creates_that_share_commits_keep_their_own_outcomes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the spool goes
    site = {"quotas": {"default": {"volumes": 3, "gigabytes": -1}}}
    orders = [
        Order(a_request(size=1), id="first", idempotency_key="k"),
        Order(a_request(size=0), id="wrong"),
        Order(a_request(size=1), id="again", idempotency_key="k"),
        Order(a_request(size=2), id="another", idempotency_key="k"),
        *(Order(a_request(size=1), id=number) for number in range(3)),
    ]
    with Engine.open(site, store=f"sqlite:///{tmp_path}/v.db") as engine:
        receipts = engine.create_many(orders)
        assert [each.id for each in receipts] == [each.id for each in orders]
        rejected = {receipts.index(each) for each in receipts if each.outcome == "rejected"}
        assert rejected == {1, 3, 6}
        assert (receipts[2].replayed, receipts[2].volume_id) == (True, receipts[0].volume_id)
        assert [each.decision.violations[0].code for each in receipts if each.outcome == "rejected"] == [
            "size.not_positive",
            "idempotency.mismatch",
            "quota.volumes",
        ]
        assert {each.resource: each.in_use for each in engine.quota()}["volumes"] == 3
        assert engine.quota_check() == []


def test_orders_of_one_key_are_answered_in_their_order(tmp_path):
    reader = Context("p1", "u1", ("reader",))
    member = Context("p1", "u1", ("member",))
    body = a_request()
    orders = [Order(body, member, "k"), Order(body, reader, "k"), Order(body, member, "k"), Order(body, reader)]
    with Engine.open({}, store=f"sqlite:///{tmp_path}/volrules.db") as engine:
        receipts = engine.create_many(orders)
    assert [each.outcome for each in receipts] == ["created", "created", "created", "rejected"]
    assert [each.replayed for each in receipts] == [False, True, True, False]
    assert [each.dispatch for each in receipts] == ["dispatched", "dispatched", "dispatched", None]
    assert len({each.volume_id for each in receipts[:3]}) == 1
