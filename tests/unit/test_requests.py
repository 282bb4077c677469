"""The wire: what the Block Storage API refuses for its shape is refused, and nothing else is."""

from __future__ import annotations

import json
import re
import uuid
from collections import OrderedDict

import pytest

from tests.builders import HINTS, a_plugin, assert_valid, check, codes, paths, validator
from volrules import Engine, hookimpl
from volrules.reading.strict_json import parse

HEX = "0123456789abcdefABCDEF0123456789"
HYPHENED = "01234567-89ab-cdef-ABCD-EF0123456789"
BOOLEANS = [
    "true",
    "True",
    "TRUE",
    "on",
    "On",
    "ON",
    "yes",
    "Yes",
    "YES",
    "y",
    "t",
    "1",
    "false",
    "False",
    "FALSE",
    "off",
    "Off",
    "OFF",
    "no",
    "No",
    "NO",
    "n",
    "f",
    "0",
]
STRIPPED = ("name", "description", "display_name", "display_description")
TEXTS = ("volume_type", "group_id", "imageRef", "image_id")
UUIDS = ("snapshot_id", "source_volid", "backup_id", "consistencygroup_id")
LARGEST = 2147483647


def is_uuid_like(value):
    """As oslo.utils has it."""

    def bare(text):
        return text.replace("urn:", "").replace("uuid:", "").strip("{}").replace("-", "").lower()

    try:
        return str(uuid.UUID(value)).replace("-", "") == bare(value)
    except (TypeError, ValueError, AttributeError):
        return False


def is_size(value):
    if isinstance(value, str):
        return bool(re.fullmatch("[0-9]+", value)) and int(value.lstrip("0")[:11] or "0") <= LARGEST
    return value is None or (type(value) is int and value <= LARGEST)


def is_metadata(value):
    return value is None or (isinstance(value, dict) and all(isinstance(each, str) for each in value.values()))


def text_of(least, most, strip=False):
    return lambda value: (
        value is None or (isinstance(value, str) and least <= len(value.strip() if strip else value) <= most)
    )


MODEL = {
    "size": is_size,
    "metadata": is_metadata,
    "availability_zone": text_of(1, 255),
    "multiattach": lambda value: value is None or type(value) is bool or (isinstance(value, str) and value in BOOLEANS),
    **dict.fromkeys(STRIPPED, text_of(0, 255, strip=True)),
    **dict.fromkeys(TEXTS, text_of(0, 255)),
    **dict.fromkeys(UUIDS, lambda value: value is None or (isinstance(value, str) and is_uuid_like(value))),
}


def is_shaped(body):
    """Whether the API takes the body for its shape, by the table above."""
    if not isinstance(body, dict) or not isinstance(body.get("volume"), dict) or body.keys() - {"volume", HINTS}:
        return False
    if not isinstance(body.get(HINTS), dict | None):
        return False
    return all(key in MODEL and MODEL[key](value) for key, value in body["volume"].items())


