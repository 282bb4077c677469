"""Notices of messages that are due: LISTEN and NOTIFY, so that an idle relay asks for nothing.

A notice says in how many seconds something is due. It is sent after the commit, on a connection of its own: NOTIFY
within a create's transaction would make all commits wait for one another. One that is lost costs a delay, no message.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush

import psycopg

from volrules.store.address import PostgreSQLAddress
from volrules.store.postgresql import forks
from volrules.store.postgresql.attempts import attempt
from volrules.store.postgresql.connection import connect
from volrules.store.transaction import Row

TICK = 0.02
"""Notices of what is due within the same so many seconds are one."""

LISTEN = "LISTEN volrules_messages"
NOTIFY = "SELECT pg_notify('volrules_messages', :seconds)"


class Notices:
    """What a store tells relays, and hears for its own; safe to share between threads."""

    def __init__(self, address: PostgreSQLAddress, notify: Callable[[str], object]) -> None:
        self._address = address
        self._notify = notify
        self._told = 0.0
        self._due: list[float] = []
        self._connection: psycopg.Connection[Row] | None = None
        self._inherited: list[object] = []
        self._place = threading.Lock()
        forks.watch(self)

    def tell(self, seconds: float) -> None:
        """Tell all relays that something is due in so many seconds, unless they have just been told that."""
        # INVARIANT: rounded up. Relays look when the tick is over, and all that was told with it is committed by then.
        due = math.ceil((time.monotonic() + seconds) / TICK) * TICK
        if due != self._told:
            self._told = due
            self._notify(f"{due - time.monotonic():.3f}")

    def wait(self, seconds: float) -> bool:
        """Wait until something is due that was told; False when nothing was in so many seconds.

        Listening begins with the first call and goes on between calls. Raises StoreUnavailable.
        """
        end = time.monotonic() + seconds
        with self._place:
            self._hear(0.0)
            while (left := min([end, *self._due[:1]]) - time.monotonic()) > 0:
                self._hear(left)
            return self._are_due()

    def close(self) -> None:
        """Stop listening."""
        with self._place:
            self._disconnect()

    def leave_to_parent(self) -> None:
        """In the child of a fork: listen anew."""
        self._inherited.append(self._connection)
        self._connection = None
        self._place = threading.Lock()

    def _hear(self, seconds: float) -> None:
        attempt(lambda: self._listen(seconds), self._address, writes=False)

    def _listen(self, seconds: float) -> None:
        try:
            if self._connection is None:
                self._connection = connect(self._address, read_only=False)
                self._connection.execute(LISTEN)
            for notice in self._connection.notifies(timeout=seconds, stop_after=1):
                heappush(self._due, time.monotonic() + float(notice.payload))
        except psycopg.Error:
            self._disconnect()
            raise

    def _are_due(self) -> bool:
        before = len(self._due)
        while self._due and self._due[0] <= time.monotonic():
            heappop(self._due)
        return len(self._due) < before

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
