"""An SQLite file as the store's database: one writer at a time, readers beside it."""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from volrules.errors import StoreError
from volrules.store import creating, schema
from volrules.store.commits import Commits, Take, Ticket
from volrules.store.sqlite.connection import SQLiteTransaction, connect, is_current, plainly
from volrules.store.sqlite.lock import WriterLock
from volrules.store.sqlite.reading import Reader, SilentReader
from volrules.store.sqlite.writing import write
from volrules.store.transaction import Nothing, T, Work
from volrules.store.values import Entry, Outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection


class SQLiteDatabase:
    """The file at ``path``, made by the first work that may make it.

    ``read_only``: refuse to write, and change no byte; ``create``: a file that is not there may be made.
    """

    def __init__(self, path: Path, *, read_only: bool, create: bool) -> None:
        self.path = path
        self._read_only = read_only
        self._create = create
        self._makes = False
        self._lock = WriterLock(path)
        self._reader = SilentReader(path) if read_only else Reader(path)
        self._commits: Commits[Work[Any], Any] = Commits(self._write)
        self._writer: sqlite3.Connection | None = None
        _open_databases.add(self)

    def __repr__(self) -> str:
        return f"SQLiteDatabase({str(self.path)!r})"

    # -- transactions --------------------------------------------------------------------------------------------

    def read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        with plainly(self.path), self._reader.lent() as connection:
            return work(Nothing() if connection is None else SQLiteTransaction(connection))

    def write(self, work: Work[T], *, makes: bool = False) -> T:
        """Run work in a transaction of its own or one shared; ``makes``: it may make the database."""
        (ticket,) = self.write_all([work], makes=makes)
        return ticket.result()

    def write_all(self, works: Sequence[Work[T]], *, makes: bool = False) -> list[Ticket[Work[Any], T]]:
        """Run several pieces of work, in order, in as few transactions as there is room for."""
        if self._read_only:
            raise StoreError(f"`{self.path}` is opened read-only; nothing was written")
        if makes and not self._makes:
            self._makes = self._create or self._is_there()
        return self._commits.run_all(works)

    def _write(self, take: Take[Work[Any], Any]) -> None:
        with plainly(self.path):
            if self._writer is None and not self._makes and not self.path.exists():
                _find_nothing(take())
                return
            with self._lock.held():
                self._writer = self._writer or self._opened()
                if self._writer is None:
                    _find_nothing(take())
                else:
                    write(self._writer, self.path, take())

    @contextmanager
    def core(self) -> Iterator[Connection]:
        """A connection of SQLAlchemy's, for reading."""
        from sqlalchemy import StaticPool, create_engine

        with plainly(self.path), self._reader.lent() as connection:
            lent = connection or _empty_database()
            engine = create_engine("sqlite://", creator=lambda: lent, poolclass=StaticPool)
            with engine.connect() as core:
                yield core

    def create(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Run creates in order, each whole or undone, sharing commits with whoever else writes."""
        works = [partial(creating.create, entry=entry) for entry in entries]
        return [ticket.result() for ticket in self.write_all(works, makes=True)]

    # -- the file ------------------------------------------------------------------------------------------------

    def _is_there(self) -> bool:
        with plainly(self.path), self._reader.lent() as connection:
            if connection is None:
                raise StoreError(f"there is no store `{self.path}`; run `volrules store init`")
        return True

    def _opened(self) -> sqlite3.Connection | None:
        connection = connect(self.path, "mode=rwc" if self._makes else "mode=rw")
        try:
            is_usable = is_current(connection, self.path)
            if self._makes and not is_usable:
                make(connection)
                is_usable = True
        except BaseException:
            connection.close()
            raise
        if is_usable:
            return connection
        connection.close()
        return None

    def migrate(self) -> None:
        """Make the file, or bring it to this release's schema."""
        from volrules.store.migrations import upgrade

        with plainly(self.path), self._commits.place, self._lock.held():
            connection = connect(self.path, "mode=rwc")
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                upgrade(over(connection), str(self.path))
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections once nobody uses them; they are opened again when they are needed."""
        with self._commits.place, self._reader.place:
            self._close()

    def _close(self) -> None:
        self._reader.close()
        if self._writer is not None:
            with self._lock.held():
                self._writer.close()
                self._writer = None
        self._lock.close()

    # -- forks ---------------------------------------------------------------------------------------------------

    def before_fork(self) -> None:
        """Let transactions end and close all connections: SQLite's must not be carried into a child."""
        self._commits.place.acquire()
        self._reader.place.acquire()
        self._close()

    def after_fork(self, *, in_child: bool) -> None:
        """Go on; in the child without the threads that wait in the parent."""
        self._reader.place.release()
        self._commits.place.release()
        if in_child:
            self._commits.renew()


def _find_nothing(jobs: Sequence[Ticket[Work[Any], Any]]) -> None:
    for job in jobs:
        try:
            job.settle(job.work(Nothing()))
        except Exception as error:  # noqa: BLE001  # told to whoever waits for it
            job.fail(error)


def make(connection: sqlite3.Connection) -> None:
    """Lay out an empty database, all of it in one transaction."""
    from sqlalchemy.dialects import sqlite

    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in schema.statements(sqlite.dialect()):
        connection.execute(statement)
    connection.execute("COMMIT")


def _empty_database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:", check_same_thread=False)
    make(connection)
    return connection


_open_databases: weakref.WeakSet[SQLiteDatabase] = weakref.WeakSet()
_forking: list[SQLiteDatabase] = []


def _before_fork() -> None:
    _forking.extend(_open_databases)
    for database in _forking:
        database.before_fork()


def _after_fork(*, in_child: bool) -> None:
    while _forking:
        _forking.pop().after_fork(in_child=in_child)


os.register_at_fork(
    before=_before_fork,
    after_in_parent=lambda: _after_fork(in_child=False),
    after_in_child=lambda: _after_fork(in_child=True),
)
