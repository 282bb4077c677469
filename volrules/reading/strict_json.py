"""Strict JSON: what RFC 8259 leaves to chance is refused, with a sentence that says where and what to do."""

from __future__ import annotations

import codecs
import math
import re
from collections.abc import Iterator
from typing import Any

import jiter

from volrules.errors import VolrulesError
from volrules.wording import quoted

MAX_DEPTH = 100

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels; flatten the document"
_TOO_LARGE = "a number is too large for a double; write a smaller one"
_NOT_UTF8 = "the text is not UTF-8; save it as UTF-8"
_EMPTY = "there is nothing here; write one JSON value"

# What jiter says, by how it begins, and what a person needs to hear.
_REASONS = {
    "EOF": "the JSON ends too early; close every text, list and object",
    "trailing comma": "a comma has nothing after it; remove the comma",
    "trailing characters": "something follows the JSON value; leave one value only",
    "recursion limit": _TOO_DEEP,
    "invalid unicode": _NOT_UTF8,
    "unexpected end of hex": "half of a surrogate pair is no character; write both halves or the character itself",
    "control character": "a text holds a bare control character; write it as an escape such as `\\n`",
    "invalid escape": "a backslash starts no known escape; double it",
    "key must be a string": "a key is not in double quotes; quote it",
    "expected value": "this is no JSON value (NaN, Infinity, comments and single quotes are not JSON); correct it",
    "expected ident": "this is no JSON value; write `true`, `false` or `null`, or quote the text",
    "expected `:`": "a key has no value; put a colon after the key",
    "expected `,`": "two values are not separated; put a comma between them or close the list or object",
    "invalid number": "this is no JSON number; write it without leading zeros, plus sign or NaN",
    "number out of range": "a number has too many digits; write a smaller one",
}
_PLACED = re.compile(r"(?s)(.*) at line (\d+) column (\d+)")
_DUPLICATE = re.compile(r'(?s)Detected duplicate key "(.*)"')
# Only many digits or an exponent of three can pass the largest double. Writing every digit as 0 makes that
# two searches for fixed bytes: a tenth of what a regular expression costs on each line of input.
_DIGITS_ALIKE = bytes.maketrans(b"123456789E", b"000000000e")
_MAY_OVERFLOW = (b"0e000", b"0" * 200)
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[{]|[\]}]|-?[0-9][0-9.eE+-]*')
_STEPS = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class JSONError(VolrulesError):
    """The text is not JSON: correct the place that the message names.

    ``reason``: the sentence without the place. ``line``, ``column``: 1-based, the column in bytes.
    ``incomplete``: the text is JSON as far as it goes.
    """

    def __init__(self, reason: str, line: int, column: int, incomplete: bool = False) -> None:
        super().__init__(reason, line, column, incomplete)
        self.reason = reason
        self.line = line
        self.column = column
        self.incomplete = incomplete

    def __str__(self) -> str:
        return f"{self.reason} (line {self.line}, column {self.column})"


def parse(data: bytes | str) -> Any:
    """The value of a JSON text in UTF-8, with or without a byte order mark.

    Raises JSONError for anything but one value: NaN and Infinity, numbers beyond a double, duplicate keys,
    lone surrogates, nesting beyond 100 levels and bytes that are not UTF-8 count as not JSON.
    """
    text = _encoded(data).removeprefix(codecs.BOM_UTF8)
    try:
        value = jiter.from_json(text, catch_duplicate_keys=True, allow_inf_nan=False)
    except ValueError as error:
        raise _explained(str(error), text) from None
    if _may_offend(text):
        _refuse_offence(value, text)
    return value


def _encoded(data: bytes | str) -> bytes:
    if isinstance(data, bytes):
        return data
    try:
        return data.encode()
    except UnicodeEncodeError as error:
        line, column = _place(data[: error.start].encode("utf-8", "replace"))
        raise JSONError(_REASONS["unexpected end of hex"], line, column) from None


def _explained(said: str, text: bytes) -> JSONError:
    if not text.strip():
        return JSONError(_EMPTY, 1, 1, incomplete=True)
    try:
        text.decode()
    except UnicodeDecodeError as error:
        return JSONError(_NOT_UTF8, *_place(text[: error.start]))
    placed = _PLACED.fullmatch(said)
    if placed is None:
        return JSONError(said, 1, 1)
    reason = _reason(placed[1])
    place = _offence(text) if reason == _TOO_DEEP else (int(placed[2]), max(int(placed[3]), 1))
    return JSONError(reason, *place, incomplete=said.startswith("EOF"))


def _reason(said: str) -> str:
    duplicate = _DUPLICATE.fullmatch(said)
    if duplicate:
        return f"duplicate key {quoted(duplicate[1])}; write each key once"
    return next((reason for start, reason in _REASONS.items() if said.startswith(start)), said)


def _may_offend(text: bytes) -> bool:
    alike = text.translate(_DIGITS_ALIKE, b"+")
    return text.count(b"[") + text.count(b"{") > MAX_DEPTH or any(sign in alike for sign in _MAY_OVERFLOW)


def _refuse_offence(value: Any, text: bytes) -> None:
    for depth, level in enumerate(_levels(value)):
        if depth >= MAX_DEPTH and any(isinstance(each, dict | list) for each in level):
            raise JSONError(_TOO_DEEP, *_offence(text))
        if any(isinstance(each, float) and math.isinf(each) for each in level):
            raise JSONError(_TOO_LARGE, *_offence(text))


def _levels(value: Any) -> Iterator[list[Any]]:
    """The values by depth, without recursion: the root, what it holds, what those hold."""
    level = [value]
    while level:
        yield level
        holders = [each for each in level if isinstance(each, dict | list)]
        level = [each for holder in holders for each in (holder.values() if isinstance(holder, dict) else holder)]


def _offence(text: bytes) -> tuple[int, int]:
    """Where a text that is otherwise JSON first nests too deep or overflows."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEPS.get(token[0], 0)
        if depth > MAX_DEPTH or (token[0][:1] in b"-0123456789" and math.isinf(float(token[0]))):
            return _place(text[: token.start()])
    return 1, 1


def _place(before: bytes) -> tuple[int, int]:
    """Line and column of what comes after ``before``."""
    return before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
