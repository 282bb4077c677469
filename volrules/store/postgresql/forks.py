"""Forks: in the child nobody says a word on the parent's connections; it opens its own."""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """What has connections."""

    def leave_to_parent(self) -> None:
        """In the child of a fork: forget the connections, but have none collected: that would close them."""


_watched: weakref.WeakSet[Forkable] = weakref.WeakSet()


def watch(connected: Forkable) -> None:
    """Have its connections left to the parent in every child of a fork."""
    _watched.add(connected)


def _after_in_child() -> None:
    for each in [*_watched]:
        each.leave_to_parent()


os.register_at_fork(after_in_child=_after_in_child)
