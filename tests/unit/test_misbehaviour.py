"""Plugins that misbehave: each is named, and what the others say stands."""

from __future__ import annotations

import asyncio
import copy
import json
import pickle
from enum import StrEnum

import pytest

from tests.builders import (
    BACKUP,
    HOOKS_BEFORE,
    HOOKS_OF_FIELDS,
    OTHER,
    SNAPSHOT,
    VOLUME,
    a_plugin,
    a_request,
    a_site,
    a_snapshot,
    check,
    codes,
    saying,
    text,
    warnings,
)
from volrules import Draft, Engine, QosSpecs, Resolved, Snapshot, StoreError, Violation, VolumeType, hookimpl, violation


def answering(answer):
    return lambda self, draft: answer


def raising(error):
    def fail(self):
        raise error

    return fail


def hook_of(name, action):
    """A plugin whose hook does the action with its first argument."""
    first = {"validate_request": "request", "authorize": "request"}.get(name, "draft")
    scope = {"action": action}
    exec(f"def hook(self, {first}):\n    return action({first})", scope)
    return a_plugin(**{name: scope["hook"]})


def fail(argument):
    raise RuntimeError("secret")


def leave(argument):
    raise SystemExit(3)


def cancel(argument):
    raise asyncio.CancelledError


def close_up(argument):
    raise GeneratorExit


class OwnEnd(BaseException):
    pass


def end(argument):
    raise OwnEnd


def junk(argument):
    return 5


def a_number_of_violations(argument):
    return [5]


def set_a_field(argument):
    argument.size = 5


def delete_a_field(argument):
    del argument.request


def change_the_context(draft):
    draft.context.project_id = "p2"


def change_the_body(draft):
    draft.request["volume"]["size"] = 1


def change_the_metadata(draft):
    draft.request.metadata["a"] = "c"


REQUEST_CHANGES = [
    lambda draft: setattr(draft.request, "metadata", {"evil": "1"}),
    lambda draft: setattr(draft.request, "size", 5),
    lambda draft: delattr(draft.request, "sources"),
    lambda draft: draft.request["volume"].update(size=5),
]
ENDS = [cancel, close_up, end]
MISDEEDS = [fail, leave, junk, a_number_of_violations, set_a_field, delete_a_field]
HOOKS = [*HOOKS_BEFORE, "validate_sources", *(each for each in HOOKS_OF_FIELDS if each.startswith("validate"))]
FAULTS = [(hook, misdeed) for hook in HOOKS for misdeed in MISDEEDS[:4]]
FAULTS += [(hook, each) for hook in ("authorize", "resolve_size", "validate_metadata") for each in ENDS]
FAULTS += [("validate_size", each) for each in REQUEST_CHANGES]
FAULTS += [
    ("validate_size", each) for each in (*MISDEEDS[4:], change_the_context, change_the_body, change_the_metadata)
]
FAULTS += [
    (hook, each) for hook in HOOKS_OF_FIELDS if hook.startswith("resolve") for each in (fail, leave, set_a_field)
]


@pytest.mark.parametrize(("hook", "misdeed"), FAULTS)
def test_a_plugin_that_fails_is_named(hook, misdeed):
    body = a_request(metadata={"a": "b"})
    decision = check(body, plugins=[hook_of(hook, misdeed)])
    (failure,) = decision.violations
    assert (failure.code, failure.kind, failure.plugin) == ("plugin.failed", "PluginFailed", "acme")
    assert dict(failure.params) == {
        "plugin": "acme",
        "distribution": None,
        "version": None,
        "hook": f"volrules_{hook}",
    }
    assert "secret" not in text(decision)
    site = a_site(plugins={"acme": {"failure_policy": "ignore"}})
    ignored = check(body, plugins=[hook_of(hook, misdeed)], site=site)
    assert warnings(ignored) == ["plugin.failed"]
    assert ignored.to_dict()["spec"] == check(body).to_dict()["spec"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("size", "5"),
        ("size", True),
        ("size", 5.0),
        ("size", (5,)),
        ("size", (5, "request", 1)),
        ("availability_zone", 5),
        ("volume_type", 5),
        ("volume_type", {"id": "x"}),
        ("qos_specs", {"id": "x"}),
        ("encryption_key", {"action": "steal"}),
        ("encryption_key", {"action": "copy"}),
        ("encryption_key", {"action": "create", "more": 1}),
        ("encryption_key", "create"),
        ("metadata", {"a": 5}),
        ("metadata", {5: "a"}),
        ("metadata", "ab"),
        ("dispatch", {"target": "moon"}),
        ("dispatch", {"target": "host"}),
        ("dispatch", {"target": "host", "host": ""}),
        ("dispatch", "scheduler"),
    ],
)
def test_a_resolver_that_answers_nonsense_has_failed(field, value):
    decision = check(a_request(), plugins=[a_plugin(**{f"resolve_{field}": lambda self, draft: value})])
    assert codes(decision) == ["plugin.failed"]


