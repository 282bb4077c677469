"""Making an SQLite database, and bringing one to this release's schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from volrules.store import schema
from volrules.store.sqlite.connection import layout, through_core


@contextmanager
def empty() -> Iterator[sqlite3.Connection]:
    """A database in memory with nothing in it, to be read in place of a file that is not there."""
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    with closing(connection):
        make(connection)
        yield connection


def make(connection: sqlite3.Connection) -> None:
    """Lay out an empty database in one transaction, without Alembic, which is slow to import."""
    from sqlalchemy.dialects import sqlite

    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("BEGIN IMMEDIATE")
    for statement in schema.statements(sqlite.dialect()):
        connection.execute(statement)
    connection.execute("COMMIT")


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the database at ``path`` to this release's schema, in one transaction."""
    from volrules.store.migrations import upgrade

    schema.refuse_others(*layout(connection), str(path))
    connection.execute("PRAGMA journal_mode = WAL")
    with through_core(connection) as core, core.begin():
        core.exec_driver_sql("BEGIN IMMEDIATE")
        upgrade(core)