LITERALS = [
    None,
    True,
    False,
    0,
    1,
    -1,
    LARGEST,
    LARGEST + 1,
    2**63,
    2**64,
    -(2**70),
    1.0,
    10.5,
    1e10,
    "",
    " ",
    "1",
    [],
    {},
    [1],
]
SIZES = [
    "0",
    "00",
    "0010",
    "2147483647",
    "2147483648",
    "02147483647",
    "0" * 300 + "7",
    "0" * 300 + "2147483648",
    "9" * 300,
]
SIZES += [
    " 1",
    "1 ",
    "1\n",
    "+1",
    "-1",
    "1.0",
    "1e2",
    "0x1",
    "1_0",
    "١",
    "１",
    "²",
    "abc",
    "2147483650",
    "2200000000",
    "3000000000",
]
SPELLINGS = [
    "x" * 254,
    "x" * 255,
    "x" * 256,
    " " * 300,
    " " * 300 + "x",
    "x" + "\n" * 300,
    "\x1c" * 10 + "x" * 255,
    "é" * 255,
]
SPELLINGS += [
    "😀" * 255,
    "😀" * 256,
    "\u3000" + "x" * 255,
    "\u200b" + "x" * 255,
    "\ufeff" + "x" * 255,
    "\u180e" + "x" * 255,
]
SPELLINGS += [
    "\x85" + "x" * 255,
    "x" * 255 + "\u2029",
    "a" + " " * 253 + "b",
    "a" + " " * 254 + "b",
    "x\x00y",
    "a\u2028b",
]
IDS = [HEX, HYPHENED, HEX.upper(), f"{{{HYPHENED}}}", f"urn:uuid:{HYPHENED}", f"uuid:{HEX}", f"urn:{HEX}", f"-{HEX}-"]
IDS += [
    "-".join(HEX),
    f"{{{{{HEX}",
    f"{HEX}}}}}",
    f"urn:uuid:{{{HEX}}}",
    f"URN:UUID:{HEX}",
    HEX[:-1],
    f"{HEX}0",
    f" {HEX}",
]
IDS += [
    f"{HEX}\n",
    f"0x{HEX[:30]}",
    f"{HEX[:30]}_0",
    f"{HEX[:31]}g",
    f"{HEX[:31]}٣",
    f"-{{{HEX}}}",
    f"{{-{HEX}-}}",
    "abc",
]
NESTED_PREFIXES = [f"{{urn:uuid:{HEX}}}", f"uuid:urn:{HEX}", f"{HEX[:5]}urn:{HEX[5:]}", f"urn:urn:{HEX}"]
FLAGS = [*BOOLEANS, "tRUE", "oN", "Y", "T", "N", "F", "01", " true", "true\n", "None", "null"]
OBJECTS = [
    {"a": "b"},
    {"": ""},
    {"k" * 300: "v" * 300},
    {"a": None},
    {"a": 1},
    {"a": True},
    {"a": {}},
    {"a": ["b"]},
    {"é~/": "x\ny"},
]

BODIES = [{"volume": {key: value}} for key in MODEL for value in [*LITERALS, *SPELLINGS]]
BODIES += [{"volume": {"size": each}} for each in SIZES]
BODIES += [{"volume": {"size": 1, key: each}} for key in UUIDS for each in IDS]
BODIES += [{"volume": {"size": 1, "multiattach": each}} for each in FLAGS]
BODIES += [{"volume": {"size": 1, "metadata": each}} for each in OBJECTS]
BODIES += [{"volume": {"size": 1}, HINTS: each} for each in [*LITERALS, {"a": [{"b": None}]}]]
BODIES += [
    {"volume": {"size": 1, each: None}} for each in ("Size", "", "sizes", "id", "name ", HINTS, "shareable", "status")
]
BODIES += [{"volume": {"size": 1}, each: {}} for each in ("os:scheduler_hints", "scheduler_hints", "", "Volume")]
BODIES += [*LITERALS, {"volume": None}, {"volume": []}, {"volume": "x"}, {HINTS: {}}, {"size": 1}, {"volume": {}}]
BODIES += [{"volume": dict.fromkeys([*MODEL])}, {"volume": {"size": 1, "name": "a", "display_name": 5}}]
BODIES += [{"volume": {"size": 1, "imageRef": "x" * 256, "image_id": "a"}}]


@pytest.fixture(scope="module")
def engine():
    with Engine.open({}, inventory={}) as opened:
        yield opened


def is_refused(engine, body):
    decision = engine.check(body)
    assert_valid("decision", decision.to_dict())
    for each in decision.violations:
        assert each.code.startswith("schema.") == (each.kind == "ValidationError")
    return any(each.kind == "ValidationError" for each in decision.violations)


def test_exactly_what_the_api_refuses_for_its_shape_is_refused(engine):
    assert len(BODIES) > 600
    wrong = [body for body in BODIES if is_refused(engine, body) == is_shaped(body)]
    assert not wrong


@pytest.mark.parametrize("spelling", NESTED_PREFIXES)
def test_uuid_prefixes_are_taken_wherever_the_api_takes_them(engine, spelling):
    assert is_uuid_like(spelling)
    assert not is_refused(engine, {"volume": {"size": 1, "snapshot_id": spelling}})


def test_the_published_schema_and_the_engine_agree(engine):
    for body in BODIES:
        size = body["volume"].get("size") if isinstance(body, dict) and isinstance(body.get("volume"), dict) else None
        if not isinstance(size, float):
            assert validator("request").is_valid(body) != is_refused(engine, body), body


