"""Plugins at work: who is asked what, in which order, and what becomes of one that misbehaves."""

from __future__ import annotations

import json

import pytest

from tests.builders import (
    BACKUP,
    GIB,
    IMAGE,
    OTHER,
    SNAPSHOT,
    SSD,
    VOLUME,
    a_backup,
    a_context,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_image,
    an_inventory,
    assert_valid,
    check,
    codes,
    origin,
    text,
    warnings,
)
from volrules import Engine, QosSpecs, Resolved, StoreError, VolumeType, hookimpl, violation

BEFORE = ["validate_request", "authorize"]
LOOK_UPS = ["find_snapshot", "find_volume", "find_backup", "find_image", "find_volume_type"]
FIELDS = [
    *("resolve_size", "validate_size", "validate_image"),
    *("resolve_availability_zone", "validate_availability_zone", "resolve_volume_type", "validate_volume_type"),
    *("resolve_qos_specs", "validate_qos_specs", "resolve_encryption_key", "validate_encryption_key"),
    *("resolve_metadata", "validate_metadata", "resolve_dispatch", "validate_volume"),
]


class Everything:
    """Implements every hook once, and keeps in mind what it was asked."""

    name = "everything"

    def __init__(self):
        self.asked = []
        self.arguments = []

    def note(self, hook, *arguments):
        self.asked.append(hook)
        self.arguments.append(arguments)

    @hookimpl
    def volrules_options_schema(self):
        self.note("options_schema")
        return {"word": {"type": "string", "default": "hello"}}

    @hookimpl
    def volrules_request_schema(self):
        self.note("request_schema")
        return {"properties": {"everything:tier": {"type": "string"}}}

    @hookimpl
    def volrules_create_key(self, plan, volume_id, context):
        self.note("create_key", plan, volume_id, context)
        return "key-1"

    @hookimpl
    def volrules_delete_key(self, volume_id, key_id, context):
        self.note("delete_key", volume_id, key_id, context)

    @hookimpl
    def volrules_dispatch(self, message):
        self.note("dispatch", message)

    @hookimpl
    def volrules_on_event(self, event):
        self.note(f"on_event:{event['event']}", event)

    @hookimpl
    def volrules_commands(self):
        self.note("commands")


def _add(hook, *arguments):
    names = ", ".join(arguments)
    scope = {}
    exec(f"def volrules_{hook}(self, {names}):\n    self.note({hook!r}, {names})", scope)
    setattr(Everything, f"volrules_{hook}", hookimpl(scope[f"volrules_{hook}"]))


for each in BEFORE:
    _add(each, "request", "context")
for each in LOOK_UPS:
    _add(each, f"{each.removeprefix('find_')}_id", "context")
for each in ["validate_sources", *FIELDS]:
    _add(each, "draft")
_add("quota_usage", "spec")


@pytest.fixture
def everything():
    return Everything()


def test_every_hook_is_called_in_its_place(everything, tmp_path):
    site = a_site(dispatcher="everything", key_manager="everything", plugins={"everything": {"timeout": None}})
    with Engine.open(site, store=f"sqlite:///{tmp_path}/v.db", plugins=[everything]) as engine:
        engine.import_inventory(an_inventory())
        at_load = [each for each in everything.asked if each in ("options_schema", "request_schema")]
        assert at_load == ["options_schema", "request_schema"]

        pipeline = [*BEFORE, "find_volume_type", "validate_sources", *FIELDS, "quota_usage"]
        everything.asked.clear()
        assert engine.check(a_request(volume_type="crypt"), a_context()).accepted
        assert everything.asked == [*pipeline, "on_event:decided"]

        everything.asked.clear()
        receipt = engine.create(a_request(volume_type="crypt"), a_context())
        assert receipt.dispatch == "dispatched"
        assert [each for each in everything.asked if not each.startswith("on_event")] == [
            *pipeline,
            "create_key",
            "dispatch",
        ]
        assert [each for each in everything.asked if each.startswith("on_event")] == [
            "on_event:decided",
            "on_event:created",
            "on_event:dispatched",
        ]

        everything.asked.clear()
        engine.delete(receipt.volume_id)
        engine.relay()
        assert everything.asked == ["on_event:deleted", "delete_key"]
        assert everything.arguments[-1][:2] == (receipt.volume_id, "key-1")


