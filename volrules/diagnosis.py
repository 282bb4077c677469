"""Why a body does not fit its schema: one violation a place, told as a person would."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volrules.jsonvalue import pointer
from volrules.violations import Violation, violation
from volrules.wording import clip, did_you_mean

_UNKNOWN_KEYS = ("additionalProperties", "unevaluatedProperties")


def objections(validator: Any, body: Any) -> Iterator[Violation]:
    """The violations of a body, in document order: at each place the one that matters most."""
    places: dict[tuple[str | int, ...], tuple[str, str]] = {}
    for error in validator.iter_errors(body):
        for path, keyword, message in _told(validator, _meant(error)):
            # A key whose value is wrong has not been evaluated either; that it is known shows in the other error.
            if path not in places or keyword == "type" or places[path][0] in _UNKNOWN_KEYS:
                places[path] = (keyword, message)
    for path in sorted(places, key=lambda path: _position(body, path)):
        keyword, message = places[path]
        yield violation(f"schema.{keyword}", pointer(path), message, kind="ValidationError")


def _meant(error: Any) -> Any:
    """Of an error in branches the branch that was meant: the first, which is the plain one."""
    while error.context:
        error = error.context[0]
    return error


def _told(validator: Any, error: Any) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    path, keyword = tuple(error.absolute_path), str(error.validator)
    if keyword in _UNKNOWN_KEYS:
        known = _declared(error.schema)
        for key in _unknown(validator, error, known):
            yield (*path, key), keyword, f"`{clip(key)}` is no key of {_place(path)}; {did_you_mean(key, known)}"
    elif keyword == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        yield path, keyword, f"{_place(path)} has no `{missing}`; add it"
    else:
        yield path, keyword, f"{_place(path)} is {_shown(error.instance)}, but must be {_expected(error)}"


def _unknown(validator: Any, error: Any, known: set[str]) -> list[str]:
    """The keys that the schema does not declare, and does not know even when they come alone."""
    alone = validator.evolve(schema=error.schema)
    return [
        key
        for key, value in error.instance.items()
        if key not in known
        and any(each.validator == error.validator and not each.path for each in alone.iter_errors({key: value}))
    ]


def _declared(schema: Any) -> set[str]:
    """The keys that the schema of an object, or what plugins joined to it, declares."""
    parts = (schema, *schema.get("allOf", ()))
    return {key for part in parts for key in part.get("properties", ())}


def _expected(error: Any) -> str:
    while error.parent is not None and "description" not in error.schema:
        error = error.parent
    described: str | None = error.schema.get("description")
    return described or f"of {error.validator} {error.validator_value}"


def _place(path: tuple[str | int, ...]) -> str:
    return f"`{clip(path[-1])}`" if path else "the request"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the text `{clip(value)}`" + (f" ({len(value)} characters)" if len(value) > 60 else "")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else f"`{clip(value)}`"


def _position(body: Any, path: tuple[str | int, ...]) -> tuple[int, ...]:
    """Where in the document the place is, as the index among its siblings at each level."""
    position = []
    for step in path:
        if isinstance(body, list):
            position.append(int(step))
            body = body[int(step)]
        else:
            position.append(list(body).index(step))
            body = body[step]
    return tuple(position)
