"""What the statements of this package are written against: one transaction of either database.

Statements are SQL that both databases read. Values are named, ``:volume_id``. What the databases say differently
is in braces: ``{now}``, ``{now + :seconds}``, ``{charges of v}``, ``{among :ids}``, ``{for update}``,
``{lock table …}``; see :class:`Dialect`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Values = Mapping[str, Any]
Row = tuple[Any, ...]
NO_VALUES: Values = {}
_LOCK = re.compile(r"\{((?:for update|lock table)[^}]*)\}")
_CHARGES = re.compile(r"\{charges of (\w+)\}")
_AMONG = re.compile(r"\{among (:\w+)\}")
_NOW = re.compile(r"\{now(?: \+ :(\w+))?\}")


class Transaction(Protocol):
    """Statements that are committed together or not at all."""

    def rows(self, statement: str, values: Values = NO_VALUES) -> list[Row]:
        """Run a statement that answers with rows."""

    def run(self, statement: str, values: Values = NO_VALUES) -> int:
        """Run a statement; how many rows it wrote."""

    def run_each(self, statement: str, values: Sequence[Values]) -> int:
        """Run a statement for each of the values, in order; how many rows were written in all."""


Work = Callable[[Transaction], T]
"""What is done in a transaction. It may be run again, after all of it has been undone."""


class Undo(Exception):
    """Raised by work that must leave nothing behind.

    ``outcome`` is read after all of it has been undone; None: what stood in the way is gone, so run it again.
    """

    def __init__(self, outcome: Work[Any]) -> None:
        super().__init__()
        self.outcome = outcome


class Nothing:
    """A transaction of a store that does not exist yet: it has no rows, and nothing finds any to change."""

    def rows(self, statement: str, values: Values = NO_VALUES) -> list[Row]:
        return []

    def run(self, statement: str, values: Values = NO_VALUES) -> int:
        return 0

    def run_each(self, statement: str, values: Sequence[Values]) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a database says what the standard does not.

    ``now``: the instant; ``later``: so many seconds after it, with ``{}`` for the value's name;
    ``charges``: a volume's charges as rows of key and value, with ``{}`` for the volume's alias;
    ``among``: that a column has one of the texts of a JSON list, with ``{}`` for the list;
    ``value``: a named value, as a replacement for ``re.sub``.
    ``locks``: whether rows are locked; where one writer writes at a time there is nothing to lock.
    """

    now: str
    later: str
    charges: str
    among: str
    value: str
    locks: bool

    def render(self, statement: str) -> str:
        """The statement in this database's words."""
        statement = _LOCK.sub(lambda found: found[1].upper() if self.locks else "", statement)
        statement = _CHARGES.sub(lambda found: self.charges.format(found[1]), statement)
        statement = _AMONG.sub(lambda found: self.among.format(found[1]), statement)
        statement = _NOW.sub(lambda found: self.later.format(found[1]) if found[1] else self.now, statement)
        return re.sub(r"(?<![:\w]):([a-z_]+)", self.value, statement)


def instant(value: Any) -> datetime:
    """A time as either database gives it, in UTC."""
    time: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
