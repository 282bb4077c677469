"""PostgreSQL as the store's database: each create is one statement, other steps are short transactions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Connection, NullPool, create_engine, exc

from volrules.errors import StoreError, UsageError
from volrules.store import schema
from volrules.store.address import PostgreSQLAddress
from volrules.store.migrations import upgrade
from volrules.store.postgresql.attempts import attempt
from volrules.store.postgresql.connection import CONNECT_SECONDS, PostgreSQLTransaction, in_words, layout
from volrules.store.postgresql.creator import Creator
from volrules.store.postgresql.notices import NOTIFY, Notices
from volrules.store.postgresql.pool import Pool
from volrules.store.transaction import Row, T, Undo, Work
from volrules.store.values import Entry, Outcome

_ONE_MIGRATION_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtextextended('volrules.migrate', 0))"


class PostgreSQLDatabase:
    """The database at ``address``; ``read_only``: the server refuses to write."""

    def __init__(self, address: PostgreSQLAddress, *, read_only: bool) -> None:
        _require_readable(address)
        self.address = address
        self._read_only = read_only
        self.pool = Pool(address, read_only=read_only)
        self._creator = Creator(address)
        self.notices = Notices(address, self._notify)

    def __repr__(self) -> str:
        return f"PostgreSQLDatabase({str(self.address)!r})"

    def create(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        """Run creates in order, each whole or undone, sharing commits with whoever else waits."""
        self._require_writable()
        return self._creator.create(entries)

    def read(self, work: Work[T]) -> T:
        """Run work that only reads; each statement sees what is committed by then."""
        return attempt(partial(self._run, work), self.address, writes=False)

    def write(self, work: Work[T], *, makes: bool = False) -> T:
        """Run work in a transaction; only ``migrate`` makes the database."""
        self._require_writable()
        return attempt(partial(self._write, work), self.address, writes=True)

    def write_one(self, work: Work[T]) -> T:
        """Run work of one statement, which is a transaction by itself: one round trip."""
        self._require_writable()
        return attempt(partial(self._run, work), self.address, writes=True)

    def look(self, work: Callable[[Connection], T]) -> T:
        """Run reading work of SQLAlchemy's."""
        return attempt(partial(self._look, work), self.address, writes=False)

    def migrate(self) -> None:
        """Bring the schema to this release's, in one transaction."""
        self._require_writable()
        engine = create_engine("postgresql+psycopg://", creator=self._connect, poolclass=NullPool)
        try:
            with engine.begin() as core:
                core.exec_driver_sql(_ONE_MIGRATION_AT_A_TIME)
                schema.refuse_others(*layout(driver(core)), str(self.address))
                upgrade(core)
        except psycopg.Error as error:
            raise in_words(error, self.address) from error
        except exc.DBAPIError as error:
            raise in_words(_original(error), self.address) from error

    def close(self) -> None:
        """Close the connections that nobody uses; they are opened again when they are needed."""
        self.notices.close()
        self._creator.close()
        self.pool.close()

    def tell(self, seconds: float) -> None:
        """Tell relays that something is due in so many seconds; one try, as they look now and then by themselves."""
        with suppress(psycopg.Error, StoreError):
            self.notices.tell(seconds)

    def _notify(self, seconds: str) -> None:
        self._run(lambda it: it.rows(NOTIFY, {"seconds": seconds}))

    # -- one attempt at each -------------------------------------------------------------------------------------

    def _run(self, work: Work[T]) -> T:
        with self.pool.lent() as connection:
            return work(PostgreSQLTransaction(connection))

    def _write(self, work: Work[T]) -> T:
        with self.pool.lent() as connection:
            transaction = PostgreSQLTransaction(connection)
            while True:
                try:
                    with connection.transaction():
                        return work(transaction)
                except Undo as undo:
                    outcome: T | None = undo.outcome(transaction)
                    if outcome is not None:
                        return outcome

    def _require_writable(self) -> None:
        if self._read_only:
            raise StoreError(f"`{self.address}` is opened read-only; nothing was written")

    def _look(self, work: Callable[[Connection], T]) -> T:
        try:
            with self.pool.engine.connect() as connection:
                return work(connection)
        except exc.DBAPIError as error:
            raise _original(error) from error

    def _connect(self) -> psycopg.Connection[Row]:
        return psycopg.connect(self.address.url, connect_timeout=CONNECT_SECONDS, application_name="volrules")


def _require_readable(address: PostgreSQLAddress) -> None:
    try:
        conninfo_to_dict(address.url)
    except psycopg.ProgrammingError:
        # Not chained: libpq's words have the URL in them, and that the password.
        raise UsageError(f"`{address}` is no PostgreSQL URL; write `postgresql://user@host/database`") from None


def driver(core: Connection) -> psycopg.Connection[Row]:
    """The connection of psycopg's beneath one of SQLAlchemy's."""
    connection: psycopg.Connection[Row] = core.connection.driver_connection  # type: ignore[assignment]
    return connection


def _original(error: exc.DBAPIError) -> psycopg.Error:
    assert isinstance(error.orig, psycopg.Error)
    return error.orig