@pytest.mark.parametrize(
    ("source", "asked"),
    [
        ({"snapshot_id": SNAPSHOT}, ["find_snapshot", "find_volume"]),
        ({"source_volid": VOLUME}, ["find_volume"]),
        ({"backup_id": BACKUP}, ["find_backup", "find_volume"]),
        ({"imageRef": IMAGE, "volume_type": "ssd"}, ["find_image", "find_volume_type"]),
    ],
)
def test_what_the_request_names_is_looked_up_in_order(everything, source, asked):
    # Not attached to its volume in the inventory, so that the engine asks for that too.
    inventory = an_inventory(volumes=[a_volume()] if "source_volid" in source else [])
    check(a_request(size=10, **source), plugins=[everything], inventory=inventory)
    assert [each for each in everything.asked if each.startswith("find_")] == asked


def test_a_key_manager_is_told_what_to_make(everything, tmp_path):
    site = a_site(dispatcher="everything", key_manager="everything")
    with Engine.open(site, store=f"sqlite:///{tmp_path}/v.db", plugins=[everything]) as engine:
        receipt = engine.create(a_request(volume_type="crypt"), a_context(request_id="r1"))
    (plan, volume_id, context), (message,) = (
        everything.arguments[everything.asked.index(each)] for each in ("create_key", "dispatch")
    )
    assert dict(plan["encryption_key"]) == {"action": "create"}
    assert (plan["encryption"]["cipher"], plan["encryption"]["key_size"]) == ("aes-xts-plain64", 256)
    assert volume_id == receipt.volume_id == message.volume_id
    assert (context.project_id, context.user_id, context.request_id) == ("p1", "u1", "r1")
    assert (message.encryption_key_id, message.project_id) == ("key-1", "p1")
    assert_valid("message", message.to_dict())


def test_nothing_is_told_where_a_hook_is_not_called(everything):
    check(a_request(volume_type="nope"), context=a_context(roles=[]), plugins=[everything])
    assert not {"validate_sources", *LOOK_UPS} & set(everything.asked)


def a_plugin(_name="acme", **hooks):
    """An object with the hooks; each takes what its function wants, after self."""
    members = {f"volrules_{hook}": hookimpl(function) for hook, function in hooks.items()}
    return type(_name, (), {"name": _name, **members})()


def blocked(*names):
    return a_site(plugins={name: {"enabled": False} for name in names})


ALL_WRONG = {
    "size": 0,
    "availability_zone": "mars",
    "volume_type": "ssd",
    "metadata": {"": ""},
    "multiattach": True,
}
FULL = an_inventory(
    volumes=[a_volume(availability_zone="az1", volume_type_id=SSD, host="h", status="error")],
)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("size", "size.not_positive"),
        ("availability_zone", "availability_zone.not_offered"),
        ("volume_type_constraints", "volume_type.no_multiattach"),
        ("metadata", "metadata.blank_key"),
    ],
)
def test_blocking_a_rule_takes_its_violations_and_nothing_else(name, code):
    before = codes(check(a_request(**ALL_WRONG)))
    assert codes(check(a_request(**ALL_WRONG), site=blocked(name))) == [each for each in before if each != code]


def test_blocking_sources_takes_rules_1_and_4():
    assert check(a_request(snapshot_id=SNAPSHOT, imageRef=IMAGE), site=blocked("sources")).accepted
    assert check(a_request(source_volid=VOLUME), site=blocked("sources"), inventory=FULL).accepted


def test_blocking_authorize_lets_everybody_create():
    assert check(a_request(), site=blocked("authorize"), context=a_context(roles=[])).accepted


def test_blocking_image_takes_its_bounds():
    inventory = an_inventory(images=[an_image(size=99 * GIB)])
    assert check(a_request(imageRef=IMAGE), site=blocked("image"), inventory=inventory).accepted


def test_blocking_quota_takes_the_limit_of_a_volume():
    site = a_site(quotas={"default": {"per_volume_gigabytes": 1}}, plugins={"quota": {"enabled": False}})
    assert check(a_request(), site=site).accepted


