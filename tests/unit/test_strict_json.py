from __future__ import annotations

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volrules.errors import VolrulesError
from volrules.reading.strict_json import JSONError, parse

finite = st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | st.integers() | finite | st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text("abé\\\"'"), inner))


@given(values)
def test_what_json_writes_is_read_back(value):
    assert parse(json.dumps(value)) == value
    assert parse(json.dumps(value, ensure_ascii=False, indent=1).encode()) == value


@given(st.text('{}[]",:0123456789eE+-.\\u tfnalsr', max_size=30))
def test_what_both_accept_means_the_same(text):
    try:
        value = parse(text)
    except JSONError:
        return
    assert json.loads(text) == value


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused_with_a_place(data):
    place = (1, 1)
    try:
        parse(data)
    except JSONError as error:
        place = (error.line, error.column)
    assert min(place) >= 1


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(b"NaN", 1, id="nan"),
        pytest.param(b"[\nInfinity]", 2, id="infinity"),
        pytest.param(b"-Infinity", 1, id="minus-infinity"),
        pytest.param(b'{"a": 1,\n "a": 2}', 2, id="duplicate-key"),
        pytest.param(b'{"a": 1, "\\u0061": 2}', 1, id="duplicate-key-escaped"),
        pytest.param(b'\n\n"\\ud800"', 3, id="lone-surrogate"),
        pytest.param(b'"\\udc00\\ud800"', 1, id="swapped-surrogates"),
        pytest.param("\n'\ud800'", 2, id="surrogate-in-str"),
        pytest.param(b"[\n1e999]", 2, id="overflow"),
        pytest.param(b'["1e999", -1e+999]', 1, id="minus-overflow"),
        pytest.param(b"1" * 400 + b".0", 1, id="overflow-digits"),
        pytest.param(b"1" * 5000, 1, id="too-many-digits"),
        pytest.param(b'"\xff"', 1, id="not-utf-8"),
        pytest.param('{"a": 1}'.encode("utf-16"), 1, id="utf-16"),
        pytest.param(b'{"a": 1,\n}', 2, id="trailing-comma"),
        pytest.param(b"{}\n{}", 2, id="trailing-data"),
        pytest.param(b"", 1, id="empty"),
        pytest.param(b"\xef\xbb\xbf", 1, id="mark-only"),
        pytest.param(b"'a'", 1, id="single-quotes"),
        pytest.param(b"[1, // x\n2]", 1, id="comment"),
        pytest.param(b"01", 1, id="leading-zero"),
        pytest.param(b'"a\tb"', 1, id="control-character"),
    ],
)
def test_what_is_not_json_is_refused_with_its_line(text, line):
    with pytest.raises(JSONError) as caught:
        parse(text)
    assert isinstance(caught.value, VolrulesError)
    assert caught.value.line == line
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}"), ('[{"a":', "}]")])
def test_a_hundred_levels_are_the_limit(opening, closing):
    levels = 100 // (opening.count("[") + opening.count("{"))
    parse(opening * levels + "1" + closing * levels)
    with pytest.raises(JSONError, match="deeper"):
        parse(f"[{opening * levels}1{closing * levels}]")


def test_many_brackets_side_by_side_are_no_depth():
    assert parse("[" + "[],{}," * 500 + '"[[[["]')[-1] == "[[[["


def test_depth_is_found_behind_brackets_in_texts():
    with pytest.raises(JSONError) as caught:
        parse('["[[[[ \\" [[",\n' + "[" * 150 + "]" * 150 + "]")
    assert (caught.value.line, caught.value.column) == (2, 100)


def test_endless_brackets_end_in_one_short_sentence():
    with pytest.raises(JSONError) as caught:
        parse(b"[" * 10_000_000)
    assert len(str(caught.value)) < 200


def test_a_long_duplicate_key_is_clipped():
    with pytest.raises(JSONError) as caught:
        parse(json.dumps({"k" * 5000: 1})[:-1] + ',"' + "k" * 5000 + '":1}')
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("text", ["{", '{"a"', "[1,", '"abc', "\n", ""])
def test_json_as_far_as_it_goes_is_incomplete(text):
    with pytest.raises(JSONError) as caught:
        parse(text)
    assert caught.value.incomplete


@pytest.mark.parametrize("text", ["[1,]", "{} {}", '"abc\n', "x"])
def test_broken_json_is_not_incomplete(text):
    with pytest.raises(JSONError) as caught:
        parse(text)
    assert not caught.value.incomplete


def test_a_byte_order_mark_is_tolerated():
    assert parse(b'\xef\xbb\xbf{"a": 1}') == parse('\ufeff{"a": 1}') == {"a": 1}


def test_escaped_surrogate_pairs_are_characters():
    assert parse('"\\ud83d\\ude00"') == "😀"


def test_numbers_keep_their_kind():
    assert [type(each) for each in parse("[1, 1.0, 1e2, 1e-999]")] == [int, float, float, float]
    assert parse("1" * 300) == int("1" * 300)
    assert math.isfinite(parse("1e308"))
