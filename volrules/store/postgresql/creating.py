"""Calling the create functions: an entry as their parameters, their answer as an outcome."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from psycopg.errors import UniqueViolation

from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store import sources
from volrules.store.creating import columns
from volrules.store.transaction import Row
from volrules.store.values import (
    UNLIMITED,
    Created,
    Entry,
    KeyMismatch,
    Outcome,
    OverQuota,
    Replayed,
    Shortage,
    SourceChanged,
)

if TYPE_CHECKING:
    from psycopg import Connection

_KINDS: dict[str, type[Any]] = {"volume": Volume, "snapshot": Snapshot, "backup": Backup, "image": Image}
_PARAMETERS = (
    "volume_id",
    "message_id",
    "project_id",
    "user_id",
    "size",
    "availability_zone",
    "volume_type_id",
    "snapshot_id",
    "source_volid",
    "display_name",
    "display_description",
    "charges",
    "encrypted",
    "message",
    "source_key_id",
    "attempts",
    "lease_owner",
    "lease_token",
    "lease_seconds",
    "idempotency_key",
    "fingerprint",
    "receipt",
    "sources",
    "resources",
    "amounts",
    "limits",
)
_CASTS = {"amounts": "::bigint[]", "limits": "::bigint[]", "resources": "::text[]"}

# One create: one statement, one round trip, one commit.
CREATE = f"""
    SELECT outcome, receipt, status, message_state, detail
    FROM volrules_create_1({", ".join(f"%({name})s{_CASTS.get(name, '')}" for name in _PARAMETERS)})
""".encode()

CREATE_MANY = b"SELECT outcome, receipt, status, message_state, detail FROM volrules_create_many_1(%s::jsonb)"

Create = Callable[["Connection[Row]", Sequence[Entry]], list[Outcome]]


def create(connection: Connection[Row], entries: Sequence[Entry]) -> list[Outcome]:
    """Run creates in one statement, on a connection in autocommit mode."""
    if len(entries) == 1:
        rows = connection.execute(CREATE, _single(entries[0])).fetchall()
    else:
        rows = connection.execute(CREATE_MANY, [json.dumps([_member(each) for each in entries])]).fetchall()
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


def _single(entry: Entry) -> dict[str, Any]:
    read = _sources(entry)
    charges = sorted(entry.charges.items())
    return {
        **columns(entry),
        "sources": json.dumps(read) if read else None,
        "resources": _array(_quoted(resource) for resource, _ in charges),
        "amounts": _array(str(amount) for _, amount in charges),
        "limits": _array(str(entry.limits.get(resource, UNLIMITED)) for resource, _ in charges),
    }


def _member(entry: Entry) -> dict[str, Any]:
    charges = dict(sorted(entry.charges.items()))
    return {
        **columns(entry),
        "charges": charges,
        "sources": _sources(entry),
        "resources": list(charges),
        "amounts": list(charges.values()),
        "limits": [entry.limits.get(resource, UNLIMITED) for resource in charges],
    }


def _array(elements: Iterable[str]) -> str:
    # PostgreSQL's text for an array; written here, as that is much quicker than having lists adapted.
    return f"{{{','.join(elements)}}}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _sources(entry: Entry) -> list[dict[str, Any]]:
    return [_source(kind, each) for kind, each in sources.listed(entry.stored_sources)]


def _source(kind: str, source: sources.Source) -> dict[str, Any]:
    behind = getattr(source, "volume", None)
    return {
        "kind": kind,
        "id": source.id,
        "behind": None if behind is None else behind.id,
        "read": asdict(sources.settled(source)),
    }


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
