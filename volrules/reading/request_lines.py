"""The input of the command line: JSON Lines, one JSON document, or an array of request lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Literal, NamedTuple

from volrules.errors import RequestLineError, UsageError
from volrules.model.context import Context
from volrules.reading import strict_json
from volrules.reading.chunks import Chunk
from volrules.reading.strict_json import JSONError
from volrules.wording import did_you_mean, is_storable, quoted

_KEYS = ("id", "idempotency_key", "context", "request")
_LONGEST_KEY = 255


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


class UnreadableLine(NamedTuple):
    """A line that is no request; ``error`` is one sentence that begins with its number."""

    number: int
    error: str


Line = RequestLine | UnreadableLine


def read_requests(chunks: Iterable[Chunk], lines_only: bool = False) -> Iterator[Iterable[Line]]:
    """The requests of an input in their order; those come together that were there together.

    A first line that is JSON as far as it goes begins one document over all lines, and an array on its own is an
    array of request lines. ``lines_only``: each line is a request, whatever it looks like (``.jsonl``).
    """
    chunks = iter(chunks)
    begun = next((each for each in chunks if any(each.lines())), None)
    if begun is None:
        return
    begins = "line" if lines_only else _what_begins(begun)
    if begins == "array":
        begun = _with_a_line_below(begun, chunks)
    if begins == "document" or (begins == "array" and _below(begun) is None):
        yield _from_document(_joined(begun, chunks))
    else:
        yield from map(lines_of, chain((begun,), chunks))


def lines_of(chunk: Chunk) -> Iterator[Line]:
    """The requests of a chunk of JSON Lines."""
    return map(_from_line, chunk.lines())


def _what_begins(chunk: Chunk) -> Literal["line", "array", "document"]:
    """What the first line looks like: a request, an array that may be alone, or a document that goes on below."""
    try:
        value = strict_json.parse(next(chunk.lines())[1])
    except JSONError as error:
        return "document" if error.incomplete else "line"
    return "array" if isinstance(value, list) else "line"


def _with_a_line_below(begun: Chunk, chunks: Iterator[Chunk]) -> Chunk:
    while _below(begun) is None and (more := next(chunks, None)):
        begun = _joined(begun, (more,))
    return begun


def _below(chunk: Chunk) -> bytes | None:
    """The second line."""
    return next((line for _, line in islice(chunk.lines(), 1, None)), None)


def _joined(chunk: Chunk, more: Iterable[Chunk]) -> Chunk:
    return Chunk(chunk.start, b"".join((chunk.text, *(each.text for each in more))))


def _from_document(chunk: Chunk) -> Iterator[Line]:
    # A first line cut short must not cost the lines below it their decisions.
    if _is_object(_below(chunk)) and not _is_value(chunk.text):
        return lines_of(chunk)
    number, first = next(chunk.lines())
    return _from_text(number, chunk.text[chunk.text.index(first) :])


def _is_value(text: bytes) -> bool:
    try:
        strict_json.parse(text)
    except JSONError:
        return False
    return True


def _is_object(line: bytes | None) -> bool:
    return line is not None and line.lstrip().startswith(b"{") and _is_value(line)


def _from_text(number: int, text: bytes) -> Iterator[Line]:
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


def _from_line(line: tuple[int, bytes]) -> Line:
    """The request of a numbered line of JSON, or why there is none in it."""
    number, text = line
    try:
        value = strict_json.parse(text)
    except JSONError as error:
        return _unreadable(number, error)
    return _from_value(number, value)


def _from_value(number: int, value: Any) -> Line:
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
    if key is not None and not (isinstance(key, str) and 0 < len(key) <= _LONGEST_KEY and is_storable(key)):
        shape = f"a text of 1 to {_LONGEST_KEY} characters without NUL"
        raise RequestLineError(f"the idempotency_key {quoted(key)} must be {shape}")
    Context.from_dict(line.get("context"))
