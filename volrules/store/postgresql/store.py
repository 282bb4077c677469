"""The store on PostgreSQL: the contract's methods, and waiting for what others have queued."""

from __future__ import annotations

from volrules.store.address import PostgreSQLAddress
from volrules.store.postgresql.database import PostgreSQLDatabase
from volrules.store.sqlstore import SqlStore


class PostgreSQLStore(SqlStore):
    """See :class:`volrules.store.contract.Store`."""

    def __init__(self, address: PostgreSQLAddress, retention: float, *, read_only: bool) -> None:
        database = PostgreSQLDatabase(address, read_only=read_only)
        super().__init__(database, retention)
        self._notices = database.notices

    def wait(self, seconds: float) -> bool:
        """Wait until a message is due that others have told of; False when none was in so many seconds.

        Listening begins with the first call and does not end with it: what is told between two calls
        is known to the second. Notices may be lost: look for what is due now and then.
        """
        return self._notices.wait(seconds)