@pytest.mark.parametrize("origin_", [5, None, ["x"]])
def test_an_origin_that_is_no_text_is_a_failure(origin_):
    plugin = a_plugin(resolve_size=lambda self, draft: Resolved(5, origin_))
    assert codes(check(a_request(), plugins=[plugin])) == ["plugin.failed"]


@pytest.mark.parametrize(
    "members",
    [
        {"code": 5},
        {"path": None},
        {"message": 5},
        {"kind": None},
        {"when": object()},
        {"much": float("nan")},
        {"some": {1, 2}},
        {"message": "\ud800"},
    ],
    ids=["code", "path", "message", "kind", "object", "nan", "set", "surrogate"],
)
def test_a_violation_that_is_no_json_is_a_failure(members):
    def objection(self, draft):
        given = {"code": "acme.a", "path": "", "message": "no", **members}
        yield violation(given.pop("code"), given.pop("path"), given.pop("message"), **given)

    decision = check(a_request(), plugins=[a_plugin(validate_size=objection)])
    assert codes(decision) == ["plugin.failed"]
    json.dumps(decision.to_dict(), allow_nan=False, ensure_ascii=False).encode()


@pytest.mark.parametrize(
    ("what", "source"),
    [("snapshot", {"snapshot_id": SNAPSHOT}), ("volume", {"source_volid": VOLUME}), ("backup", {"backup_id": BACKUP})],
)
@pytest.mark.parametrize(
    "answer", [5, "x", {}, {"id": 5}, {"id": "x", "sise": 5}, {"id": "x", "status": 5}, []], ids=str
)
def test_a_look_up_that_answers_nonsense_has_failed(what, source, answer):
    answers = {
        "snapshot": lambda self, snapshot_id: answer,
        "volume": lambda self, volume_id: answer,
        "backup": lambda self, backup_id: answer,
    }
    plugin = a_plugin(**{f"find_{what}": answers[what]})
    decision = check(a_request(**source), plugins=[plugin])
    assert set(codes(decision)) == {"plugin.failed"}
    site = a_site(plugins={"acme": {"failure_policy": "ignore"}})
    assert check(a_request(**source), plugins=[plugin], site=site).accepted


NESTED = [
    ({"snapshot_id": SNAPSHOT}, "snapshot", {**a_snapshot(), "volume": {"id": VOLUME}}),
    ({"size": 1, "volume_type": "x"}, "volume_type", {"id": "t", "name": "x", "qos_specs": {"id": "q", "name": "g"}}),
    ({"size": 1, "volume_type": "x"}, "volume_type", {"id": "t", "name": "x", "qos_specs": "gold"}),
    (
        {"size": 1, "volume_type": "x"},
        "volume_type",
        {"id": "t", "name": "x", "extra_specs": {"provisioning:min_vol_size": "many"}},
    ),
    (
        {"size": 1, "volume_type": "x"},
        "volume_type",
        {"id": "t", "name": "x", "extra_specs": {"RESKEY:availability_zones": 5}},
    ),
]


@pytest.mark.parametrize(("source", "what", "answer"), NESTED)
def test_an_answer_with_members_of_wrong_types_is_its_makers_fault(source, what, answer):
    scope = {"answer": answer}
    exec(f"def find(self, {what}_id):\n    return answer", scope)
    decision = check(a_request(**source), plugins=[a_plugin(**{f"find_{what}": scope["find"]})])
    assert {each.plugin for each in decision.violations} <= {"acme"}


def test_a_failing_look_up_lets_the_next_one_answer_but_the_request_is_refused():
    plugin = a_plugin(find_volume=lambda self, volume_id: 1 / 0)
    decision = check(a_request(source_volid=VOLUME), plugins=[plugin])
    assert codes(decision) == ["plugin.failed"]
    assert decision.provenance["size"].origin == "source_volume"


def test_a_failing_look_up_does_not_claim_that_nothing_is_there():
    plugin = a_plugin(find_volume=lambda self, volume_id: 1 / 0)
    assert codes(check(a_request(source_volid=OTHER), plugins=[plugin])) == ["plugin.failed"]


def test_a_failing_validator_silences_nobody_else():
    site = a_site(quotas={"default": {"per_volume_gigabytes": 3}})
    plugin = a_plugin(validate_size=lambda self, draft: 1 / 0)
    assert codes(check(a_request(), site=site, plugins=[plugin])) == ["plugin.failed", "quota.per_volume_gigabytes"]


