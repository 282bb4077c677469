"""The outbox: messages leased, settled, postponed.

A message is pending, then keyed (its volume has its key, or needs none), then dispatched or failed.
INVARIANT: nothing is written under a lease that is not the writer's: every write names the lease's token.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Literal
from uuid import uuid4

from volrules.store import lifecycle
from volrules.store.records import Claimed
from volrules.store.transaction import Row, Transaction, instant

# Leases what is due, not leased, and first of its volume; a key's deletion waits for copies and snapshots that need
# the key. One statement: whoever else claims at the same time passes over what is locked, and takes what comes next.
# INVARIANT: one walk along the index of what is unsettled, which ends at the limit, however many wait. So what few
# messages need is looked up for those alone, behind an OR, where no planner makes a join of it.
CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT m.id
        FROM outbox m
        WHERE m.state IN ('pending', 'keyed')
          AND m.next_attempt_at <= {now}
          AND (m.lease_until IS NULL OR m.lease_until <= {now})
          AND (m.volume_id = :volume_id OR :every_volume)
          AND (m.sequence = 1 OR NOT EXISTS (
              SELECT 1 FROM outbox earlier
              WHERE earlier.volume_id = m.volume_id AND earlier.sequence < m.sequence
                AND earlier.state IN ('pending', 'keyed')
          ))
          AND (m.operation = 'create' OR NOT EXISTS (
              SELECT 1 FROM volumes v JOIN outbox copy ON copy.source_key_id = v.encryption_key_id
              WHERE v.id = m.volume_id AND copy.state = 'pending'
          ))
          AND (m.operation = 'create' OR NOT EXISTS (
              SELECT 1 FROM volumes v JOIN snapshots s ON s.encryption_key_id = v.encryption_key_id
              WHERE v.id = m.volume_id AND s.deleted_at IS NULL
          ))
        ORDER BY m.next_attempt_at
        LIMIT :limit
        {for update of m skip locked}
    )
    UPDATE outbox
    SET lease_owner = :owner, lease_until = {now + :seconds}, lease_token = :token, attempts = attempts + 1
    WHERE id IN (SELECT id FROM due)
    RETURNING
        next_attempt_at, id, volume_id, sequence, operation, state, attempts, body, lease_token, created_at, {now},
        (SELECT project_id FROM volumes v WHERE v.id = outbox.volume_id),
        (SELECT user_id FROM volumes v WHERE v.id = outbox.volume_id),
        (SELECT encryption_key_id FROM volumes v WHERE v.id = outbox.volume_id),
        (SELECT deleted_at FROM volumes v WHERE v.id = outbox.volume_id)
"""

KEYED = "UPDATE outbox SET state = 'keyed' WHERE id = :id AND lease_token = :token AND state = 'pending'"

NOTE_KEY = """
    UPDATE volumes SET encryption_key_id = :key_id
    WHERE id = (SELECT volume_id FROM outbox WHERE id = :id)
    RETURNING deleted_at
"""

# By far the most frequent end of messages, in one statement: creates have been dispatched.
DISPATCHED = """
    UPDATE outbox
    SET state = 'dispatched', settled_at = {now}, lease_owner = NULL, lease_until = NULL, lease_token = NULL
    WHERE id {among :ids} AND lease_token = :token AND state IN ('pending', 'keyed') AND operation = 'create'
    RETURNING id
"""

FORGET_KEY = "UPDATE volumes SET encryption_key_id = NULL WHERE id = :volume_id"

SETTLE = """
    UPDATE outbox
    SET state = :state, last_error = COALESCE(:error, last_error), settled_at = {now},
        lease_owner = NULL, lease_until = NULL, lease_token = NULL
    WHERE id = :id AND lease_token = :token AND state IN ('pending', 'keyed')
    RETURNING volume_id, operation
"""

DISPATCHED_AFTER_ALL = "UPDATE outbox SET state = 'dispatched' WHERE id = :id"

POSTPONE = """
    UPDATE outbox
    SET next_attempt_at = {now + :seconds}, last_error = :error,
        lease_owner = NULL, lease_until = NULL, lease_token = NULL
    WHERE id = :id AND lease_token = :token AND state IN ('pending', 'keyed')
"""

