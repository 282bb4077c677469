"""Exit codes: published, the same for every format."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import Final


class Exit(IntEnum):
    """What the process says to the shell."""

    ACCEPTED = 0
    FAULT = 1
    USAGE = 2
    REJECTED = 3
    UNREADABLE = 4
    CONFIGURATION = 5
    NOTHING = 6
    RETRY = 7


INTERRUPTED: Final = 130
"""The shell's convention for Ctrl-C."""
PIPE_CLOSED: Final = 141
"""The shell's convention for a reader that went away."""

_GRAVEST_FIRST = (Exit.FAULT, Exit.RETRY, Exit.UNREADABLE, Exit.REJECTED)


def gravest(exits: Iterable[Exit]) -> Exit:
    """The one code for several outcomes."""
    seen = set(exits)
    return next((each for each in _GRAVEST_FIRST if each in seen), Exit.ACCEPTED)
