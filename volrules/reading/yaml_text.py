"""YAML 1.2 as plain values with the line of every key; nothing is constructed and nothing explodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volrules.errors import VolrulesError
from volrules.reading.lines import Lines
from volrules.reading.yaml_scalars import refuse_tag, resolved
from volrules.wording import quoted

MAX_DEPTH = 100
# INVARIANT: what aliases add up to is bounded, so that a small file cannot become a large document.
MAX_ALIASED = 1_000_000

_MERGE = "<<"

# What ruamel.yaml says, by what it contains, and what a person needs to hear.
_REASONS = {
    "'\\t'": "a tab is no indentation; indent with blanks",
    "cannot start any token": "a plain text cannot start with this character; quote the text",
    "mapping values are not allowed": "a second `: ` on one line; quote the text or start a new line",
    "end of stream": "the document ends inside a quoted text; close the quotes",
    "stream end": "the document ends inside a list or an object; close the bracket",
    "expected <block end>": "this line does not fit the indentation above it; line it up with its neighbours",
    "could not find expected ':'": "a key has no value; put `: ` after the key",
    "special characters": "a control character stands in the text; remove it",
}


class YAMLError(VolrulesError):
    """The text is not YAML that volrules reads: correct the line named; ``line`` is 1-based."""

    def __init__(self, reason: str, line: int | None) -> None:
        super().__init__(reason, line)
        self.reason = reason
        self.line = line

    def __str__(self) -> str:
        return self.reason if self.line is None else f"{self.reason} (line {self.line})"


def parse(text: str) -> Lines:
    """The document of a YAML text (its ``root``) and its lines.

    Ordinary anchors, aliases and merge keys (``<<``) work. Raises YAMLError for syntax errors, duplicate and
    non-text keys, tags beyond YAML's own scalars, numbers that are not finite, several documents,
    recursive aliases, and nesting or aliases that would explode.
    """
    from ruamel.yaml import YAML  # lazily: a JSON site does not pay for it
    from ruamel.yaml.error import MarkedYAMLError
    from ruamel.yaml.reader import ReaderError

    try:
        return _Builder(YAML(typ="safe", pure=True).parse(text)).document()
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YAMLError(_reason(str(error.problem)), mark.line + 1 if mark else None) from None
    except ReaderError as error:
        raise YAMLError(_reason(str(error.reason)), text.count("\n", 0, error.position) + 1) from None
    except (ValueError, OverflowError):
        raise YAMLError("an escape names no character; correct the code after the backslash", None) from None


def _reason(said: str) -> str:
    return next((reason for part, reason in _REASONS.items() if part in said), said.replace("\n", " "))


class _Builder:
    """Turns ruamel.yaml's events into plain values; each method takes one node's events."""

    def __init__(self, events: Iterator[Any]) -> None:
        self._events = events
        self._lines = Lines()
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._nodes = 0
        self._aliased = 0
        self._depth = 0
        self._makers = {
            "ScalarEvent": self._scalar,
            "SequenceStartEvent": self._sequence,
            "MappingStartEvent": self._mapping,
            "AliasEvent": self._alias,
        }

    def document(self) -> Lines:
        """The only document of the stream; an empty stream is null."""
        next(self._events)
        if _kind(next(self._events)) == "StreamEndEvent":
            return self._lines
        self._lines.root = self._node(next(self._events))
        next(self._events)
        after = next(self._events)
        if _kind(after) != "StreamEndEvent":
            raise YAMLError("a second document starts here; keep one document per file", _line(after))
        return self._lines

    def _node(self, event: Any) -> Any:
        before = self._nodes
        self._nodes += 1
        try:
            value = self._makers[_kind(event)](event)
        except (ValueError, OverflowError) as error:
            raise YAMLError(str(error), _line(event)) from None
        if _kind(event) != "AliasEvent" and event.anchor is not None:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _alias(self, event: Any) -> Any:
        # An anchor is only known once its node is complete: an alias inside its own anchor finds nothing.
        if event.anchor not in self._anchors:
            problem = f"the alias {quoted('*' + event.anchor)} names no anchor that is complete above it"
            raise YAMLError(f"{problem}; define the anchor first, outside of itself", _line(event))
        value, size = self._anchors[event.anchor]
        self._nodes += size
        self._aliased += size
        if self._aliased > MAX_ALIASED:
            raise YAMLError("the aliases repeat too much; write fewer of them", _line(event))
        return value

    def _scalar(self, event: Any) -> Any:
        return resolved(event.value, event.tag, plain=event.tag is None and event.implicit[0])

    def _sequence(self, event: Any) -> list[Any]:
        refuse_tag(event.tag, "seq")
        values: list[Any] = []
        lines = self._lines.begin(values)
        for each in self._children(event, "SequenceEndEvent"):
            lines[len(values)] = _line(each)
            values.append(self._node(each))
        return values

    def _mapping(self, event: Any) -> dict[str, Any]:
        refuse_tag(event.tag, "map")
        values: dict[str, Any] = {}
        lines = self._lines.begin(values)
        merged: list[tuple[dict[str, Any], int]] = []
        for each in self._children(event, "MappingEndEvent"):
            key, value = self._node(each), self._node(next(self._events))
            if key == _MERGE and each.implicit[0]:
                merged += [(source, _line(each)) for source in _sources(value, _line(each))]
                continue
            _check_key(key, values, _line(each))
            lines[key], values[key] = _line(each), value
        for source, line in merged:
            lines.update(dict.fromkeys(source.keys() - values.keys(), line))
            values.update({key: value for key, value in source.items() if key not in values})
        return values

    def _children(self, parent: Any, end: str) -> Iterator[Any]:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise YAMLError(f"nested deeper than {MAX_DEPTH} levels; flatten the document", _line(parent))
        while _kind(event := next(self._events)) != end:
            yield event
        self._depth -= 1


def _kind(event: Any) -> str:
    return type(event).__name__


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _sources(value: Any, line: int) -> list[dict[str, Any]]:
    """What a merge key merges: one object or a list of them."""
    sources = value if isinstance(value, list) else [value]
    if not all(isinstance(each, dict) for each in sources):
        raise YAMLError("`<<` merges objects only; give it an alias of an object", line)
    return sources


def _check_key(key: Any, values: dict[str, Any], line: int) -> None:
    if not isinstance(key, str):
        raise YAMLError(f"the key {quoted(key)} is not a text; quote it", line)
    if key in values:
        raise YAMLError(f"duplicate key {quoted(key)}; write each key once", line)
