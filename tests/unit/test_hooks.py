"""Who is asked what, and in which order."""

from __future__ import annotations

import pytest

from tests.builders import (
    BACKUP,
    HOOKS_BEFORE,
    HOOKS_OF_FIELDS,
    IMAGE,
    SNAPSHOT,
    VOLUME,
    a_context,
    a_plugin,
    a_request,
    a_site,
    a_volume,
    an_inventory,
    assert_valid,
    check,
    warnings,
)
from volrules import Engine, hookimpl, violation

LOOK_UPS = ["find_snapshot", "find_volume", "find_backup", "find_image", "find_volume_type"]


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


for each in HOOKS_BEFORE:
    _add(each, "request", "context")
for each in LOOK_UPS:
    _add(each, f"{each.removeprefix('find_')}_id", "context")
for each in ["validate_sources", *HOOKS_OF_FIELDS]:
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

        pipeline = [*HOOKS_BEFORE, "find_volume_type", "validate_sources", *HOOKS_OF_FIELDS, "quota_usage"]
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


OF_DRAFTS = ["validate_sources", *(each for each in HOOKS_OF_FIELDS if each.startswith("validate_"))]
ENDS = [(hook, ends) for hook in (*HOOKS_BEFORE, *OF_DRAFTS) for ends in ("objects", "fails")]


@pytest.mark.parametrize(("hook", "ends"), [*ENDS, *((hook, "reads what is not known") for hook in OF_DRAFTS)])
def test_nobody_is_asked_twice_whoever_ends_it(everything, hook, ends):
    def ending(*given):
        if ends == "objects":
            return violation("ender.no", "/volume", "no")
        return 1 // 0 if ends == "fails" else given[-1].dispatch

    arguments = "request, context" if hook in HOOKS_BEFORE else "draft"
    ender = a_plugin("ender", **{hook: eval(f"lambda self, {arguments}: ending({arguments})", {"ending": ending})})
    check(a_request(volume_type="ssd"), plugins=[everything, ender], inventory=an_inventory())
    asked = [each for each in everything.asked if not each.endswith("schema")]
    is_blind = hook == "authorize" or (hook, ends) == ("validate_request", "objects")
    looked_up = [] if is_blind else ["find_volume_type", "validate_sources"]
    assert [each for each in asked if not each.startswith("on_event")] == [
        *HOOKS_BEFORE,
        *looked_up,
        *HOOKS_OF_FIELDS,
    ]


@pytest.mark.parametrize("code", ["policy.not_authorized", "ender.no"])
def test_a_softened_objection_to_the_request_does_not_keep_it_from_its_source(code):
    ender = a_plugin("ender", validate_request=lambda self, request: violation("ender.no", "/volume", "no"))
    site = a_site(rules={each: {"enforcement": "warn"} for each in ("policy.not_authorized", "ender.no")})
    inventory = an_inventory(volumes=[a_volume(size=7, availability_zone="az1", host="h")])
    plugins = [ender] if code == "ender.no" else []
    context = a_context() if code == "ender.no" else a_context(roles=[])
    decision = check(a_request(source_volid=VOLUME), site=site, inventory=inventory, context=context, plugins=plugins)
    assert (warnings(decision), decision.accepted) == ([code], True)
    assert (decision.spec.size, decision.spec.availability_zone) == (7, "az1")
    assert dict(decision.dispatch) == {"target": "host", "host": "h"}
