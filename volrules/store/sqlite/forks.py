"""Forks: SQLite's connections must not be carried into a child, so they are closed before and opened again after.

SQLite keeps its locks in the process's memory; a child's copy of that claims locks that the child does not have.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import Any, Protocol

from volrules.store.commits import Commits
from volrules.store.sqlite.reading import SILENT_PLACE, Reader


class Forkable(Protocol):
    """What has connections to close."""

    commits: Commits[Any, Any]
    reader: Reader

    def disconnect(self) -> None:
        """Close all connections; the caller holds the places of whoever might use them."""


_databases: weakref.WeakSet[Forkable] = weakref.WeakSet()
_forking: list[Forkable] = []
_held: list[threading.Lock] = []


def watch(database: Forkable) -> None:
    """Close the database's connections before every fork."""
    _databases.add(database)


def _before() -> None:
    _forking.extend(_databases)
    # INVARIANT: writers' places before readers', the one that silent readers share last, as everywhere.
    places = [each.commits.place for each in _forking] + [each.reader.place for each in _forking]
    for place in sorted(dict.fromkeys(places), key=lambda place: place is SILENT_PLACE):
        place.acquire()
        _held.append(place)
    for database in _forking:
        database.disconnect()


def _after_in_parent() -> None:
    while _held:
        _held.pop().release()
    _forking.clear()


def _after_in_child() -> None:
    for database in _forking:
        database.commits.renew()
    _after_in_parent()


os.register_at_fork(before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child)
