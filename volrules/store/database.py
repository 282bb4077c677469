"""What the store needs of a database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

from volrules.errors import StoreError
from volrules.store.transaction import T, Work
from volrules.store.values import Entry, Outcome

if TYPE_CHECKING:
    from sqlalchemy import Connection


class Database(Protocol):
    """Transactions, however the database makes them."""

    def create(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        """Run creates in order, each whole or undone, in as few commits as there is room for; faults are outcomes."""

    def read(self, work: Work[T]) -> T:
        """Run work that only reads."""

    def write(self, work: Work[T], *, makes: bool = False) -> T:
        """Run work in a transaction; ``makes``: it may make the database where there is none."""

    def write_one(self, work: Work[T]) -> T:
        """Run work of one statement, which is a transaction by itself."""

    def look(self, work: Callable[[Connection], T]) -> T:
        """Run reading work of SQLAlchemy's."""

    def tell(self, seconds: float) -> None:
        """Tell waiting relays, where that can be done, that a message is due in so many seconds."""

    def migrate(self) -> None:
        """Bring the schema to this release's."""

    def close(self) -> None:
        """Give all connections back."""
