"""How messages quote what people wrote, and guess what they meant."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

_WIDTH = 60
_COMPARED = 2000
_LISTED = 20
_BITS = 1024


def clip(value: Any) -> str:
    """A scalar as JSON would spell it (texts as they are), short, printable, on one line."""
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    short = text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
    return short if short.isprintable() else json.dumps(short)[1:-1]


def quoted(value: Any) -> str:
    """A text, number or truth value in backticks, clipped; anything else is only named, by what it is."""
    if value is None:
        return "`null`"
    if isinstance(value, str | bool | float) or (isinstance(value, int) and value.bit_length() <= _BITS):
        return f"`{clip(value)}`"
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list | tuple):
        return "a list"
    return "a huge number" if isinstance(value, int) else f"a Python {type(value).__name__}"


def described(error: BaseException) -> str:
    """An exception on one line: its class, and what it says where it can."""
    try:
        said = str(error)
    except (Exception, SystemExit):  # noqa: BLE001 - a plugin's exceptions run its code
        said = "it cannot say what it is"
    return " ".join(f"{type(error).__name__}: {said}".split()).removesuffix(":")


def is_well_formed(text: str) -> bool:
    """Whether the text has a UTF-8 form: no half of a surrogate pair stands alone."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_storable(text: str) -> bool:
    """Whether any database can keep the text: it is well-formed, and has no NUL."""
    return is_well_formed(text) and "\0" not in text


def did_you_mean(word: Any, known: Iterable[str]) -> str:
    """How to correct an unknown word: the nearest known one, or where none is near, what there is."""
    import difflib  # lazily: only where a word is unknown

    # Sorted, so that the same words give the same sentence; comparing is slow, so of very many only the first.
    words = sorted(known)[:_COMPARED]
    near = difflib.get_close_matches(str(word)[:_WIDTH], words, n=1)
    if near:
        return f"did you mean `{clip(near[0])}`?"
    listed = ", ".join(f"`{clip(each)}`" for each in words[:_LISTED])
    more = ", …" if len(words) > _LISTED else ""
    return f"known: {listed}{more}" if listed else "there are none to choose from"