def test_what_was_said_before_a_failure_stays_said():
    def objection(self, draft):
        yield violation("acme.first", "", "no")
        raise RuntimeError

    plugins = [a_plugin(validate_size=objection), a_plugin("beta", validate_size=saying("beta.a"))]
    assert codes(check(a_request(), plugins=plugins)) == ["acme.first", "plugin.failed", "beta.a"]


@pytest.mark.parametrize(
    "trick",
    [
        lambda draft: object.__setattr__(draft, "size", 1),
        lambda draft: object.__delattr__(draft, "size"),
        lambda draft: type(draft).size.__set__(draft, 1),
        lambda draft: vars(draft).update(size=1),
    ],
    ids=["set", "delete", "slot", "members"],
)
def test_no_trick_changes_a_draft(trick):
    seen = []
    plugins = [
        a_plugin("a", validate_size=lambda self, draft: trick(draft)),
        a_plugin("b", validate_size=lambda self, draft: seen.append(draft.size)),
    ]
    decision = check(a_request(size=10), plugins=plugins)
    assert codes(decision) == ["plugin.failed"]
    assert seen == [10]


@pytest.mark.parametrize("kind", [Draft, type(Draft({"metadata": {}})), object])
def test_a_draft_takes_no_disguise(kind):
    seen = []

    def disguise(self, draft):
        draft.__class__ = kind

    plugins = [
        a_plugin("a", validate_size=lambda self, draft: object.__setattr__(draft, "__class__", kind)),
        a_plugin("b", validate_size=disguise),
        a_plugin("c", validate_size=lambda self, draft: seen.append(draft.size)),
    ]
    decision = check(a_request(size=10), plugins=plugins)
    assert [each.plugin for each in decision.violations] == ["a", "b"]
    assert seen == [10]


@pytest.mark.parametrize("hook", ["validate_image", "resolve_availability_zone"])
def test_a_forgotten_field_is_forgotten_for_the_next_vendor_too(hook):
    seen = []
    plugins = [
        a_plugin("a", validate_size=saying("a.no")),
        a_plugin("b", **{hook: lambda self, draft: seen.append(getattr(draft, "size", "unknown"))}),
    ]
    check(a_request(size=10), plugins=plugins)
    assert seen == ["unknown"]


def test_a_draft_that_is_kept_goes_on_telling_what_it_told():
    kept = []
    plugins = [
        a_plugin("a", validate_size=lambda self, draft: kept.append(draft)),
        a_plugin("b", validate_size=saying("b.no")),
    ]
    assert not check(a_request(size=10), plugins=plugins).accepted
    (draft,) = kept
    assert (draft.size, getattr(draft, "availability_zone", "unknown")) == (10, "unknown")


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda draft: pickle.loads(pickle.dumps(draft))])
def test_a_draft_can_be_copied_and_tells_the_same(copied):
    kept = []
    plugin = a_plugin(validate_volume=lambda self, draft: kept.append((repr(draft), repr(copied(draft)))))
    assert check(a_request(size=10, metadata={"a": "b"}, hints={"same": ["x"]}), plugins=[plugin]).accepted
    ((one, other),) = kept
    assert one == other
    assert "'size': 10" in one


@pytest.mark.parametrize("timeout", [None, 10])
def test_an_answer_that_breaks_off_as_it_begins_is_a_failure(timeout):
    class Broken:
        def __iter__(self):
            raise StopIteration

    class Empty(list):
        """An iterator that is false, and has something to say."""

        def __iter__(self):
            return self

        def __next__(self):
            if self.said:
                raise StopIteration
            self.said = True
            return violation("acme.no", "", "no")

        said = False

    for answer, expected in ((Broken(), "plugin.failed"), (Empty(), "acme.no")):
        plugin = a_plugin(validate_size=answering(answer))
        site = a_site(plugins={"acme": {"timeout": timeout}})
        assert codes(check(a_request(), site=site, plugins=[plugin])) == [expected]


@pytest.mark.parametrize("specs", [{"a": {1, 2}}, {"a": float("nan")}, {1: "b"}])
def test_qos_specs_that_json_cannot_say_are_their_makers_fault(specs):
    plugin = a_plugin(resolve_qos_specs=lambda self, draft: QosSpecs("q", "gold", specs=specs))
    assert codes(check(a_request(), plugins=[plugin])) == ["plugin.failed"]


def test_what_a_vendors_type_adds_of_its_own_is_not_asked():
    class Kind(VolumeType):
        __slots__ = ()

        @property
        def multiattach(self):
            raise RuntimeError

    plugin = a_plugin(resolve_volume_type=lambda self, draft: Kind(OTHER, "vendor"))
    decision = check(a_request(), plugins=[plugin])
    assert decision.to_dict()["spec"]["multiattach"] is False


def test_params_of_an_objection_are_not_changed_later():
    params = {"seen": [1]}
    objection = Violation("acme.no", "InvalidInput", "", "no", params=params)
    decision = check(a_request(), plugins=[a_plugin(validate_size=lambda self, draft: objection)])
    params["seen"].append(2)
    assert decision.violations[0].params == {"seen": (1,)}


