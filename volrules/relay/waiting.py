"""Waiting for work without asking for it, where the store tells of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Any, Protocol

from volrules.store.contract import Store

LOOK = 60.0
"""Seconds until an idle relay looks for what it was not told of."""
POLL = 1.0
"""The same where the store tells nothing."""
_SLICE = 1.0
_LONGEST_OUTAGE = 30.0


class Notices(Protocol):
    """What a store that tells of new messages has besides."""

    def wait(self, seconds: float) -> bool:
        """Wait for a notice; False when none came in so many seconds.

        Listening begins with the first call and does not end with it: a notice that comes between two calls
        is told by the second.
        """


class Waiting:
    """The pauses of one relay; any of them ends soon after ``stop`` is set."""

    def __init__(self, store: Callable[[], Store], stop: threading.Event) -> None:
        self._store = store
        self._stop = stop
        self._outage = POLL

    def listen(self) -> None:
        """Begin to listen, before anything is looked for: what comes in between is told afterwards."""
        notices = self._notices()
        if notices is not None:
            notices.wait(0)

    def until(self, due: float | None) -> None:
        """Wait until there may be something to do: a notice, ``due`` on the monotonic clock, the time for a look."""
        self._outage = POLL
        notices = self._notices()
        end = monotonic() + (POLL if notices is None else LOOK)
        end = end if due is None else min(end, due)
        while not self._stop.is_set() and (left := end - monotonic()) > 0:
            if notices is None:
                self._stop.wait(left)
            elif notices.wait(min(left, _SLICE)):
                return

    def out(self) -> None:
        """Wait for the store to come back, longer each time."""
        self._stop.wait(self._outage)
        self._outage = min(self._outage * 2, _LONGEST_OUTAGE)

    def _notices(self) -> Notices | None:
        store: Any = self._store()
        return store if hasattr(store, "wait") else None


class Periodically:
    """Does something when it is called, but no more often than every so many seconds."""

    def __init__(self, seconds: float, act: Callable[[], object]) -> None:
        self._seconds = seconds
        self._act = act
        self._next = 0.0

    def __call__(self) -> None:
        if monotonic() >= self._next:
            self._act()
            self._next = monotonic() + self._seconds
