"""An SQLite file as the store's database: one writer at a time, readers beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from volrules.errors import StoreError
from volrules.store import creating
from volrules.store.commits import Commits, Take, Ticket
from volrules.store.sqlite import forks
from volrules.store.sqlite.connection import (
    SQLiteTransaction,
    connect,
    in_words,
    is_current,
    plainly,
    through_core,
)
from volrules.store.sqlite.lock import WriterLock
from volrules.store.sqlite.making import empty, make, migrate
from volrules.store.sqlite.reading import Reader, SilentReader, silent_readers_aside
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
        self.path = path.absolute()
        self._read_only = read_only
        self._create = create
        self._makes = False
        self._lock = WriterLock(self.path)
        self.reader = SilentReader(self.path) if read_only else Reader(self.path)
        self.commits: Commits[Work[Any], Any] = Commits(self._write)
        self._writer: sqlite3.Connection | None = None
        forks.watch(self)

    def __repr__(self) -> str:
        return f"SQLiteDatabase({str(self.path)!r})"

    # -- transactions --------------------------------------------------------------------------------------------

    def read(self, work: Work[T]) -> T:
        """Run work that only reads."""
        with plainly(self.path), self.reader.lent() as connection:
            return work(Nothing() if connection is None else SQLiteTransaction(connection))

    def write(self, work: Work[T], *, makes: bool = False) -> T:
        """Run work in a transaction of its own or one shared; ``makes``: it may make the database."""
        (ticket,) = self.write_all([work], makes=makes)
        return ticket.result()

    def write_one(self, work: Work[T]) -> T:
        """Run work of one statement."""
        return self.write(work)

    def write_all(self, works: Sequence[Work[T]], *, makes: bool = False) -> list[Ticket[Work[Any], T]]:
        """Run several pieces of work, in order, in as few transactions as there is room for."""
        self._require_writable()
        if makes and not self._makes:
            self._makes = self._create or self._is_there()
        return self.commits.run_all(works)

    def _write(self, take: Take[Work[Any], Any]) -> None:
        try:
            if self._writer is None:
                self._writer = self._opened()
            if self._writer is None:
                # INVARIANT: who may make the file says so before waiting in line; of those taken now that is known.
                jobs = take()
                self._writer = self._opened()
                if self._writer is None:
                    _find_nothing(jobs)
                    return
            with self._lock:
                write(self._writer, self.path, take())
        except (sqlite3.DatabaseError, OSError) as error:
            raise in_words(error, self.path) from error

    def look(self, work: Callable[[Connection], T]) -> T:
        """Run reading work of SQLAlchemy's."""
        with (
            plainly(self.path),
            self.reader.lent() as connection,
            empty() if connection is None else nullcontext(connection) as readable,
            through_core(readable) as core,
        ):
            return work(core)

    def create(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        """Run creates in order, each whole or undone, sharing commits with whoever else writes."""
        works = [partial(creating.create, entry=entry) for entry in entries]
        return [ticket.outcome() for ticket in self.write_all(works, makes=True)]

    def tell(self, seconds: float) -> None:
        """Nobody can be told: relays look by themselves."""

    # -- the file ------------------------------------------------------------------------------------------------

    def _require_writable(self) -> None:
        if self._read_only:
            raise StoreError(f"`{self.path}` is opened read-only; nothing was written")

    def _is_there(self) -> bool:
        with plainly(self.path), self.reader.lent() as connection:
            if connection is None:
                raise StoreError(f"there is no store `{self.path}`; run `volrules store init`")
        return True

    def _opened(self) -> sqlite3.Connection | None:
        if not self._makes and not self.path.exists():
            return None
        with silent_readers_aside(self.path), self._lock:
            connection = connect(self.path, "mode=rwc" if self._makes else "mode=rw")
            if self._is_usable(connection):
                return connection
        connection.close()
        return None

    def _is_usable(self, connection: sqlite3.Connection) -> bool:
        try:
            if self._makes and not is_current(connection, self.path):
                make(connection)
            return is_current(connection, self.path)
        except BaseException:
            connection.close()
            raise

    def migrate(self) -> None:
        """Make the file, or bring it to this release's schema, in one transaction."""
        self._require_writable()
        with plainly(self.path), self.commits.place, silent_readers_aside(self.path), self._lock:
            connection = connect(self.path, "mode=rwc")
            try:
                migrate(connection, self.path)
            finally:
                connection.close()

    def close(self) -> None:
        """Close all connections once nobody uses them; they are opened again when they are needed."""
        with self.commits.place, self.reader.place:
            self.disconnect()

    def disconnect(self) -> None:
        """Close all connections; the caller holds the places of whoever might use them."""
        self.reader.close()
        if self._writer is not None:
            with suppress(TimeoutError):  # who only leaves need not wait for ever
                self._lock.acquire()
            self._writer.close()
            self._writer = None
            self._lock.release()
        self._lock.close()


def _find_nothing(jobs: Sequence[Ticket[Work[Any], Any]]) -> None:
    for job in jobs:
        try:
            job.settle(job.work(Nothing()))
        except Exception as error:  # noqa: BLE001  # told to whoever waits for it
            job.fail(error)
