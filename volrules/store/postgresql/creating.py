"""Calling the create functions, and their answers as outcomes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation

from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store import sources
from volrules.store.postgresql import parameters
from volrules.store.transaction import Row
from volrules.store.values import Created, Entry, KeyMismatch, Outcome, OverQuota, Replayed, Shortage, SourceChanged

if TYPE_CHECKING:
    from psycopg import Connection

_KINDS: dict[str, type[Any]] = {"volume": Volume, "snapshot": Snapshot, "backup": Backup, "image": Image}

# One create: one statement, one round trip, one commit.
CREATE = f"""
    SELECT outcome, receipt, status, message_state, detail
    FROM volrules_create_1({", ".join(f"%({name})s{parameters.CASTS.get(name, '')}" for name in parameters.NAMES)})
""".encode()

CREATE_MANY = b"SELECT outcome, receipt, status, message_state, detail FROM volrules_create_many_1(%s::json)"

Create = Callable[["Connection[Row]", Sequence[Entry]], list[Outcome]]


def create(connection: Connection[Row], entries: Sequence[Entry]) -> list[Outcome]:
    """Run creates in one statement, on a connection in autocommit mode."""
    if len(entries) == 1:
        rows = connection.execute(CREATE, parameters.single(entries[0])).fetchall()
    else:
        rows = connection.execute(CREATE_MANY, [json.dumps([parameters.member(each) for each in entries])]).fetchall()
    return [_outcome(entry, row) for entry, row in zip(entries, rows, strict=True)]


def create_again(connection: Connection[Row], entries: Sequence[Entry]) -> list[Outcome]:
    """Run creates that may have been committed already, when their connection was lost before the answer."""
    return [_create_again(connection, each) for each in entries]


def _create_again(connection: Connection[Row], entry: Entry) -> Outcome:
    try:
        return _found(connection, entry) or create(connection, [entry])[0]
    except UniqueViolation:
        # INVARIANT: the first try was still on its way; it held its volume's id, so this waited for its commit.
        found = _found(connection, entry)
        if found is None:
            raise
        return found


def _found(connection: Connection[Row], entry: Entry) -> Created | None:
    row = connection.execute("SELECT 1 FROM volumes WHERE id = %s", [entry.volume_id]).fetchone()
    return None if row is None else Created(entry.volume_id)


def _outcome(entry: Entry, row: Row) -> Outcome:
    outcome, receipt, status, message_state, detail = row
    match outcome:
        case "created":
            return Created(entry.volume_id)
        case "replayed":
            return Replayed(receipt, status, message_state)
        case "mismatch":
            return KeyMismatch()
        case "over":
            return OverQuota(tuple(Shortage(*each) for each in detail))
    return _changed(entry, **detail)


def _changed(entry: Entry, kind: str, id: str, now: dict[str, Any] | None) -> SourceChanged:  # noqa: A002
    read = next(each for of_kind, each in sources.listed(entry.stored_sources) if of_kind == kind)
    current = None if now is None else _read(kind, now)
    return SourceChanged(kind, id, sources.difference_to(read, current))


def _read(kind: str, members: dict[str, Any]) -> sources.Source:
    volume = members.get("volume")
    if volume is not None:
        members = {**members, "volume": Volume(**volume)}
    source: sources.Source = _KINDS[kind](**members)
    return source