@pytest.mark.parametrize(
    ("name", "field", "gone"),
    [
        ("size", "size", {"size": None}),
        ("availability_zone", "availability_zone", {"availability_zone": None}),
        ("qos_specs", "qos_specs", {"qos_specs": None}),
        ("encryption_key", "encryption_key", {"encryption_key": None}),
        ("metadata", "metadata", {"metadata": {}}),
        ("dispatch", "dispatch", {}),
    ],
)
def test_blocking_a_rule_takes_its_field_and_nothing_else(name, field, gone):
    site = a_site(
        volume_types=[a_type("gold", qos_specs="gold", encryption={"provider": "luks"})], qos_specs=[{"name": "gold"}]
    )
    body = a_request(volume_type="gold", metadata={"a": "b"})
    before = check(body, site=site).to_dict()
    after = check(body, site={**site, "plugins": {name: {"enabled": False}}}).to_dict()
    assert after["outcome"] == "accepted"
    assert after["spec"] == {**before["spec"], **gone}
    assert before["provenance"].keys() - after["provenance"].keys() == {field}
    assert (after["dispatch"] is None) == (name == "dispatch")


def test_blocking_the_volume_type_takes_all_that_follows_from_it():
    after = check(a_request(volume_type="crypt"), site=blocked("volume_type"))
    assert after.accepted
    assert (after.spec.volume_type_id, after.spec.encryption_key) == (None, None)
    assert {"volume_type", "qos_specs", "encryption_key"}.isdisjoint(after.provenance)


RESOLVERS = {
    "size": (lambda self, draft: 42, 42),
    "availability_zone": (lambda self, draft: "az1", "az1"),
    "volume_type": (lambda self, draft: "ssd", "ssd"),
    "qos_specs": (
        lambda self, draft: QosSpecs(OTHER, "mine"),
        {"id": OTHER, "name": "mine", "consumer": "back-end", "specs": {}},
    ),
    "encryption_key": (lambda self, draft: {"action": "create"}, {"action": "create"}),
    "metadata": (lambda self, draft: {"x": "y"}, {"x": "y"}),
    "dispatch": (lambda self, draft: {"target": "host", "host": "mine"}, {"target": "host", "host": "mine"}),
}


@pytest.mark.parametrize("enabled", [True, False])
@pytest.mark.parametrize("field", RESOLVERS)
def test_a_vendor_replaces_a_built_in_rule(field, enabled):
    answer, expected = RESOLVERS[field]
    site = a_site(plugins={field: {"enabled": enabled}})
    decision = check(a_request(), site=site, plugins=[a_plugin(**{f"resolve_{field}": answer})])
    document = decision.to_dict()
    assert (document["dispatch"] if field == "dispatch" else document["spec"][field]) == expected
    assert (decision.provenance[field].plugin, origin(decision, field)) == ("acme", "acme")


@pytest.mark.parametrize("answer", [Resolved(7, "tariff"), (7, "tariff")])
def test_a_vendor_says_where_a_value_is_from(answer):
    plugin = a_plugin(resolve_size=lambda self, draft: answer)
    assert origin(check(a_request(), plugins=[plugin]), "size") == "tariff"


def test_an_answer_of_nothing_is_an_answer():
    plugin = a_plugin(resolve_volume_type=lambda self, draft: Resolved(None, "policy"))
    decision = check(a_request(), site=a_site(default_volume_type="crypt"), plugins=[plugin])
    assert (decision.spec.volume_type, origin(decision, "volume_type")) == (None, "policy")


def test_a_type_that_a_vendor_names_must_be_declared():
    plugin = a_plugin(resolve_volume_type=lambda self, draft: "nope")
    assert codes(check(a_request(), plugins=[plugin])) == ["volume_type.not_declared"]


def saying(code):
    def objection(self, draft):
        yield violation(code, "/volume/size", "no")

    return objection


def test_all_objections_are_heard_and_carry_their_plugins_names():
    plugins = [a_plugin("zeta", validate_size=saying("zeta.a")), a_plugin("beta", validate_size=saying("beta.a"))]
    decision = check(a_request(size=-1), plugins=plugins)
    assert [(each.code, each.plugin, each.rule) for each in decision.violations] == [
        ("size.not_positive", "volrules", "size"),
        ("beta.a", "beta", "size"),
        ("zeta.a", "zeta", "size"),
    ]


