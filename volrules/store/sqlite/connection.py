"""SQLite connections, and its errors in the store's words."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from volrules.errors import StoreError, StoreUnavailable
from volrules.store import schema
from volrules.store.transaction import NO_VALUES, Dialect, Row, Values

if TYPE_CHECKING:
    from sqlalchemy import Connection

BUSY_SECONDS = 10.0
UTC_TEXT = "strftime('%Y-%m-%d %H:%M:%f', 'now'{})"
DIALECT = Dialect(
    now=UTC_TEXT.format(""),
    later=UTC_TEXT.format(", :{} || ' seconds'"),
    charges="json_each({}.charges)",
    among="IN (SELECT value FROM json_each({}))",
    value=r":\1",
    locks=False,
)
_READ_TABLES = "SELECT name FROM sqlite_master WHERE type = 'table'"
_OUTAGES = {
    "BUSY": "`{}` is in use by another program that writes to it",
    "LOCKED": "`{}` is in use by another program that writes to it",
    "FULL": "the disk of `{}` is full",
    "READONLY": "`{}` or its folder is read-only",
    "CANTOPEN": "`{}` cannot be opened",
    "PERM": "`{}` cannot be opened",
    "IOERR": "the disk of `{}` does not answer as it should",
}


def connect(database: Path, options: str) -> sqlite3.Connection:
    """A connection in autocommit mode; ``options``: of SQLite's URI (``mode=rw``)."""
    connection = sqlite3.connect(
        f"{database.absolute().as_uri()}?{options}",
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
        uri=True,
    )
    try:
        connection.execute("PRAGMA synchronous = FULL")
    except BaseException:
        connection.close()
        raise
    return connection


def layout(connection: sqlite3.Connection) -> tuple[str | None, set[str]]:
    """The schema's version, None without one, and the names of the tables."""
    tables = {name for (name,) in connection.execute(_READ_TABLES)}
    rows = connection.execute(schema.READ_VERSION).fetchone() if schema.VERSION_TABLE in tables else None
    return (rows[0] if rows else None), tables


def is_current(connection: sqlite3.Connection, database: Path) -> bool:
    """Whether the file has this release's schema; False when it is empty. StoreError when it is anything else."""
    return schema.is_current(*layout(connection), str(database))


@contextmanager
def through_core(connection: sqlite3.Connection) -> Iterator[Connection]:
    """The same connection as SQLAlchemy's."""
    from sqlalchemy import StaticPool, create_engine

    with create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool).connect() as core:
        yield core


@contextmanager
def plainly(database: Path) -> Iterator[None]:
    """Say what SQLite's errors and the file system's mean; by then nothing has been written."""
    try:
        yield
    except (sqlite3.DatabaseError, OSError) as error:
        raise in_words(error, database) from error


def in_words(error: Exception, database: Path) -> StoreError:
    """The store's error for one of SQLite's, of the file system's, or for a value that SQLite does not take."""
    if isinstance(error, OSError):
        return StoreUnavailable(
            f"`{database}` cannot be locked: {error.strerror}; nothing was written, try again later"
        )
    name = getattr(error, "sqlite_errorname", "").removeprefix("SQLITE_")
    for kind, sentence in _OUTAGES.items():
        if name.startswith(kind):
            return StoreUnavailable(f"{sentence.format(database)}; nothing was written, try again later")
    if name.startswith(("NOTADB", "CORRUPT")):
        return StoreError(f"`{database}` is no SQLite database, or a damaged one ({error}); name another file")
    return StoreError(f"`{database}`: {error}; nothing was written")


class SQLiteTransaction:
    """Statements on one connection; see :class:`volrules.store.transaction.Transaction`."""

    _rendered: dict[str, str] = {}  # noqa: RUF012

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def rows(self, statement: str, values: Values = NO_VALUES) -> list[Row]:
        return self.connection.execute(self._render(statement), values).fetchall()

    def run(self, statement: str, values: Values = NO_VALUES) -> int:
        return self.connection.execute(self._render(statement), values).rowcount

    def run_each(self, statement: str, values: Sequence[Values]) -> int:
        return self.connection.executemany(self._render(statement), values).rowcount if values else 0

    def _render(self, statement: str) -> str:
        rendered = self._rendered.get(statement)
        if rendered is None:
            rendered = self._rendered[statement] = DIALECT.render(statement)
        return rendered
