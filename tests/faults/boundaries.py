"""Fault points: a process that kills itself before its n-th statement."""

from __future__ import annotations

import os
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from volrules.store.sqlite import database, reading


@contextmanager
def dying_at(boundary: int) -> Iterator[None]:
    """Die before the n-th statement on SQLite; after the n-th round trip, unheard, on PostgreSQL.

    Where there are fewer, live.
    """
    passed = 0

    def cross() -> None:
        nonlocal passed
        passed += 1
        if passed == boundary:
            os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        _watch_sqlite(patch, cross)
        _watch_postgresql(patch, cross)
        yield


def _watch_sqlite(patch: pytest.MonkeyPatch, cross: Any) -> None:
    for module in (database, reading):
        connect = module.connect

        def connected(*arguments: Any, connect: Any = connect) -> sqlite3.Connection:
            connection: sqlite3.Connection = connect(*arguments)
            connection.set_trace_callback(lambda _: cross())
            return connection

        patch.setattr(module, "connect", connected)


def _watch_postgresql(patch: pytest.MonkeyPatch, cross: Any) -> None:
    wait = psycopg.Connection.wait

    def waited(self: Any, *arguments: Any, **options: Any) -> Any:
        answer = wait(self, *arguments, **options)
        cross()
        return answer

    patch.setattr(psycopg.Connection, "wait", waited)