def resolving(value, **marks):
    return type(value, (), {"volrules_resolve_availability_zone": hookimpl(**marks)(lambda self, draft: value)})


@pytest.mark.parametrize(
    ("marks", "first"),
    [([{}, {}], "az1"), ([{}, {"tryfirst": True}], "nova"), ([{"trylast": True}, {}], "nova")],
)
def test_the_first_answer_wins_by_name_and_mark(marks, first):
    plugins = [resolving(value, **each) for value, each in zip(("az1", "nova"), marks, strict=True)]
    assert check(a_request(), plugins=plugins).spec.availability_zone == first


def test_vendors_marked_trylast_answer_in_the_order_of_their_names():
    plugins = [resolving(value, trylast=True) for value in ("az1", "nova")]
    assert check(a_request(), plugins=plugins).spec.availability_zone == "az1"


def test_a_single_violation_and_none_are_answers_too():
    plugins = [
        a_plugin("one", validate_size=lambda self, draft: violation("one.a", "", "no")),
        a_plugin("none", validate_size=lambda self, draft: None),
        a_plugin("empty", validate_size=lambda self, draft: []),
    ]
    assert codes(check(a_request(), plugins=plugins)) == ["one.a"]


def test_a_sites_enforcement_covers_vendors_codes():
    site = a_site(rules={"acme.odd": {"enforcement": "warn"}})
    decision = check(a_request(), site=site, plugins=[a_plugin(validate_size=saying("acme.odd"))])
    assert (decision.accepted, warnings(decision)) == (True, ["acme.odd"])


FINDS = {
    "snapshot": ({"snapshot_id": SNAPSHOT}, a_snapshot(volume_size=33)),
    "volume": ({"source_volid": VOLUME}, a_volume(size=33)),
    "backup": ({"backup_id": BACKUP}, a_backup(size=33)),
}


@pytest.mark.parametrize("what", FINDS)
def test_a_vendors_source_comes_before_the_inventorys(what):
    source, entry = FINDS[what]
    answers = {
        "snapshot": lambda self, snapshot_id: entry,
        "volume": lambda self, volume_id: entry,
        "backup": lambda self, backup_id: entry,
    }
    assert check(a_request(**source), plugins=[a_plugin(**{f"find_{what}": answers[what]})]).spec.size == 33


def test_a_vendors_snapshot_gets_its_volume():
    plugin = a_plugin(find_snapshot=lambda self, snapshot_id, context: a_snapshot(snapshot_id))
    inventory = {"volumes": [a_volume(host="h@b", project_id="p2")]}
    decision = check(a_request(snapshot_id=SNAPSHOT), plugins=[plugin], inventory=inventory)
    assert dict(decision.dispatch) == {"target": "host", "host": "h@b"}


def test_a_vendors_type_and_image():
    kind = VolumeType(OTHER, "vendor", encryption={"provider": "luks"})
    plugin = a_plugin(
        find_volume_type=lambda self, volume_type_id: kind, find_image=lambda self, image_id: an_image(size=3 * GIB)
    )
    decision = check(a_request(size=2, imageRef="x", volume_type="y"), plugins=[plugin])
    assert codes(decision) == ["image.too_large"]
    decision = check(a_request(size=3, imageRef="x", volume_type="y"), plugins=[plugin])
    assert (decision.spec.volume_type, decision.spec.image_id) == ("vendor", IMAGE)
    assert dict(decision.spec.encryption_key) == {"action": "create"}


def test_declared_keys_travel_in_extra_and_others_stay_refused():
    plugin = a_plugin(
        request_schema=lambda self: {"properties": {"acme:tier": {"type": ["string", "null"], "minLength": 2}}}
    )
    body = a_request(**{"acme:tier": "gold"})
    assert dict(check(body, plugins=[plugin]).spec.extra) == {"acme:tier": "gold"}
    assert codes(check(body)) == ["schema.unevaluatedProperties"]
    wrong = check(a_request(**{"acme:tier": "g", "acme:teir": "x"}), plugins=[plugin])
    assert [(each.code, each.path) for each in wrong.violations] == [
        ("schema.minLength", "/volume/acme:tier"),
        ("schema.unevaluatedProperties", "/volume/acme:teir"),
    ]


