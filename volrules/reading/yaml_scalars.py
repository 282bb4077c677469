"""Scalars of YAML 1.2: the core schema, in its order; what matches nothing is text, dates and ``no`` included."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

from volrules.wording import quoted

_TAG = "tag:yaml.org,2002:"
_HALVES = re.compile("[\ud800-\udfff]")
_CORE: tuple[tuple[str, re.Pattern[str], Callable[[str], Any]], ...] = (
    ("null", re.compile(r"~|null|Null|NULL|"), lambda text: None),
    ("bool", re.compile(r"true|True|TRUE|false|False|FALSE"), lambda text: text[0] in "tT"),
    ("int", re.compile(r"[-+]?[0-9]+"), int),
    ("int", re.compile(r"0o[0-7]+"), lambda text: int(text[2:], 8)),
    ("int", re.compile(r"0x[0-9a-fA-F]+"), lambda text: int(text, 16)),
    ("float", re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
    ("float", re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"), lambda text: math.nan),
)


def resolved(text: str, tag: str | None, plain: bool) -> Any:
    """A scalar's value: None, bool, int, float or str.

    ``plain``: written without quotes and without a tag. Raises ValueError with the reason.
    """
    text = _joined(text)
    if tag in (None, "!", f"{_TAG}str") and not plain:
        return text
    name = (tag or "").removeprefix(_TAG)
    for kind, pattern, convert in _CORE:
        if name in ("", kind) and pattern.fullmatch(text):
            return _finite(text, convert)
    if name:
        raise ValueError(f"{quoted(text)} cannot be read with the tag {quoted('!!' + name)}; leave the tag out")
    return text


def refuse_tag(tag: str | None, kind: str) -> None:
    """Raise ValueError unless a list's or an object's tag says no more than that."""
    if tag not in (None, "!", f"{_TAG}{kind}"):
        raise ValueError(f"the tag {quoted(tag.replace(_TAG, '!!'))} is not for this document; leave it out")


def _joined(text: str) -> str:
    """The text with its escaped surrogate pairs joined."""
    if text.isascii() or not _HALVES.search(text):
        return text
    try:
        return text.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise ValueError("half of a surrogate pair is no character; write the character itself") from None


def _finite(text: str, convert: Callable[[str], Any]) -> Any:
    try:
        value = convert(text)
    except ValueError:
        raise ValueError(f"the number {quoted(text)} has too many digits; write a smaller one") from None
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{quoted(text)} is no finite number; write a number or quote the text")
    return value
