"""What JSON can say: finds the places in a Python value that have no JSON form."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from volrules.wording import clip

DEPTH = 100
_SCALARS = (str, bool, int, float, type(None))


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
        strange = next((key for key in value if not _is_text(key)), None)
        if strange is not None:
            return f"has the key `{clip(strange)}`, which JSON cannot say; use text"
    elif isinstance(value, str):
        return None if _is_text(value) else "has a lone surrogate, which JSON cannot say; send well-formed text"
    elif isinstance(value, float):
        return None if math.isfinite(value) else f"is `{value}`, which JSON cannot say; send a finite number"
    elif not isinstance(value, list):
        return None if isinstance(value, _SCALARS) else f"is a Python {type(value).__name__}; send plain JSON values"
    return None if depth < DEPTH else f"is nested deeper than {DEPTH} levels; flatten it"


def _is_text(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