def test_two_plugins_may_declare_one_key_and_both_check_it():
    plugins = [
        a_plugin("a", request_schema=lambda self: {"properties": {"x:k": {"type": "string", "minLength": 2}}}),
        a_plugin("b", request_schema=lambda self: {"properties": {"x:k": {"maxLength": 3}, "x:j": {}}}),
    ]
    results = [check(a_request(**{"x:k": each}), plugins=plugins).accepted for each in ("a", "ab", "abcd")]
    assert results == [False, True, False]


def test_keys_declared_by_pattern_travel_too():
    plugin = a_plugin(request_schema=lambda self: {"patternProperties": {"^acme:": {"type": "string"}}})
    assert dict(check(a_request(**{"acme:a": "b"}), plugins=[plugin]).spec.extra) == {"acme:a": "b"}


def test_a_key_declared_by_pattern_is_not_blamed_for_another():
    plugin = a_plugin(request_schema=lambda self: {"patternProperties": {"^acme:": {"type": "string"}}})
    decision = check(a_request(**{"acme:a": "b", "zzz": 1}), plugins=[plugin])
    assert [each.path for each in decision.violations] == ["/volume/zzz"]


def test_a_declared_key_that_is_null_is_not_given():
    plugin = a_plugin(request_schema=lambda self: {"properties": {"acme:tier": {"type": ["string", "null"]}}})
    assert dict(check(a_request(**{"acme:tier": None}), plugins=[plugin]).spec.extra) == {}


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


MISDEEDS = [fail, leave, junk, a_number_of_violations, set_a_field, delete_a_field]
HOOKS = [*BEFORE, "validate_sources", *(each for each in FIELDS if each.startswith("validate"))]
FAULTS = [(hook, misdeed) for hook in HOOKS for misdeed in MISDEEDS[:4]]
FAULTS += [
    ("validate_size", each) for each in (*MISDEEDS[4:], change_the_context, change_the_body, change_the_metadata)
]
FAULTS += [(hook, each) for hook in FIELDS if hook.startswith("resolve") for each in (fail, leave, set_a_field)]


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


@pytest.mark.parametrize("what", FINDS)
@pytest.mark.parametrize(
    "answer", [5, "x", {}, {"id": 5}, {"id": "x", "sise": 5}, {"id": "x", "status": 5}, []], ids=str
)
def test_a_look_up_that_answers_nonsense_has_failed(what, answer):
    answers = {
        "snapshot": lambda self, snapshot_id: answer,
        "volume": lambda self, volume_id: answer,
        "backup": lambda self, backup_id: answer,
    }
    plugin = a_plugin(**{f"find_{what}": answers[what]})
    decision = check(a_request(**FINDS[what][0]), plugins=[plugin])
    assert set(codes(decision)) == {"plugin.failed"}
    site = a_site(plugins={"acme": {"failure_policy": "ignore"}})
    assert check(a_request(**FINDS[what][0]), plugins=[plugin], site=site).accepted


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


@pytest.mark.parametrize("trick", [lambda draft: vars(draft).update(size=1), lambda draft: vars(draft).clear()])
def test_no_trick_on_a_draft_changes_the_decision(trick):
    plugins = [a_plugin(validate_size=lambda self, draft: trick(draft))]
    assert check(a_request(), plugins=plugins).to_dict()["spec"] == check(a_request()).to_dict()["spec"]


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
    plugins = [a_plugin("a", on_event=lambda self, event: 1 / 0), seen := Everything()]
    assert check(a_request(), plugins=plugins).accepted
    assert "on_event:decided" in seen.asked
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


def test_no_trick_on_a_draft_reaches_another_vendor():
    seen = []
    plugins = [
        a_plugin("a", validate_size=lambda self, draft: vars(draft).update(size=99)),
        a_plugin("b", validate_size=lambda self, draft: seen.append(draft.size)),
    ]
    check(a_request(size=10), plugins=plugins)
    assert seen == [10]
