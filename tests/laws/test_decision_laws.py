"""What holds for every request, whatever it is."""

from __future__ import annotations

import copy
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    BACKUP,
    CRYPT,
    GIB,
    GONE,
    HINTS,
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
    assert_valid,
    codes,
    text,
    validator,
)
from volrules import Decision, Engine

QUICK = settings(max_examples=120, deadline=None)
SITE = a_site(
    volume_types=[
        a_type(id=SSD, qos_specs="gold", extra_specs={"provisioning:max_vol_size": "20", "multiattach": "<is> True"}),
        a_type("crypt", id=CRYPT, encryption={"provider": "luks"}),
        a_type("far", extra_specs={"RESKEY:availability_zones": "az1"}),
    ],
    qos_specs=[{"name": "gold"}],
    quotas={"default": {"per_volume_gigabytes": 30, "volumes": -1, "gigabytes": -1}},
)
INVENTORY = {
    "volumes": [
        a_volume(availability_zone="az1", volume_type_id=CRYPT, encryption_key_id="k", host="h"),
        a_volume(OTHER, status="error", size=25, volume_type_id=GONE, project_id="p2"),
    ],
    "snapshots": [a_snapshot(volume_type_id=SSD), a_snapshot(OTHER, volume_id=OTHER, status="creating")],
    "backups": [a_backup(), a_backup(OTHER, volume_id=GONE)],
    "images": [an_image(virtual_size=6 * GIB), an_image(OTHER, name="other", status="queued", project_id="p2")],
}


@pytest.fixture(scope="module")
def engine():
    with Engine.open(SITE, inventory=INVENTORY) as opened:
        yield opened


def one_of(*values):
    return st.sampled_from(values)


PLAUSIBLE = {
    "name": one_of(None, "a", " a ", ""),
    "description": one_of(None, "d"),
    "display_name": one_of(None, "older"),
    "size": st.one_of(st.integers(-1, 40), one_of(None, 0, "0", "7", "007")),
    "volume_type": one_of(None, "", "ssd", "crypt", "far", "nope", SSD, CRYPT.upper()),
    "metadata": one_of(None, {}, {"a": "b"}, {"": "b"}, {"a": "v" * 256, "k" * 256: ""}),
    "snapshot_id": one_of(None, SNAPSHOT, OTHER, GONE),
    "source_volid": one_of(None, VOLUME, OTHER, GONE),
    "backup_id": one_of(None, BACKUP, OTHER, GONE),
    "imageRef": one_of(None, "", IMAGE, "debian", "other", GONE),
    "availability_zone": one_of(None, "nova", "az1", "mars"),
    "multiattach": one_of(None, True, False, "yes", "off"),
    "group_id": one_of(None, "g"),
    "consistencygroup_id": one_of(None, OTHER),
}
SOURCES = ["snapshot_id", "source_volid", "backup_id", "imageRef"]
MANY = st.fixed_dictionaries({}, optional=PLAUSIBLE)


@st.composite
def bodies(draw):
    volume = draw(MANY)
    keep = draw(one_of(*SOURCES, None, "all"))
    volume = {key: value for key, value in volume.items() if key not in SOURCES or keep in (key, "all")}
    return {"volume": volume} | draw(one_of({}, {HINTS: None}, {HINTS: {"a": [1, {"b": None}]}}))


CONTEXTS = one_of(None, a_context(), a_context(roles=["admin"]), a_context(roles=[]), a_context(project_id="p2"))
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.just("0" * 9 + "5"))
ANYTHING = st.recursive(
    LEAVES,
    lambda each: st.lists(each, max_size=3) | st.dictionaries(st.text(max_size=3), each, max_size=3),
    max_leaves=5,
)
WILD = {key: st.one_of(value, ANYTHING) for key, value in PLAUSIBLE.items()} | {"unknown": LEAVES}
WHITE = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u200b\u2028\u202f\u205f\u3000\ufeff"
STRETCHED = st.builds(
    lambda lead, body, trail: lead + body + trail,
    st.text(WHITE, max_size=3),
    st.builds(lambda text, times: (text * times)[:260], st.text(min_size=1, max_size=3), st.integers(1, 300)),
    st.text(WHITE, max_size=3),
)
SHAPES = st.one_of(
    st.fixed_dictionaries(
        {"volume": st.fixed_dictionaries({}, optional=WILD)}, optional={HINTS: ANYTHING, "more": LEAVES}
    ),
    st.builds(lambda text: {"volume": {"name": text, "display_description": text}}, STRETCHED),
    st.builds(lambda text: {"volume": {"size": text}}, st.text("0123456789 +-\n", max_size=12)),
    st.builds(lambda text: {"volume": {"backup_id": text}}, st.text("0a-{}urnid:", min_size=30, max_size=45)),
    ANYTHING,
)
PIPELINE = [
    *("schema", "request", "authorize", "sources", "size", "image", "availability_zone", "volume_type", "qos_specs"),
    *("encryption_key", "metadata", "volume", "quota"),
]
SPELLED = {
    "size": "size",
    "availability_zone": "availability_zone",
    "snapshot_id": "snapshot_id",
    "source_volid": "source_volid",
    "image_id": "imageRef",
    "backup_id": "backup_id",
    "volume_type_id": "volume_type",
    "metadata": "metadata",
    "name": "name",
    "description": "description",
    "multiattach": "multiattach",
    "group_id": "group_id",
    "consistencygroup_id": "consistencygroup_id",
}


