"""What vendors can do: leave rules out, replace them, answer for sources and types, declare keys, object."""

from __future__ import annotations

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
    a_plugin,
    a_request,
    a_site,
    a_snapshot,
    a_type,
    a_volume,
    an_image,
    an_inventory,
    check,
    codes,
    origin,
    saying,
    warnings,
)
from volrules import QosSpecs, Resolved, VolumeType, hookimpl, violation


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
