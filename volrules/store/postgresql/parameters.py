"""An entry as the parameters of the create functions."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from volrules.store import sources
from volrules.store.creating import columns
from volrules.store.values import UNLIMITED, Entry

NAMES = (
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
_FREE_TEXTS = ("availability_zone", "display_name", "display_description")
CASTS = {"amounts": "::bigint[]", "limits": "::bigint[]", "resources": "::text[]"}


def single(entry: Entry) -> dict[str, Any]:
    """The parameters of ``volrules_create_1``, by name."""
    read = _sources(entry)
    charges = sorted(entry.charges.items())
    return {
        **_columns(entry),
        "sources": json.dumps(read) if read else None,
        "resources": _array(_quoted(resource) for resource, _ in charges),
        "amounts": _array(str(amount) for _, amount in charges),
        "limits": _array(str(entry.limits.get(resource, UNLIMITED)) for resource, _ in charges),
    }


def member(entry: Entry) -> dict[str, Any]:
    """The same as a JSON object: one of what ``volrules_create_many_1`` takes."""
    charges = dict(sorted(entry.charges.items()))
    return {
        **_columns(entry),
        "charges": charges,
        "sources": _sources(entry),
        "resources": list(charges),
        "amounts": list(charges.values()),
        "limits": [entry.limits.get(resource, UNLIMITED) for resource in charges],
    }


def _columns(entry: Entry) -> dict[str, Any]:
    """The values as PostgreSQL can keep them: its texts have no NUL. The message has what was asked for, verbatim."""
    values = columns(entry)
    odd = {name: values[name] for name in _FREE_TEXTS if values[name] is not None and "\0" in values[name]}
    return {**values, **{name: text.replace("\0", "\ufffd") for name, text in odd.items()}}


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
