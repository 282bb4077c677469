"""The one transaction: idempotency key, sources, quota, volume, message."""

from __future__ import annotations

import json
from typing import Any

from volrules.store import quota, sources
from volrules.store.transaction import Transaction, Undo
from volrules.store.values import Created, Entry, KeyMismatch, Outcome, Replayed

# The key with what its volume has come to meanwhile.
KEY = """
    SELECT k.fingerprint, k.receipt, v.status, m.state
    FROM idempotency_keys k
    JOIN volumes v ON v.id = k.volume_id
    LEFT JOIN outbox m ON m.volume_id = k.volume_id AND m.operation = 'create'
    WHERE k.project_id = :project_id AND k.idempotency_key = :idempotency_key
    ORDER BY m.sequence DESC
    LIMIT 1
"""

INSERT_KEY = """
    INSERT INTO idempotency_keys (project_id, idempotency_key, fingerprint, volume_id, receipt, created_at)
    VALUES (:project_id, :idempotency_key, :fingerprint, :volume_id, :receipt, {now})
"""

INSERT_VOLUME = """
    INSERT INTO volumes (
        id, project_id, user_id, size, status, attach_status, availability_zone, volume_type_id, snapshot_id,
        source_volid, display_name, display_description, charges, encrypted, shared, created_at
    ) VALUES (
        :volume_id, :project_id, :user_id, :size, 'creating', 'detached', :availability_zone, :volume_type_id,
        :snapshot_id, :source_volid, :display_name, :display_description, :charges, :encrypted, FALSE, {now}
    )
"""

# Born leased when its maker means to settle it; a lease without seconds is none.
INSERT_MESSAGE = """
    INSERT INTO outbox (
        id, volume_id, sequence, operation, state, attempts, next_attempt_at, lease_owner, lease_until, lease_token,
        source_key_id, body, created_at
    ) VALUES (
        :message_id, :volume_id, 1, 'create', 'pending', :attempts, {now}, :lease_owner, {now + :lease_seconds},
        :lease_token, :source_key_id, :message, {now}
    )
"""


def create(transaction: Transaction, entry: Entry) -> Outcome:
    """Write all of the entry; raises Undo when its quota does not suffice."""
    known = replay(transaction, entry.project_id, entry.idempotency_key, entry.fingerprint)
    answer = known or sources.changed(transaction, entry.stored_sources)
    if answer is not None:
        return answer
    values = columns(entry)
    if entry.idempotency_key is not None:
        transaction.run(INSERT_KEY, values)
    transaction.run(INSERT_VOLUME, values)
    transaction.run(INSERT_MESSAGE, values)
    if not quota.reserve(transaction, entry.project_id, entry.charges, entry.limits):
        raise Undo(lambda undone: quota.shortages(undone, entry.project_id, entry.charges, entry.limits))
    return Created(entry.volume_id)


def replay(
    transaction: Transaction, project_id: str, idempotency_key: str | None, fingerprint: str
) -> Replayed | KeyMismatch | None:
    """What the key stands for already; None when it is new, or there is none."""
    if idempotency_key is None:
        return None
    rows = transaction.rows(KEY, {"project_id": project_id, "idempotency_key": idempotency_key})
    return replayed(rows[0], fingerprint) if rows else None


def replayed(row: tuple[Any, ...], fingerprint: str) -> Replayed | KeyMismatch:
    """The answer that a row of ``KEY`` gives to a body with this fingerprint."""
    known, receipt, status, message_state = row
    return Replayed(receipt, status, message_state) if known == fingerprint else KeyMismatch()


def columns(entry: Entry) -> dict[str, Any]:
    """The values that the statements above name."""
    spec, lease = entry.spec, entry.lease
    return {
        "volume_id": entry.volume_id,
        "project_id": entry.project_id,
        "user_id": entry.user_id,
        "size": spec.size,
        "availability_zone": spec.availability_zone,
        "volume_type_id": spec.volume_type_id,
        "snapshot_id": spec.snapshot_id,
        "source_volid": spec.source_volid,
        "display_name": spec.name,
        "display_description": spec.description,
        "charges": json.dumps(dict(sorted(entry.charges.items()))),
        "encrypted": spec.encryption_key is not None,
        "message_id": entry.message_id,
        "source_key_id": (spec.encryption_key or {}).get("source_key_id"),
        "message": entry.message,
        "attempts": 0 if lease is None else 1,
        "lease_owner": None if lease is None else lease.owner,
        "lease_token": None if lease is None else lease.token,
        "lease_seconds": None if lease is None else lease.seconds,
        "idempotency_key": entry.idempotency_key,
        "fingerprint": entry.fingerprint,
        "receipt": entry.receipt,
    }
