"""Opening the store that a URL names."""

from __future__ import annotations

from volrules.errors import StoreError
from volrules.store.address import SQLiteAddress, parse
from volrules.store.contract import Store
from volrules.store.sqlstore import SqlStore


def open_store(url: str, *, read_only: bool = False, create: bool = False, retention: float) -> Store:
    """The store at a URL; opens connections when they are needed.

    ``read_only``: writes are refused, and not a byte of any file changes.
    ``create``: an SQLite file that is not there is made by the first create or import; until then, and without this,
    the store reads as empty. PostgreSQL is laid out by :meth:`Store.migrate` alone.
    ``retention``: seconds that idempotency keys and settled messages are kept.
    Raises UsageError for what is no store URL, and StoreError when psycopg is not installed.
    """
    address = parse(url)
    if isinstance(address, SQLiteAddress):
        from volrules.store.sqlite.database import SQLiteDatabase

        return SqlStore(SQLiteDatabase(address.path, read_only=read_only, create=create), retention)
    try:
        import psycopg  # noqa: F401
    except ImportError as error:
        raise StoreError("a PostgreSQL store needs psycopg; install `volrules[postgresql]`") from error
    from volrules.store.postgresql.store import PostgreSQLStore

    return PostgreSQLStore(address, retention, read_only=read_only)