def says_a_fraction(body):
    volume = body.get("volume") if isinstance(body, dict) else None
    return isinstance(volume, dict) and isinstance(volume.get("size"), float)


def is_json(value):
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except ValueError:
        return False
    return True


@settings(max_examples=400, deadline=None)
@given(SHAPES)
def test_fast_yes_and_slow_why_agree(engine, body):
    decision = engine.check(body)
    refused = any(each.kind == "ValidationError" for each in decision.violations)
    accepted = is_json(body) and not says_a_fraction(body) and validator("request").is_valid(body)
    assert refused != accepted
    assert_valid("decision", decision.to_dict())


@QUICK
@given(bodies(), CONTEXTS)
def test_an_accepted_decision_has_no_violations_and_a_rejected_one_has_some(engine, body, context):
    decision = engine.check(body, context)
    assert decision.accepted == (decision.outcome == "accepted") == (not decision.violations)
    assert (decision.spec is None) == (decision.dispatch is None) == (not decision.accepted)
    assert_valid("decision", decision.to_dict())
    assert Decision.from_dict(json.loads(text(decision))).to_dict() == decision.to_dict()


@QUICK
@given(bodies(), CONTEXTS)
def test_violations_are_in_rule_order(engine, body, context):
    rules = [PIPELINE.index(each.rule) for each in engine.check(body, context).violations]
    assert rules == sorted(rules)


@QUICK
@given(bodies(), CONTEXTS)
def test_same_input_same_bytes(engine, body, context):
    first = text(engine.check(body, context))
    with Engine.open(SITE, inventory=INVENTORY) as other:
        assert text(other.check(copy.deepcopy(body), context)) == first


@QUICK
@given(bodies(), CONTEXTS)
def test_checking_changes_nothing_that_it_was_given(engine, body, context):
    before = copy.deepcopy((body, context))
    engine.check(body, context).to_dict()
    assert (body, context) == before


@QUICK
@given(bodies(), CONTEXTS)
def test_null_means_not_given(engine, body, context):
    volume = {key: value for key, value in body["volume"].items() if value is not None}
    without = {key: value for key, value in {**body, "volume": volume}.items() if value is not None}
    assert text(engine.check(without, context)) == text(engine.check(body, context))


@QUICK
@given(bodies())
def test_resolving_twice_changes_nothing(engine, body):
    spec = engine.check(body).spec
    if spec is None:
        return
    again = {key: spec[field] for field, key in SPELLED.items() if spec[field] is not None}
    again["metadata"] = dict(spec.metadata)
    hints = {} if body.get(HINTS) is None else {HINTS: body[HINTS]}
    decision = engine.check({"volume": again, **hints})
    assert decision.accepted
    expected = spec.to_dict()
    if spec.volume_type_id is None and (spec.snapshot_id, spec.backup_id, spec.source_volid) != (None,) * 3:
        expected["multiattach"] = False
    assert decision.to_dict()["spec"] == expected


MISTAKES = [
    ("metadata", {"": "x"}, "metadata.blank_key"),
    ("availability_zone", "mars", "availability_zone.not_offered"),
    ("volume_type", "nope", "volume_type.not_found"),
]
READS = {
    "metadata.blank_key": ("metadata",),
    "availability_zone.not_offered": ("availability_zone", "volume_type.not_in_zone"),
    "volume_type.not_found": ("volume_type",),
}


@QUICK
@given(bodies(), CONTEXTS, st.sampled_from(MISTAKES))
def test_adding_an_independent_mistake_never_removes_anothers_violation(engine, body, context, mistake):
    key, value, code = mistake
    before = engine.check(body, context)
    after = engine.check({**body, "volume": {**body["volume"], key: value}}, context)
    silent = {"sources.exclusive", "policy.not_authorized"} & set(codes(after))
    assert code in codes(after) or (silent and code == "volume_type.not_found")
    kept = [each for each in codes(before) if not each.startswith(READS[code])]
    assert [each for each in kept if each not in codes(after)] == []


@settings(max_examples=40, deadline=None)
@given(bodies())
def test_checking_writes_nothing(store, body):
    folder, engine = store
    before = {each.name: each.read_bytes() for each in folder.iterdir()}
    engine.check(body, a_context())
    assert {each.name: each.read_bytes() for each in folder.iterdir()} == before


@settings(max_examples=40, deadline=None)
@given(bodies(), CONTEXTS)
def test_store_and_inventory_answer_alike(engine, store, body, context):
    _, stored = store
    assert stored.check(body, context).to_dict() == engine.check(body, context).to_dict()


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("store")
    url = f"sqlite:///{folder}/v.db"
    site = {**SITE, "plugins": {"spool": {"options": {"directory": f"{folder}/spool"}}}}
    with Engine.open(site, store=url) as writer:
        writer.import_inventory(INVENTORY)
    with Engine.open(SITE, store=url) as opened:
        yield folder, opened


def test_the_requests_of_the_laws_are_worth_it(engine):
    assert engine.check(a_request(snapshot_id=SNAPSHOT), a_context()).accepted