@pytest.mark.parametrize("spelling", [each for each in IDS if is_uuid_like(each)])
def test_a_uuid_is_looked_up_in_canonical_form(spelling):
    with Engine.open({}, inventory={"volumes": [{"id": HYPHENED, "size": 3}]}) as engine:
        assert engine.check({"volume": {"source_volid": spelling}}).spec.source_volid == HYPHENED.lower()


def test_everything_wrong_with_a_shape_is_told_in_document_order(engine):
    body = {"volume": {"size": 1.5, "zzz": 1, "name": 5, "metadata": {"b": 1, "a/~": None}, "abc": 2}, "os": {}}
    decision = engine.check(body)
    expected = ["size", "zzz", "name", "metadata/b", "metadata/a~1~0", "abc"]
    assert paths(decision) == [*(f"/volume/{each}" for each in expected), "/os"]
    assert codes(decision)[0] == "schema.type"


def test_a_fraction_is_told_where_it_stands(engine):
    decision = engine.check({"os": {}, "volume": {"zzz": 1, "size": 2.0, "name": 5}})
    assert paths(decision) == ["/os", "/volume/zzz", "/volume/size", "/volume/name"]


@pytest.mark.parametrize("keys", [[""], ["0"], ["", "a", "0"], ["1", "01", "+1", "+"], ["0", "00", "", "a/~"]])
def test_every_key_of_metadata_with_a_wrong_value_is_named_as_it_is_spelled(engine, keys):
    decision = engine.check({"volume": {"size": 1, "metadata": {"right": "x", **dict.fromkeys(keys, 5)}}})
    expected = [each.replace("~", "~0").replace("/", "~1") for each in keys]
    assert paths(decision) == [f"/volume/metadata/{each}" for each in expected]
    assert set(codes(decision)) == {"schema.type"}


def test_only_the_wrong_one_of_keys_that_are_numbers_is_named(engine):
    decision = engine.check({"volume": {"size": 1, "metadata": {"1": "x", "01": 5, "": "y"}}})
    assert paths(decision) == ["/volume/metadata/01"]


@pytest.mark.parametrize(
    ("body", "code", "path"),
    [
        ({}, "schema.required", ""),
        ({"volume": None}, "schema.type", "/volume"),
        ({"volume": {"size": 10.0}}, "schema.type", "/volume/size"),
        ({"volume": {"size": LARGEST + 1}}, "schema.maximum", "/volume/size"),
        ({"volume": {"size": " 1"}}, "schema.pattern", "/volume/size"),
        ({"volume": {"volume_type": "x" * 256}}, "schema.maxLength", "/volume/volume_type"),
        ({"volume": {"availability_zone": ""}}, "schema.minLength", "/volume/availability_zone"),
        ({"volume": {"multiattach": "maybe"}}, "schema.enum", "/volume/multiattach"),
        ({"volume": {"snapshot_id": "x"}}, "schema.pattern", "/volume/snapshot_id"),
        ({"volume": {"sise": 1}}, "schema.unevaluatedProperties", "/volume/sise"),
        ({"volume": {}, "hints": {}}, "schema.additionalProperties", "/hints"),
        (None, "schema.type", ""),
        ([], "schema.type", ""),
        ("x", "schema.type", ""),
        (5, "schema.type", ""),
    ],
)
def test_a_shape_violation_names_its_keyword_and_place(engine, body, code, path):
    (objection,) = engine.check(body).violations
    assert (objection.code, objection.path, objection.kind) == (code, path, "ValidationError")


class Declaring:
    """Declares one key, or whatever else its schema says."""

    name = "x"

    def __init__(self, schema):
        self.schema = schema

    @hookimpl
    def volrules_request_schema(self):
        return self.schema


def objections(schema, **volume):
    with Engine.open({}, inventory={}, plugins=[Declaring(schema)]) as engine:
        return [(each.code, each.path) for each in engine.check({"volume": {"size": 1, **volume}}).violations]


