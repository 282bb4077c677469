"""Creates, one statement for all who wait, on a connection of their own."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg

from volrules.errors import StoreError, StoreUnavailable, StoreUncertain
from volrules.store.address import PostgreSQLAddress
from volrules.store.commits import Commits, Take, Ticket
from volrules.store.postgresql import creating, forks
from volrules.store.postgresql.attempts import attempt
from volrules.store.postgresql.connection import NotConnected, connect, is_lost
from volrules.store.transaction import Row
from volrules.store.values import Entry, Outcome


class Creator:
    """Commits creates; threads that call at the same time share a statement."""

    def __init__(self, address: PostgreSQLAddress) -> None:
        self._address = address
        self._commits: Commits[Entry, Outcome] = Commits(self._commit)
        self._connection: psycopg.Connection[Row] | None = None
        self._inherited: list[object] = []
        forks.watch(self)

    def create(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        """Run creates in order, each whole or undone, in as few statements as there is room for."""
        return [ticket.outcome() for ticket in self._commits.run_all(entries)]

    def close(self) -> None:
        """Close the connection once nobody uses it; it is opened again when it is needed."""
        with self._commits.place:
            self._disconnect()

    def leave_to_parent(self) -> None:
        """In the child of a fork: forget the parent's connection and the threads that wait there."""
        self._inherited.append(self._connection)
        self._connection = None
        self._commits.renew()

    def _commit(self, take: Take[Entry, Outcome]) -> None:
        tickets = take()
        try:
            outcomes = self._created([each.work for each in tickets])
        except StoreError as error:
            if len(tickets) == 1 or isinstance(error, StoreUnavailable | StoreUncertain):
                raise
            self._commit_each(tickets)
        except BaseException as error:
            if not isinstance(error, Exception):
                self._leave_in_doubt(tickets)
            raise
        else:
            for ticket, outcome in zip(tickets, outcomes, strict=True):
                ticket.settle(outcome)

    def _commit_each(self, tickets: Sequence[Ticket[Entry, Outcome]]) -> None:
        # One bad create does not spoil the others.
        for ticket in tickets:
            try:
                ticket.settle(self._created([ticket.work])[0])
            except StoreError as error:
                ticket.fail(error)

    def _leave_in_doubt(self, tickets: Sequence[Ticket[Entry, Outcome]]) -> None:
        self._disconnect()
        for ticket in tickets:
            ticket.fail(StoreUncertain("the writer was interrupted; look whether the volume was written"))

    def _created(self, entries: Sequence[Entry]) -> list[Outcome]:
        tries = iter([creating.create])
        return attempt(lambda: self._try(next(tries, creating.create_again), entries), self._address, writes=True)

    def _try(self, create: creating.Create, entries: Sequence[Entry]) -> list[Outcome]:
        if self._connection is None:
            self._connection = self._connected()
        try:
            return create(self._connection, entries)
        except psycopg.Error as error:
            if is_lost(error):
                self._disconnect()
            raise
        except (ValueError, OverflowError) as error:
            raise StoreError(f"`{self._address}`: {error}; nothing was written") from error

    def _connected(self) -> psycopg.Connection[Row]:
        try:
            return connect(self._address, read_only=False)
        except psycopg.OperationalError as error:
            raise NotConnected(str(error)) from error

    def _disconnect(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
