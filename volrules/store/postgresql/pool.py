"""The pool: connections kept, lent, given up when they are lost, and left alone in a fork's child."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import create_engine, exc

from volrules.errors import StoreUnavailable
from volrules.store.address import PostgreSQLAddress
from volrules.store.postgresql import forks
from volrules.store.postgresql.connection import NotConnected, connect, is_lost
from volrules.store.transaction import Row

KEPT = 16
WAIT_SECONDS = 10.0


class Pool:
    """Connections to one database, in autocommit mode; safe to share between threads and across a fork."""

    def __init__(self, address: PostgreSQLAddress, *, read_only: bool) -> None:
        self.address = address
        self.engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(address, read_only=read_only),
            pool_size=KEPT,
            max_overflow=0,
            pool_timeout=WAIT_SECONDS,
            pool_reset_on_return=None,
            pool_use_lifo=True,
            use_native_hstore=False,
        )
        self._inherited: list[object] = []
        forks.watch(self)

    @contextmanager
    def lent(self) -> Iterator[psycopg.Connection[Row]]:
        """A connection for the moment. Raises NotConnected when none can be had."""
        try:
            lent = self.engine.raw_connection()
        except exc.TimeoutError as error:
            raise StoreUnavailable(f"`{self.address}`: no connection is free; nothing was written") from error
        except psycopg.OperationalError as error:
            raise NotConnected(str(error)) from error
        connection: Any = lent.driver_connection
        try:
            yield connection
        except psycopg.Error as error:
            if is_lost(error):
                lent.invalidate()
                self.close()  # the others will hardly have fared better
            raise
        finally:
            lent.close()

    def close(self) -> None:
        """Close the connections that nobody uses; others are opened when they are needed."""
        self.engine.dispose()

    def leave_to_parent(self) -> None:
        """In the child of a fork: forget the parent's connections without a word to the server."""
        self._inherited.append(self.engine.pool)
        self.engine.dispose(close=False)