EITHER = {"oneOf": [{"type": "null"}, {"type": "integer", "minimum": 5}, {"type": "string", "maxLength": 2}]}
APART = {"$id": "urn:x", "$ref": "#/$defs/text", "$defs": {"text": {"enum": ["a"]}}}
PART = {"type": "object", "properties": {"p": {"type": "integer"}}, "additionalProperties": False}
SCHEMAS = [
    ({"x:k": EITHER}, "schema.type", "/volume/x:k", True),
    ({"x:k": EITHER}, "schema.minimum", "/volume/x:k", 3),
    ({"x:k": EITHER}, "schema.maxLength", "/volume/x:k", "abc"),
    ({"x:k": {"oneOf": [{"minimum": 1}, {"maximum": 3}]}}, "schema.oneOf", "/volume/x:k", 2),
    ({"x:k": {"anyOf": [{"type": "array", "items": PART}, PART]}}, "schema.type", "/volume/x:k/0/p", [{"p": "a"}]),
    ({"x:k": PART}, "schema.additionalProperties", "/volume/x:k/", {"p": 1, "": 1}),
    ({"x:k": {"$ref": "#/properties/volume/properties/name"}}, "schema.type", "/volume/x:k", 5),
    ({"x:k": APART}, "schema.enum", "/volume/x:k", "b"),
    ({"x:k": {"items": False}}, "schema.not", "/volume/x:k/0", [1]),
    ({"x:k": {"required": ["a", "b"]}}, "schema.required", "/volume/x:k", {"c": 1}),
    ({"x:k": {"dependentRequired": {"a": ["b"]}}}, "schema.dependentRequired", "/volume/x:k", {"a": 1}),
    ({"x:k": {"propertyNames": {"maxLength": 2}}}, "schema.maxLength", "/volume/x:k/abc", {"a": 1, "abc": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "code", "path", "value"), SCHEMAS)
def test_a_plugins_schema_may_be_of_any_kind(declared, code, path, value):
    assert objections({"properties": declared}, **{"x:k": value}) == [(code, path)]


def test_a_key_that_a_plugin_declares_is_known_whatever_is_wrong_with_others():
    schema = {"patternProperties": {"^x:": {"type": "string"}}}
    assert objections(schema, **{"x:a": "b", "x:b": 5}) == [("schema.type", "/volume/x:b")]


def test_a_plugins_key_is_described_in_its_own_words():
    declared = {"x:k": {"description": "one of the shelves", "anyOf": [{"const": "a"}, {"const": "b"}]}}
    with Engine.open({}, inventory={}, plugins=[Declaring({"properties": declared})]) as engine:
        assert "one of the shelves" in engine.check({"volume": {"size": 1, "x:k": "c"}}).violations[0].message


def nested(depth, member=None):
    for _ in range(depth):
        member = [member]
    return member


def recursive():
    loop = []
    loop.append(loop)
    return loop


class Text(str):
    __slots__ = ()


class Fraction(float):
    __slots__ = ()


def within(value):
    return {"volume": {"size": 1}, HINTS: {"a": value}}


def sized(value):
    return {"volume": {"size": value}}


UNSAYABLE = {
    "nan": sized(float("nan")),
    "infinity": sized(float("inf")),
    "1e400": sized(1e400),
    "a fraction": sized(Fraction(10.0)),
    "a set": sized({1}),
    "bytes": {"volume": {"size": 1, "name": b"x"}},
    "an object": sized(object()),
    "a tuple": {"volume": ({"size": 1},)},
    "a tuple in hints": within((1, 2)),
    "a nan in hints": within([{"b": float("nan")}]),
    "a number as a key": {"volume": {"size": 1, 5: 1}},
    "a number as a key beside": {"volume": {"size": 1}, 5: 1},
    "a number as a key of metadata": {"volume": {"size": 1, "metadata": {1: "x"}}},
    "a number as a key of hints": within({1: 1}),
    "none as a key": {"volume": {None: 1}},
    "a surrogate as the name": {"volume": {"size": 1, "name": "\ud800"}},
    "a surrogate in metadata": {"volume": {"size": 1, "metadata": {"a": "\udfff"}}},
    "a surrogate as a key of metadata": {"volume": {"size": 1, "metadata": {"\ud800": "a"}}},
    "a surrogate in hints": within("\ud800"),
    "a surrogate as a key of hints": within({"\ud800": 1}),
    "a surrogate as a key": {"volume": {"size": 1, "\ud800": 1}},
    "a surrogate as a key beside": {"volume": {"size": 1}, "\ud800": 1},
    "a surrogate in a text of one's own": {"volume": {"size": 1, "name": Text("\ud800")}},
    "deep hints": within(nested(100_000)),
    "hints one too deep": within(nested(99)),
    "a deep unknown key": {"volume": {"size": 1, "x": nested(5000)}},
    "a deep metadata": {"volume": {"size": 1, "metadata": nested(5000)}},
    "recursive hints": within(recursive()),
    "bytes for a body": b"{}",
}
BODIES_THAT_BREAK = {
    "a recursive list": recursive(),
    "a deep list": nested(100_000),
    "a list with a strange key": [{(1, 2): 3}],
    "a huge number": 10**5000,
    "a huge size": sized(10**5000),
    "a huge negative size": sized(-(10**5000)),
    "a huge number in hints": within(10**5000),
}


@pytest.mark.parametrize("name", UNSAYABLE)
def test_what_json_cannot_say_is_refused(engine, name):
    decision = engine.check(UNSAYABLE[name])
    assert decision.outcome == "rejected"
    assert {each.kind for each in decision.violations} == {"ValidationError"}
    json.dumps(decision.to_dict(), ensure_ascii=False, allow_nan=False).encode()


@pytest.mark.parametrize("name", BODIES_THAT_BREAK)
def test_what_json_cannot_say_is_refused_whatever_it_is(engine, name):
    decision = engine.check(BODIES_THAT_BREAK[name])
    assert decision.violations
    assert {each.kind for each in decision.violations} == {"ValidationError"}
    json.dumps(decision.to_dict(), ensure_ascii=False, allow_nan=False).encode()


def test_a_key_of_ones_own_text_class_is_text(engine):
    decision = engine.check({"volume": {"size": 1, "metadata": {Text("a"): Text("b")}}})
    assert decision.accepted == (decision.spec is not None)


@pytest.mark.parametrize("body", [object(), {"volume": {object(): 1}}], ids=["body", "key"])
def test_no_address_is_in_a_decision(engine, body):
    assert " at 0x" not in engine.check(body).violations[0].message


@pytest.mark.parametrize("digits", [20, 310, 4300])
@pytest.mark.parametrize("sign", ["", "-"])
def test_a_number_of_any_length_is_a_decision(engine, sign, digits):
    decision = engine.check(parse(f'{{"volume": {{"size": {sign}{"9" * digits}}}}}'))
    assert codes(decision) == ["size.not_positive" if sign else "schema.maximum"]
    assert_valid("decision", decision.to_dict())


def test_the_deepest_body_is_taken(engine):
    assert engine.check(within(nested(97))).accepted


def test_large_numbers_in_hints_are_taken(engine):
    hints = {"a": [2**64 + 1, -(10**30), 1.5, 1e308]}
    assert engine.check({"volume": {"size": 1}, HINTS: hints}).to_dict()["spec"]["scheduler_hints"] == hints


def test_texts_hide_nothing_in_objects_of_other_classes():
    body = {"volume": {"size": 1, "metadata": OrderedDict(a="\ud800")}}
    assert [each.code for each in check(body).violations] == ["schema.type"]


class Text(str):
    """A text of a class of its own."""


def test_a_value_of_another_class_keeps_nothing_else_from_being_told():
    told = check({"volume": {"size": 1, "name": Text("a"), "colour": "red"}}).violations
    assert [each.path for each in told] == ["/volume/colour"]


def test_a_plugins_own_constant_means_what_it_says():
    plugin = a_plugin(request_schema=lambda self: {"properties": {"word": {"const": r"(?![\s\S])"}}})
    assert check({"volume": {"size": 1, "word": r"(?![\s\S])"}}, plugins=[plugin]).accepted
    assert not check({"volume": {"size": 1, "word": "$"}}, plugins=[plugin]).accepted


def test_an_object_that_takes_no_keys_says_so():
    plugin = a_plugin(
        request_schema=lambda self: {"properties": {"k": {"type": "object", "additionalProperties": False}}}
    )
    (told,) = check({"volume": {"size": 1, "k": {"a": 1}}}, plugins=[plugin]).violations
    assert (told.code, told.path) == ("schema.additionalProperties", "/volume/k")
    assert "takes no keys" in told.message
