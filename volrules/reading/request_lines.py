"""The input of the command line: JSON Lines, one JSON document, or an array of request lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from itertools import chain, islice
from typing import Any, BinaryIO

from volrules.errors import RequestLineError, UsageError
from volrules.model.context import Context
from volrules.reading import strict_json
from volrules.reading.strict_json import JSONError
from volrules.wording import did_you_mean, quoted

_KEYS = ("id", "idempotency_key", "context", "request")
_LONGEST_KEY = 255
_Numbered = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class RequestLine:
    """A request to decide, with what came beside it.

    ``number``: the 1-based line, or the element's place in an array. ``context``: None when the line names none.
    ``request``: the body as parsed, whatever JSON value it is.
    """

    number: int
    id: Any
    idempotency_key: str | None
    context: Mapping[str, Any] | None
    request: Any


@dataclass(frozen=True, slots=True)
class UnreadableLine:
    """A line that is no request; ``error`` is one sentence that begins with its number."""

    number: int
    error: str


def read_lines(stream: BinaryIO, lines_only: bool = False) -> Iterator[RequestLine | UnreadableLine]:
    """The requests of a stream in their order; JSON Lines take the memory of one line.

    A first line that is JSON as far as it goes begins one document over all lines, and an array on its own is an
    array of request lines. ``lines_only``: each line is a request, whatever it looks like (``.jsonl``).
    """
    lines = _numbered(stream)
    first = next(lines, None)
    if first is None:
        return
    if lines_only:
        yield from map(from_line, chain((first,), lines))
    elif _is_incomplete(first[1]):
        yield from _from_document(first, stream)
    else:
        yield from _from_lines(first, lines)


def _numbered(lines: Iterable[bytes], start: int = 1) -> Iterator[_Numbered]:
    return ((number, line) for number, line in enumerate(lines, start) if line.strip())


def _is_incomplete(line: bytes) -> bool:
    try:
        strict_json.parse(line)
    except JSONError as error:
        return error.incomplete
    return False


def _from_lines(first: _Numbered, lines: Iterator[_Numbered]) -> Iterator[RequestLine | UnreadableLine]:
    second = next(lines, None)
    if second is None:
        yield from _from_text(*first)
    else:
        yield from map(from_line, chain((first, second), lines))


def _from_document(first: _Numbered, stream: BinaryIO) -> Iterator[RequestLine | UnreadableLine]:
    number, line = first
    text = line + stream.read()
    # A first line cut short must not cost the lines below it their decisions.
    below = next(_numbered(islice(BytesIO(text), 1, None)), (0, b""))[1]
    if _is_object(below) and not _is_value(text):
        yield from map(from_line, _numbered(BytesIO(text), number))
    else:
        yield from _from_text(number, text)


def _is_value(text: bytes) -> bool:
    try:
        strict_json.parse(text)
    except JSONError:
        return False
    return True


def _is_object(line: bytes) -> bool:
    return line.lstrip().startswith(b"{") and _is_value(line)


def _from_text(number: int, text: bytes) -> Iterator[RequestLine | UnreadableLine]:
    """The requests of one JSON value that begins on that line."""
    try:
        value = strict_json.parse(text)
    except JSONError as error:
        yield _unreadable(number + error.line - 1, error)
        return
    if isinstance(value, list):
        yield from (_from_value(place, each) for place, each in enumerate(value, 1))
    else:
        yield _from_value(number, value)


def from_line(line: _Numbered) -> RequestLine | UnreadableLine:
    """The request of a numbered line of JSON, or why there is none in it."""
    number, text = line
    try:
        value = strict_json.parse(text)
    except JSONError as error:
        return _unreadable(number, error)
    return _from_value(number, value)


def _from_value(number: int, value: Any) -> RequestLine | UnreadableLine:
    if not isinstance(value, dict) or "request" not in value:
        return RequestLine(number, None, None, None, value)
    try:
        _check(value)
    except (RequestLineError, UsageError) as error:
        return UnreadableLine(number, f"line {number}: {error}")
    return RequestLine(number, value.get("id"), value.get("idempotency_key"), value.get("context"), value["request"])


def _unreadable(number: int, error: JSONError) -> UnreadableLine:
    return UnreadableLine(number, f"line {number}: {error.reason} (column {error.column})")


def _check(line: dict[str, Any]) -> None:
    """Raise RequestLineError or UsageError for what may not stand beside a request."""
    unknown = next((key for key in line if key not in _KEYS), None)
    if unknown is not None:
        raise RequestLineError(f"a request line has no key {quoted(unknown)}; {did_you_mean(unknown, _KEYS)}")
    if isinstance(line.get("id"), dict | list):
        raise RequestLineError(f"the id is {quoted(line['id'])}; write a text or a number")
    key = line.get("idempotency_key")
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY):
        raise RequestLineError(f"the idempotency_key {quoted(key)} must be a text of 1 to {_LONGEST_KEY} characters")
    Context.from_dict(line.get("context"))
