"""The engine's own words about a body of the wrong shape, judged by jsonschema."""

from __future__ import annotations

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import HINTS
from volrules import Engine, hookimpl
from volrules.requests import published

UNKNOWN_KEYS = ("additionalProperties", "unevaluatedProperties")
DECLARED = {
    "properties": {
        "x:either": {"anyOf": [{"type": "integer", "minimum": 5}, {"type": "string", "maxLength": 2}]},
        "x:one": {
            "oneOf": [
                {"type": "null"},
                {"type": "array", "items": {"type": "string", "pattern": "^a"}, "minItems": 1},
                {"type": "object", "properties": {"p": {"type": "integer"}}, "required": ["p", "q"]},
                {"minimum": 3},
            ]
        },
        "x:many": {"maxLength": 3, "pattern": "^a", "type": ["string", "null"], "enum": ["a", "aaaa", "b", 7]},
        "x:none": False,
        "x:names": {
            "propertyNames": {"maxLength": 2, "pattern": "^[^q]*(?![\\s\\S])"},
            "additionalProperties": {"type": ["string", "object"], "additionalProperties": {"type": "string"}},
        },
        "x:own": {"$ref": "urn:x#/$defs/closed"},
    },
    "dependentRequired": {"x:many": ["x:either", "size"]},
    "$defs": {
        "apart": {
            "$id": "urn:x",
            "$defs": {"closed": {"properties": {"a b%/~": {"type": "null"}}, "additionalProperties": False}},
        }
    },
}

LEAVES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(0, 9),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["", "a", "aaaa", "b", "yes", "7", "7" * 300, " " * 300, "x" * 256, "0" * 32, "é\n"]),
)
KEYS = st.sampled_from(["", "0", "00", "+0", "12", "p", "q", "a b%/~", "é"]) | st.text(max_size=3)
VALUES = st.recursive(
    LEAVES, lambda each: st.lists(each, max_size=3) | st.dictionaries(KEYS, each, max_size=3), max_leaves=6
)
BUILT_IN = [*published("request")["properties"]["volume"]["properties"], "colour", "", "sise"]
NAMES = st.sampled_from(BUILT_IN) | st.text(max_size=2)
VOLUMES = st.dictionaries(NAMES | st.sampled_from(sorted(DECLARED["properties"])), VALUES, max_size=6)
BODIES = st.one_of(
    st.fixed_dictionaries({"volume": VOLUMES}, optional={HINTS: VALUES, "more": VALUES}),
    st.dictionaries(st.sampled_from(["volume", HINTS, "more"]), VALUES),
    VALUES,
)


class Declaring:
    """Declares keys of every kind of schema."""

    name = "declaring"

    @hookimpl
    def volrules_request_schema(self):
        return DECLARED


def joined(*declared):
    schema = published("request")
    schema["properties"]["volume"]["allOf"] = list(declared)
    return schema


@pytest.fixture(scope="module")
def plain():
    with Engine.open({}, inventory={}) as opened:
        yield opened


@pytest.fixture(scope="module")
def extended():
    with Engine.open({}, inventory={}, plugins=[Declaring()]) as opened:
        yield opened


def pointer(path):
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def findings(error):
    """What a person could be told of jsonschema's error: pairs of code and path; in branches, any branch's."""
    if error.context:
        return {each for inner in error.context for each in findings(inner)}
    if error.validator in UNKNOWN_KEYS:
        parts = (error.schema, *error.schema.get("allOf", ()))
        known = {key for part in parts for key in part.get("properties", ())}
        return {
            (f"schema.{error.validator}", pointer([*error.absolute_path, key])) for key in error.instance.keys() - known
        }
    if "propertyNames" in error.absolute_schema_path:
        return {(f"schema.{error.validator}", pointer([*error.absolute_path, error.instance]))}
    # jsonschema names neither the keyword nor the place of what `false` forbids
    path = pointer(error.absolute_path) if error.validator else "/volume/x:none"
    return {(f"schema.{error.validator or 'not'}", path)}


def says_a_fraction(body):
    volume = body.get("volume") if isinstance(body, dict) else None
    return isinstance(volume, dict) and isinstance(volume.get("size"), float)


def assert_that_jsonschema_agrees(engine, schema, body):
    told = {(each.code, each.path) for each in engine.check(body).violations if each.kind == "ValidationError"}
    judged = [findings(error) for error in jsonschema.Draft202012Validator(schema).iter_errors(body)]
    if says_a_fraction(body):  # JSON Schema's integers have fractions, the engine's have none
        judged.append({("schema.type", "/volume/size")})
    assert told <= {each for several in judged for each in several}
    places = {path for _, path in told}
    assert all(places & {path for _, path in several} for several in judged if several)
    assert bool(told) == bool(judged)


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_what_is_told_of_a_body_is_what_jsonschema_finds(plain, body):
    assert_that_jsonschema_agrees(plain, published("request"), body)


@settings(max_examples=300, deadline=None)
@given(BODIES)
def test_what_is_told_of_a_plugins_keys_is_what_jsonschema_finds(extended, body):
    assert_that_jsonschema_agrees(extended, joined(DECLARED), body)


@settings(max_examples=100, deadline=None)
@given(BODIES)
def test_a_place_is_told_once_and_in_document_order(extended, body):
    paths = [each.path for each in extended.check(body).violations if each.kind == "ValidationError"]
    order = {path: number for number, path in enumerate(places(body))}
    assert [order[path] for path in paths] == sorted({order[path] for path in paths})


def places(value, path=()):
    """The pointers to all that is in a document, in its order."""
    yield pointer(path)
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in members:
        yield from places(each, (*path, step))
