from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from volrules.reading.chunks import Chunks
from volrules.reading.request_lines import RequestLine, UnreadableLine, read_requests

BODY = {"volume": {"size": 1}}


def read(text, **options):
    data = text if isinstance(text, bytes) else text.encode()
    return [line for lines in read_requests(Chunks(io.BytesIO(data)), **options) for line in lines]


def bare(number, request):
    return RequestLine(number, None, None, None, request)


def test_a_request_line_is_taken_apart():
    context = {"project_id": "p", "roles": ["member"]}
    line = {"id": "a", "idempotency_key": "k", "context": context, "request": BODY}
    assert read(json.dumps(line)) == [RequestLine(1, "a", "k", context, BODY)]


def test_null_is_absent():
    line = {"id": None, "idempotency_key": None, "context": None, "request": BODY}
    assert read(json.dumps(line)) == [bare(1, BODY)]


@pytest.mark.parametrize("value", [BODY, {}, 1, "x", None, True])
def test_any_other_value_is_a_bare_body(value):
    assert read(json.dumps(value)) == [bare(1, value)]


@pytest.mark.parametrize("value", [None, 1, "x", [], [BODY]])
def test_a_request_may_be_any_json_value(value):
    assert read(json.dumps({"request": value})) == [bare(1, value)]


@pytest.mark.parametrize("identity", ["a", 1, 1.5, True, ""])
def test_an_id_is_any_scalar(identity):
    assert read(json.dumps({"id": identity, "request": BODY}))[0].id == identity


@pytest.mark.parametrize(
    "beside",
    [
        {"id": {}},
        {"id": [1]},
        {"idempotency_key": ""},
        {"idempotency_key": 5},
        {"idempotency_key": "k" * 256},
        {"contxt": {}},
        {"context": []},
        {"context": {"project": "p"}},
        {"context": {"roles": "admin"}},
    ],
)
def test_what_may_not_stand_beside_a_request_is_unreadable(beside):
    (line,) = read("\n" + json.dumps({**beside, "request": BODY}))
    assert isinstance(line, UnreadableLine)
    assert line.number == 2
    assert line.error.startswith("line 2: ")


def test_an_unknown_key_names_the_nearest():
    (line,) = read(json.dumps({"contxt": {}, "request": BODY}))
    assert "`context`" in line.error


def test_an_idempotency_key_of_255_is_accepted():
    assert read(json.dumps({"idempotency_key": "k" * 255, "request": BODY}))[0].idempotency_key == "k" * 255


def test_lines_are_numbered_as_in_the_file():
    assert read("\n1\r\n \n2\n\n") == [bare(2, 1), bare(4, 2)]


def test_a_bad_line_does_not_stop_the_others():
    lines = read('1\n{"a": NaN}\n2\n{"a":1,"a":2}\n3')
    assert [type(line) for line in lines] == [RequestLine, UnreadableLine, RequestLine, UnreadableLine, RequestLine]
    assert [line.number for line in lines] == [1, 2, 3, 4, 5]


def test_a_first_line_cut_short_does_not_stop_the_others():
    lines = read('{"volume": {"size": 1}\n' + json.dumps(BODY) + "\n" + json.dumps(BODY))
    assert isinstance(lines[0], UnreadableLine)
    assert lines[1:] == [bare(2, BODY), bare(3, BODY)]


def test_a_pretty_printed_document_is_one_request():
    assert read("\n" + json.dumps(BODY, indent=2)) == [bare(2, BODY)]


def test_a_document_with_a_line_that_is_whole_is_still_one():
    assert read('{"request":\n{"volume": {}}\n}') == [bare(1, {"volume": {}})]


def test_a_broken_document_is_reported_once_with_its_line():
    (line,) = read('\n{"volume": {\n  "size": 1,\n}}\n')
    assert isinstance(line, UnreadableLine)
    assert line.number == 4


@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_on_its_own_is_an_array_of_lines(indent):
    lines = read(json.dumps([{"id": 1, "request": BODY}, BODY, {"id": [], "request": 1}], indent=indent))
    assert lines[:2] == [RequestLine(1, 1, None, None, BODY), bare(2, BODY)]
    assert lines[2].number == 3
    assert isinstance(lines[2], UnreadableLine)


def test_an_array_among_lines_is_a_body():
    assert read("[1]\n[2]\n") == [bare(1, [1]), bare(2, [2])]


def test_lines_only_takes_every_line_by_itself():
    lines = read('{\n[1]\n"x"\n', lines_only=True)
    assert isinstance(lines[0], UnreadableLine)
    assert lines[1:] == [bare(2, [1]), bare(3, "x")]
    assert read("[1]", lines_only=True) == [bare(1, [1])]


@pytest.mark.parametrize("text", ["", "\n \n", "[]"])
def test_nothing_to_read_yields_nothing(text):
    assert read(text) == []


def test_a_byte_order_mark_is_tolerated():
    assert read(b"\xef\xbb\xbf[1]") == [bare(1, 1)]


def test_bytes_that_are_not_utf_8_are_unreadable():
    lines = read(b'1\n"\xff"\n2')
    assert [type(line) for line in lines] == [RequestLine, UnreadableLine, RequestLine]


@pytest.mark.parametrize("first", [b"1\n", b"[1]\n"])
def test_lines_are_read_as_they_are_asked_for(first):
    stream = io.BytesIO(first + b"1\n" * 1_000_000)
    next(read_requests(Chunks(stream)))
    assert stream.tell() < 200_000


class Trickle(io.RawIOBase):
    """Gives one line at a time, as somebody who types."""

    def __init__(self, *lines):
        self.left = list(lines)

    def readable(self):
        return True

    def readinto(self, buffer):
        line = self.left.pop(0) if self.left else b""
        buffer[: len(line)] = line
        return len(line)


def test_a_request_does_not_wait_for_the_next_one():
    stream = Trickle(b'{"volume": {}}\n', b"2\n", b"3\n")
    requests = read_requests(Chunks(io.BufferedReader(stream)))
    assert [each.number for each in next(requests)] == [1]
    assert len(stream.left) == 2


def test_an_array_is_alone_when_nothing_but_blanks_follows():
    stream = Trickle(b"\n", b"[1, 2]\n", b" \n", b"\n")
    (requests,) = read_requests(Chunks(io.BufferedReader(stream)))
    assert list(requests) == [bare(1, 1), bare(2, 2)]


def test_lines_that_come_in_parts_keep_their_numbers():
    stream = Trickle(b"\n1\n", b'"a', b"b", b'"\n3', b"\n4")
    lines = [line for lines in read_requests(Chunks(io.BufferedReader(stream))) for line in lines]
    assert lines == [bare(2, 1), bare(3, "ab"), bare(4, 3), bare(5, 4)]


@given(st.lists(st.dictionaries(st.text(max_size=5), st.integers()), min_size=2))
def test_json_lines_and_an_array_say_the_same(bodies):
    lines = read("\n".join(map(json.dumps, bodies)))
    array = read(json.dumps(bodies, indent=1))
    assert [line.request for line in lines if isinstance(line, RequestLine)] == [
        line.request for line in array if isinstance(line, RequestLine)
    ]
    assert len(lines) == len(array) == len(bodies)


@given(st.binary(max_size=60), st.booleans())
def test_any_bytes_are_read_or_reported(data, lines_only):
    for line in read(data, lines_only=lines_only):
        assert line.number >= 1