def test_a_validator_that_answers_with_no_violations_is_told_so(caplog):
    check(a_request(), plugins=[a_plugin(validate_size=lambda self, draft: False)])
    assert "a validator answers with violations, not bool" in str(caplog.records[0].exc_info[1])


def test_nobody_changes_a_type_that_another_vendor_made():
    kind = VolumeType(OTHER, "vendor", extra_specs={"a": "b"})
    plugins = [
        a_plugin("maker", find_volume_type=lambda self, volume_type_id: kind),
        a_plugin("thief", validate_size=lambda self, draft: draft.requested_volume_type.extra_specs.update(a="c")),
    ]
    decision = check(a_request(volume_type="vendor"), plugins=plugins)
    assert codes(decision) == ["plugin.failed"]
    assert dict(kind.extra_specs) == {"a": "b"}


def test_observers_that_fail_change_nothing():
    seen = []
    plugins = [
        a_plugin("a", on_event=lambda self, event: 1 / 0),
        a_plugin("b", on_event=lambda self, event: seen.append(event["event"])),
    ]
    assert check(a_request(), plugins=plugins).accepted
    assert seen == ["decided"]
    leaver = type("leaver", (), {"volrules_on_event": hookimpl(lambda self, event: leave(event))})
    assert check(a_request(), plugins=[leaver]).accepted


def test_an_event_is_the_decision_and_cannot_be_changed():
    events = []
    plugin = a_plugin(on_event=lambda self, event: events.append(event))
    decision = check(a_request(), plugins=[plugin])
    assert events[0]["decision"]["outcome"] == decision.outcome
    with pytest.raises(TypeError):
        events[0]["decision"]["outcome"] = "x"


class Largest:
    """A class plugin with an option."""

    def __init__(self, options):
        self.largest = options["largest"]

    @staticmethod
    def volrules_options_schema():
        return {"largest": {"type": "integer", "default": 100}, "zones": {"meta": {"site": "availability_zones"}}}

    @hookimpl
    def volrules_validate_size(self, draft):
        if draft.size > self.largest:
            yield violation("largest.exceeded", "/volume/size", "too large", largest=self.largest)


def test_two_engines_do_not_see_each_others_options():
    with (
        Engine.open(
            a_site(plugins={"Largest": {"options": {"largest": 5}}}), inventory={}, plugins=[Largest]
        ) as strict,
        Engine.open(a_site(), inventory={}, plugins=[Largest]) as default,
        Engine.open(a_site(plugins={"Largest": {"options": {"largest": 50}}}), inventory={}, plugins=[Largest]) as lax,
    ):
        for size, expected in (
            (5, [True] * 3),
            (6, [False, True, True]),
            (51, [False, True, False]),
            (101, [False] * 3),
        ):
            assert [each.check(a_request(size=size)).accepted for each in (strict, default, lax)] == expected


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("availability_zone", "\ud800"),
        ("metadata", {"a": "\ud800"}),
        ("size", 10**5000),
        ("dispatch", {"target": "host", "host": "\ud800"}),
    ],
    ids=["zone", "metadata", "size", "host"],
)
def test_a_resolver_that_answers_what_json_cannot_say_has_failed(field, value):
    decision = check(a_request(), plugins=[a_plugin(**{f"resolve_{field}": lambda self, draft: value})])
    assert codes(decision) == ["plugin.failed"]
    text(decision).encode()


def test_a_vendors_look_up_that_raises_a_store_error_has_failed():
    def find(self, volume_id):
        raise StoreError("mine")

    decision = check(a_request(source_volid=VOLUME), plugins=[a_plugin(find_volume=find)])
    assert codes(decision) == ["plugin.failed"]


class Kinds(StrEnum):
    SSD = "ssd"


def test_the_member_of_an_enumeration_is_as_good_as_its_text():
    site = a_site(volume_types=[{"name": "ssd"}])
    plugins = [a_plugin(resolve_volume_type=lambda self, draft: Kinds.SSD)]
    decision = check(a_request(), site=site, plugins=plugins)
    assert decision.accepted
    assert decision.spec.volume_type == "ssd"


class Row(Snapshot):
    """A vendor's record, made in the vendor's own way."""

    def __init__(self, row):
        super().__init__(*row)


def test_a_record_of_a_vendors_own_kind_is_taken_for_what_is_in_it():
    plugins = [a_plugin(find_snapshot=lambda self, snapshot_id: Row((snapshot_id, VOLUME, 3, "available")))]
    decision = check(a_request(snapshot_id=OTHER), plugins=plugins)
    assert "plugin.failed" not in codes(decision)
    assert decision.provenance["size"].origin == "snapshot"
