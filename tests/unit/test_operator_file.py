from __future__ import annotations

import json
import os
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volrules.errors import DocumentMissing, SiteError
from volrules.reading import yaml_text
from volrules.reading.operator_file import read

keys = st.text("abcé \\\"'#:-0", min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers() | st.text("abé \\\"'#:-0\n", max_size=8)
documents = st.dictionaries(keys, st.recursive(scalars, lambda each: st.lists(each) | st.dictionaries(keys, each)))


@pytest.fixture
def site(tmp_path):
    def write(text, name="site.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read(path, "site", SiteError)

    return write


def problem(caught):
    (only,) = caught.value.problems
    return only


@given(documents)
def test_yaml_reads_json_as_json(document):
    assert yaml_text.parse(json.dumps(document, indent=1)).root == document


def test_none_and_an_empty_file_are_empty_documents(site):
    assert read(None, "site").content == site("").content == site("# nothing\n").content == {}


def test_a_mapping_is_copied_as_plain_values():
    frozen = MappingProxyType({"a": (1, MappingProxyType({"b": None}))})
    assert read(frozen, "site").content == {"a": [1, {"b": None}]}


@pytest.mark.parametrize("value", [object(), {1, 2}, float("nan"), b"x"])
def test_a_mapping_without_a_json_form_is_refused(value):
    with pytest.raises(SiteError):
        read({"a": value}, "site", SiteError)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("2024-01-01", "2024-01-01"),
        ("1_000", "1_000"),
        ("010", 10),
        ("0x1F", 31),
        ("0o17", 15),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("True", True),
        ("~", None),
        ("", None),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("!!int '3'", 3),
        ('"\\ud83d\\ude00"', "😀"),
    ],
)
def test_scalars_are_those_of_yaml_1_2(site, written, value):
    read_value = site(f"a: {written}").content["a"]
    assert (type(read_value), read_value) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a: 1\na: 2", 2, id="duplicate-key"),
        pytest.param("a:\n\tb: 1", 2, id="tab"),
        pytest.param("a: 1\nb: [1", 2, id="open-list"),
        pytest.param("a: b: c", 1, id="two-colons"),
        pytest.param("a: 1\n b: 2\n", 2, id="indentation"),
        pytest.param("a: @x", 1, id="at-sign"),
        pytest.param("a: 1\n---\nb: 1", 2, id="two-documents"),
        pytest.param("a: 1\n1: x", 2, id="number-key"),
        pytest.param("null: x", 1, id="null-key"),
        pytest.param("[a]: x", 1, id="list-key"),
        pytest.param("a: .inf", 1, id="infinity"),
        pytest.param("a: .nan", 1, id="nan"),
        pytest.param("a: 1e999", 1, id="overflow"),
        pytest.param("a: " + "1" * 5000, 1, id="digits"),
        pytest.param("a: !!binary aGk=", 1, id="binary"),
        pytest.param("a: !!python/object/apply:os.system [x]", 1, id="python-tag"),
        pytest.param("a: !!set {x}", 1, id="set"),
        pytest.param("a: &x [*x]", 1, id="recursive-alias"),
        pytest.param("a: *x", 1, id="unknown-alias"),
        pytest.param("a: {<<: [1]}", 1, id="merge-of-scalars"),
        pytest.param('a: 1\nb: "\\ud800"', 2, id="lone-surrogate"),
        pytest.param(b"a: 1\nb: \xff", 2, id="not-utf-8"),
        pytest.param("a: 1\nb: \x01", 2, id="control-character"),
        pytest.param("[" * 1000, 1, id="depth"),
        pytest.param("- a", 1, id="list"),
        pytest.param("text", 1, id="text"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(site, text, line):
    with pytest.raises(SiteError) as caught:
        site(text)
    assert problem(caught).line == line
    assert "\n" not in problem(caught).message
    assert len(problem(caught).message) < 250


@pytest.mark.parametrize("escape", ["\\UFFFFFFFF", "\\U00110000"])
def test_an_escape_beyond_unicode_is_refused(site, escape):
    with pytest.raises(SiteError):
        site(f'a: "{escape}"')


def test_aliases_that_explode_are_refused(site):
    lines = ["a0: &a0 [x, x, x]", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 30))]
    with pytest.raises(SiteError, match="alias"):
        site("\n".join(lines))


def test_aliases_and_merges_work(site):
    file = site("base: &b {x: 1, y: 2}\nsame: *b\nmore: {<<: *b, y: 3}\nboth: {<<: [*b, {z: 4}]}")
    assert file.content["same"] == {"x": 1, "y": 2}
    assert file.content["more"] == {"x": 1, "y": 3}
    assert file.content["both"] == {"x": 1, "y": 2, "z": 4}


def test_every_place_has_its_line(site):
    file = site("a: 1\nb:\n  - x: 1\n    y: 2\n  - {q: 1}\n")
    places = [("a",), ("b",), ("b", 0), ("b", 0, "y"), ("b", 1, "q"), ("c",), ("a", "x")]
    assert [file.line_of(place) for place in places] == [1, 2, 3, 4, 5, None, None]


def test_json_has_lines_too(site):
    file = site('{\n\t"a": 1,\n\t"b": [\n\t\t{"c": 2}]}', "site.json")
    assert file.content == {"a": 1, "b": [{"c": 2}]}
    assert [file.line_of(place) for place in [("a",), ("b",), ("b", 0, "c")]] == [2, 3, 4]


def test_json_in_a_yaml_file_is_yaml(site):
    assert site('{"a": [1, true, null, "x"]}').content == {"a": [1, True, None, "x"]}


def test_a_json_file_is_strict(site):
    with pytest.raises(SiteError) as caught:
        site('{"a": 1,\n}', "site.JSON")
    assert problem(caught).line == 2


def test_a_byte_order_mark_is_tolerated(site):
    assert site(b"\xef\xbb\xbfa: 1").content == site(b'\xef\xbb\xbf{"a": 1}', "site.json").content == {"a": 1}


def test_no_file_is_told_apart_from_a_wrong_one(tmp_path):
    for path in (tmp_path / "nowhere.yaml", tmp_path, "a\0b"):
        with pytest.raises(DocumentMissing) as caught:
            read(path, "site", SiteError)
        assert caught.value.source == str(path)
        assert not isinstance(caught.value, SiteError)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_missing(tmp_path):
    path = tmp_path / "site.yaml"
    path.touch(mode=0)
    with pytest.raises(DocumentMissing):
        read(path, "site", SiteError)
