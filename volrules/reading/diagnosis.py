"""Why a document does not fit its Cerberus schema: a sentence a place, in the document's order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from volrules.errors import Problem
from volrules.reading.lines import LineOf, nowhere
from volrules.wording import did_you_mean, quoted

Path = tuple[Any, ...]


class Finding(NamedTuple):
    """One thing wrong: ``path`` is the keys and indexes that lead there."""

    path: Path
    message: str


# What is expected, and how to write it.
_TYPES = {
    "string": ("a text", "write a text in quotes"),
    "integer": ("a whole number", "write digits only"),
    "number": ("a number", "write one such as `10` or `0.5`"),
    "float": ("a number", "write one such as `10` or `0.5`"),
    "boolean": ("true or false", "write `true` or `false`"),
    "dict": ("an object", "write `key: value` lines below it"),
    "list": ("a list", "write a list such as `[one, two]`"),
}


def _type_error(error: Any) -> str:
    kinds = [error.constraint] if isinstance(error.constraint, str) else list(error.constraint)
    expected = " or ".join(_TYPES.get(kind, (str(kind), ""))[0] for kind in kinds)
    advice = _TYPES.get(kinds[0], ("", "correct it"))[1]
    return f"{quoted(error.value)} is not {expected}; {advice}"


def _choice_error(error: Any) -> str:
    return f"{quoted(error.value)} is none of the choices; {did_you_mean(error.value, map(str, error.constraint))}"


# By Cerberus's error code.
_SENTENCES: dict[int, Callable[[Any], str]] = {
    0x00: lambda error: str(error.info[0]),
    0x02: lambda error: f"the key {quoted(error.document_path[-1])} is missing; add it",
    0x22: lambda error: "an empty value says nothing; fill it in or leave the key out",
    0x23: lambda error: "`null` is no value here; fill it in or leave the key out",
    0x24: _type_error,
    0x27: lambda error: f"{quoted(error.value)} is too short; write {error.constraint} or more",
    0x28: lambda error: f"{quoted(error.value)} is too long; write {error.constraint} at most",
    0x41: lambda error: f"{quoted(error.value)} does not match {quoted(error.constraint)}; correct it",
    0x42: lambda error: f"{quoted(error.value)} is too small; write {error.constraint} or more",
    0x43: lambda error: f"{quoted(error.value)} is too large; write {error.constraint} or less",
    0x44: _choice_error,
    0x46: lambda error: f"{quoted(error.value)} is not allowed here; write another value",
}
_UNKNOWN_FIELD = 0x03


def findings(validator: Any, base: Path = ()) -> list[Finding]:
    """What a Cerberus validator has just found, each below the path ``base``."""
    schema = {"schema": dict(validator.schema)}
    found = (_told(error, schema) for error in _leaves(validator._errors))
    return [Finding((*base, *path), message) for path, message in found]


def problems(found: Iterable[Finding], document: Any, line_of: LineOf = nowhere) -> list[Problem]:
    """The findings as problems, each once, in the order of the document."""
    ordered = sorted(dict.fromkeys(found), key=lambda each: _position(document, each.path))
    return [Problem(".".join(map(str, path)), message, _line(path, line_of)) for path, message in ordered]


def _leaves(errors: Iterable[Any]) -> Iterator[Any]:
    for error in errors:
        if error.is_group_error and not error.is_logic_error:
            yield from _leaves(error.child_errors)
        else:
            yield error


def _told(error: Any, schema: Mapping[str, Any]) -> tuple[Path, str]:
    path = error.document_path
    if error.code == _UNKNOWN_FIELD:
        return path, f"unknown key {quoted(path[-1])}; {did_you_mean(path[-1], _known_keys(schema, path[:-1]))}"
    return path, _SENTENCES.get(error.code, _in_cerberus_words)(error)


def _known_keys(rules: Mapping[str, Any], path: Path) -> Iterable[str]:
    """The keys that the rules at a path of the document know."""
    for step in path:
        below = _mapping(rules, "schema")
        rules = below.get(step) or _mapping(rules, "valuesrules") or below
    return [str(key) for key in _mapping(rules, "schema")]


def _mapping(rules: Mapping[str, Any], rule: str) -> Mapping[str, Any]:
    """A rule that holds rules; Cerberus also allows the name of a registered schema there."""
    held = rules.get(rule)
    return held if isinstance(held, Mapping) else {}


def _in_cerberus_words(error: Any) -> str:
    from cerberus.errors import BasicErrorHandler  # lazily: only for a diagnosis

    said = BasicErrorHandler.messages.get(error.code, "does not fit the schema")
    info = error.info if isinstance(error.info, tuple) else (error.info,)
    told = said.format(*info, constraint=error.constraint, field=error.field, value=quoted(error.value))
    return f"{told[:1].lower()}{told[1:200]}; correct it"


def _position(document: Any, path: Path) -> tuple[int, ...]:
    """Where in the document a path is: sorts what is missing behind its neighbours."""
    position = []
    for step in path:
        if isinstance(document, dict) and step in document:
            position.append(list(document).index(step))
            document = document[step]
        elif isinstance(document, list) and isinstance(step, int) and step < len(document):
            position.append(step)
            document = document[step]
        else:
            position.append(len(document) if isinstance(document, dict | list) else 0)
            break
    return tuple(position)


def _line(path: Path, line_of: LineOf) -> int | None:
    """The line of the place, or of the nearest one around it that is there."""
    lines = (line_of(path[:length]) for length in range(len(path), 0, -1))
    return next((line for line in lines if line is not None), None)
