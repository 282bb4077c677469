"""Policies written as named expressions, one file a language.

Words in capitals stand for what `[words]` says; everything else is the language's own.
"""

from __future__ import annotations

import re
from configparser import ConfigParser
from pathlib import Path
from typing import NamedTuple

_WORD = re.compile(r"\b[A-Z]{4,}\b")


class Policy(NamedTuple):
    """Expressions by name.

    ``shape``: what the body must fulfil before anything else is read. ``resolved``: names for what ``accepted``, which
    holds for a request that breaks no rule, and ``volume``, its fields, speak of. ``names``: the same for ``rules``,
    each of which holds where it is broken, by its violation's code.
    """

    shape: dict[str, str]
    resolved: dict[str, str]
    accepted: dict[str, str]
    volume: dict[str, str]
    names: dict[str, str]
    rules: dict[str, str]


def read(name: str) -> Policy:
    """The policy of that file beside this one."""
    parser = ConfigParser(delimiters=("=",), comment_prefixes=("#",), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read_string((Path(__file__).parent / name).read_text(encoding="utf-8"))
    words = parser["words"]

    def spelled_out(expression: str) -> str:
        return _WORD.sub(lambda word: spelled_out(words[word[0]]) if word[0] in words else word[0], expression)

    sections = (dict(parser[name]) if name in parser else {} for name in Policy._fields)
    return Policy(*({key: spelled_out(each) for key, each in section.items()} for section in sections))
