"""What JSON can say: finds the places in a Python value that have no JSON form."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from volrules.wording import is_well_formed

DEPTH = 100
# What Python turns into text and back without being asked to allow more.
_LARGEST = 10**4300


def pointer(path: tuple[str | int, ...]) -> str:
    """A JSON Pointer (RFC 6901) to the place."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def faults(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The places (path, reason) that no JSON text could have said; nothing is followed beyond ``DEPTH`` levels."""
    waiting: list[tuple[tuple[str | int, ...], Any]] = [((), value)]
    while waiting:
        path, each = waiting.pop()
        reason = _reason(each, len(path))
        if reason is not None:
            yield path, reason
        elif isinstance(each, dict):
            waiting.extend(((*path, key), member) for key, member in reversed(each.items()))
        elif isinstance(each, list):
            waiting.extend(((*path, index), member) for index, member in reversed(list(enumerate(each))))


def _reason(value: Any, depth: int) -> str | None:
    if isinstance(value, dict):
        strange = [key for key in value if type(key) is not str or not is_well_formed(key)]
        if strange:
            return "has a key that JSON cannot say; use well-formed text"
    elif isinstance(value, str):
        return None if is_well_formed(value) else "has a lone surrogate, which JSON cannot say; send well-formed text"
    elif isinstance(value, float):
        return None if math.isfinite(value) else f"is `{value}`, which JSON cannot say; send a finite number"
    elif isinstance(value, int):
        return None if -_LARGEST < value < _LARGEST else "is a number of too many digits; send a smaller one"
    elif not isinstance(value, list):
        return None if value is None else f"is a Python {type(value).__name__}; send plain JSON values"
    return None if depth < DEPTH else f"is nested deeper than {DEPTH} levels; flatten it"