GIVE_BACK = """
    UPDATE outbox
    SET attempts = attempts - 1, lease_owner = NULL, lease_until = NULL, lease_token = NULL
    WHERE id {among :ids} AND lease_token = :token AND state IN ('pending', 'keyed')
"""

DELETED = "SELECT id FROM volumes WHERE id {among :ids} AND deleted_at IS NOT NULL"

HASTEN = """
    UPDATE outbox SET next_attempt_at = {now}
    WHERE state IN ('pending', 'keyed') AND next_attempt_at > {now}
"""


def claim(
    transaction: Transaction, owner: str, lease_seconds: float, limit: int, volume_id: str | None
) -> list[Claimed]:
    """Lease what is due, oldest first; one statement."""
    values = {
        "owner": owner,
        "seconds": lease_seconds,
        "token": str(uuid4()),
        "limit": limit,
        "volume_id": volume_id,
        "every_volume": volume_id is None,
    }
    return [_claimed(row) for row in sorted(transaction.rows(CLAIM, values))]


def hasten(transaction: Transaction) -> None:
    """Make everything due that is waiting for its next attempt."""
    transaction.run(HASTEN)


def keyed(transaction: Transaction, message_id: str, token: str, key_id: str) -> Literal["held", "lost", "deleted"]:
    """Note the key that a message's volume has been given."""
    if not transaction.run(KEYED, {"id": message_id, "token": token}):
        return "lost"
    ((deleted_at,),) = transaction.rows(NOTE_KEY, {"id": message_id, "key_id": key_id})
    return "held" if deleted_at is None else "deleted"


def dispatched(transaction: Transaction, message_ids: Sequence[str], token: str) -> set[str]:
    """Close creates that have been dispatched; one statement. Passed over: what is none, or whose lease was lost."""
    return {each for (each,) in transaction.rows(DISPATCHED, {"ids": json.dumps(message_ids), "token": token})}


def settle(
    transaction: Transaction, message_id: str, token: str, state: Literal["dispatched", "failed"], error: str | None
) -> bool:
    """Close a message, and do to its volume what that means."""
    settled = transaction.rows(SETTLE, {"id": message_id, "token": token, "state": state, "error": error})
    for volume_id, operation in settled:
        if (operation, state) == ("create", "failed"):
            _fail(transaction, message_id, volume_id)
        elif (operation, state) == ("delete", "dispatched"):
            transaction.run(FORGET_KEY, {"volume_id": volume_id})
    return bool(settled)


def postpone(transaction: Transaction, message_id: str, token: str, error: str, seconds: float) -> bool:
    """Give the lease back until later."""
    return bool(transaction.run(POSTPONE, {"id": message_id, "token": token, "error": error, "seconds": seconds}))


def give_back(transaction: Transaction, message_ids: Sequence[str], token: str) -> None:
    """Give leases back as if they had never been taken."""
    transaction.run(GIVE_BACK, {"ids": json.dumps(message_ids), "token": token})


def deleted(transaction: Transaction, volume_ids: Sequence[str]) -> set[str]:
    """Which of the volumes have been deleted."""
    return {each for (each,) in transaction.rows(DELETED, {"ids": json.dumps(volume_ids)})}


def _fail(transaction: Transaction, message_id: str, volume_id: str) -> None:
    volume = lifecycle.lock(transaction, volume_id)
    if volume.is_deleted:
        return
    if volume.status in ("creating", "error"):
        lifecycle.release(transaction, volume)
    else:
        # A host has reported the volume: it exists, so the message has arrived, whatever its sender was told.
        transaction.run(DISPATCHED_AFTER_ALL, {"id": message_id})


def _claimed(row: Row) -> Claimed:
    _, *message, created_at, now, project_id, user_id, encryption_key_id, deleted_at = row
    age = (instant(now) - instant(created_at)).total_seconds()
    return Claimed(*[*message, age, project_id, user_id, encryption_key_id, deleted_at is not None])
