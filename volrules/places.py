"""Places in a document: where the validator's errors are, and which comes first."""

from __future__ import annotations

import functools
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from jsonschema_rs import ValidationError

Place = tuple[str | int, ...]


class Chart:
    """Where in a document the errors are.

    The validator's paths leave empty keys out and have numbers for keys of digits, so that one may stand for several.
    """

    def __init__(self, body: Any) -> None:
        self._body = body
        self._untold: dict[tuple[str | None, str], dict[str, list[Place]]] = {}

    def places(self, error: ValidationError) -> list[Place]:
        """Where the error is; of several places that its path may stand for, all that hold what is wrong, once."""
        path = tuple(error.instance_path)
        if self._is_certain(path):
            return [path]
        blurred = "".join(map(_blur, path))
        where = (error.absolute_keyword_location, blurred)
        if where not in self._untold:
            self._untold[where] = _by_content(self._likely[blurred])
        return self._untold[where].pop(_text(error.instance), [])

    def _is_certain(self, path: Place) -> bool:
        value = self._body
        for step in path:
            if isinstance(value, dict) and ("" in value or isinstance(step, int)):
                return False
            value = value[step]
        return not isinstance(value, dict) or "" not in value

    @functools.cached_property
    def _likely(self) -> dict[str, list[tuple[Place, Any]]]:
        """All places with what they hold, by what the validator's path and their own have in common."""
        likely: dict[str, list[tuple[Place, Any]]] = defaultdict(list)
        waiting: list[tuple[Place, str, Any]] = [((), "", self._body)]
        while waiting:
            path, blurred, value = waiting.pop()
            likely[blurred].append((path, value))
            members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            waiting.extend(((*path, step), blurred + _blur(step), each) for step, each in members)
        return likely


def _blur(step: str | int) -> str:
    """The step, so written that a key and what the validator makes of it are the same."""
    return "" if step == "" else f"/{str(step).removeprefix('+').lstrip('0')}"


def _by_content(places: Iterable[tuple[Place, Any]]) -> dict[str, list[Place]]:
    found: dict[str, list[Place]] = defaultdict(list)
    for path, value in places:
        found[_text(value)].append(path)
    return found


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def in_order(places: Iterable[Place], value: Any) -> Iterator[Place]:
    """The places in the order of the document."""
    below: dict[str | int, list[Place]] = defaultdict(list)
    for path in places:
        if path:
            below[path[0]].append(path[1:])
        else:
            yield path
    for step in filter(below.__contains__, value) if isinstance(value, dict) else sorted(below):
        yield from ((step, *rest) for rest in in_order(below[step], value[step]))
