"""PostgreSQL connections, and its errors in the store's words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import psycopg

from volrules.errors import StoreError, StoreUnavailable
from volrules.store import schema
from volrules.store.address import PostgreSQLAddress
from volrules.store.transaction import NO_VALUES, Dialect, Row, Values

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

LOCK_SECONDS = 10.0
CONNECT_SECONDS = 10
DIALECT = Dialect(
    now="statement_timestamp()",
    later="statement_timestamp() + make_interval(secs => :{})",
    charges="jsonb_each_text({}.charges)",
    among="= ANY (ARRAY(SELECT jsonb_array_elements_text(CAST({} AS jsonb))))",
    value=r"%(\1)s",
    locks=True,
)
_OUTAGES = ("25006", "53", "57014")
"""SQLSTATEs of a server that takes no writes, lacks disk, memory or connections, or ran out of time."""
# What an outbox holds changes faster than what the planner knows of it: so it is told to walk indexes in their order
# wherever there is one, and a claim costs the same whether ten messages wait or a million.
_PLANS = "; SET enable_sort = off; SET enable_bitmapscan = off"
_SETTINGS = "SET lock_timeout = {}; SET default_transaction_isolation = 'read committed'" + _PLANS
_READ_ONLY = "; SET default_transaction_read_only = on"
_TABLES = "SELECT table_name FROM information_schema.tables WHERE table_schema = ANY (current_schemas(false))"


class NotConnected(psycopg.OperationalError):
    """No connection could be had: nothing was sent."""


def connect(address: PostgreSQLAddress, *, read_only: bool) -> Connection[Row]:
    """A connection in autocommit mode, on a database of this release's schema."""
    connection = psycopg.connect(
        address.url, autocommit=True, connect_timeout=CONNECT_SECONDS, application_name="volrules"
    )
    try:
        settings = _SETTINGS.format(int(LOCK_SECONDS * 1000))
        connection.execute((settings + _READ_ONLY if read_only else settings).encode())
        _require_current(connection, address)
    except BaseException:
        connection.close()
        raise
    return connection


def layout(connection: Connection[Row]) -> tuple[str | None, set[str]]:
    """The schema's version, None without one, and the names of the tables."""
    tables = {str(name) for (name,) in connection.execute(_TABLES)}
    row = connection.execute(schema.READ_VERSION).fetchone() if schema.VERSION_TABLE in tables else None
    return (row[0] if row else None), tables


def _require_current(connection: Connection[Row], address: PostgreSQLAddress) -> None:
    try:
        rows = connection.execute(schema.READ_VERSION).fetchall()
    except psycopg.errors.UndefinedTable:
        rows = []
    if rows == [(schema.REVISION,)]:
        return
    if not schema.is_current(*layout(connection), str(address)):
        raise StoreError(f"`{address}` has no tables yet; run `volrules store init`")


def is_lost(error: BaseException) -> bool:
    """Whether the error means that the connection is gone, and with it the answer."""
    if not isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return False
    state = error.sqlstate
    return state is None or state.startswith(("08", "57P"))


def is_passing(error: BaseException) -> bool:
    """Whether the transaction was undone for another's sake, and may simply be run again."""
    return isinstance(error, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected)


def in_words(error: psycopg.Error, address: PostgreSQLAddress) -> StoreError:
    """The store's error for one of PostgreSQL's; never with the URL's password."""
    if is_lost(error):
        return StoreUnavailable(f"`{address}` does not answer ({_said(error)}); nothing was written, try again later")
    if isinstance(error, psycopg.errors.LockNotAvailable) or is_passing(error):
        return StoreUnavailable(f"`{address}` is busy; nothing was written, try again later")
    if (error.sqlstate or "").startswith(_OUTAGES):
        return StoreUnavailable(f"`{address}`: {_said(error)}; nothing was written, try again later")
    return StoreError(f"`{address}`: {_said(error)}; nothing was written")


def _said(error: psycopg.Error) -> str:
    return error.diag.message_primary or str(error).partition("\n")[0]


class PostgreSQLTransaction:
    """Statements on one connection; see :class:`volrules.store.transaction.Transaction`."""

    _rendered: dict[str, bytes] = {}  # noqa: RUF012

    def __init__(self, connection: Connection[Row]) -> None:
        self._connection = connection

    def rows(self, statement: str, values: Values = NO_VALUES) -> list[Row]:
        return self._execute(statement, values).fetchall()

    def run(self, statement: str, values: Values = NO_VALUES) -> int:
        return self._execute(statement, values).rowcount

    def run_each(self, statement: str, values: Sequence[Values]) -> int:
        if not values:
            return 0
        with self._connection.cursor() as cursor:
            cursor.executemany(self._render(statement), values)
            return cursor.rowcount

    def _execute(self, statement: str, values: Values) -> Cursor[Any]:
        return self._connection.execute(self._render(statement), values)

    def _render(self, statement: str) -> bytes:
        rendered = self._rendered.get(statement)
        if rendered is None:
            rendered = self._rendered[statement] = DIALECT.render(statement).encode()
        return rendered
