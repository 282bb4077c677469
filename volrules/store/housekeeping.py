"""The outbox at a glance, and what has served its time removed."""

from __future__ import annotations

from volrules.store.records import Leased, Status
from volrules.store.transaction import Transaction, instant

BY_STATE = "SELECT state, COUNT(*) FROM outbox GROUP BY state"

OLDEST = "SELECT MIN(created_at), {now} FROM outbox WHERE state IN ('pending', 'keyed')"

LAST_ERROR = """
    SELECT last_error FROM outbox
    WHERE state <> 'dispatched' AND last_error IS NOT NULL
    ORDER BY COALESCE(settled_at, next_attempt_at) DESC
    LIMIT 1
"""

LEASES = """
    SELECT id, volume_id, lease_owner, lease_until, {now} FROM outbox
    WHERE state IN ('pending', 'keyed') AND lease_until IS NOT NULL
    ORDER BY lease_until
"""

# By the index on age, a batch at a time: nobody waits long for the locks of either.
PURGE_KEYS = """
    DELETE FROM idempotency_keys
    WHERE (project_id, idempotency_key) IN (
        SELECT project_id, idempotency_key FROM idempotency_keys
        WHERE created_at <= {now + :seconds}
        ORDER BY created_at
        LIMIT :limit
    )
"""

PURGE_MESSAGES = """
    DELETE FROM outbox
    WHERE id IN (
        SELECT id FROM outbox
        WHERE settled_at <= {now + :seconds}
        ORDER BY settled_at
        LIMIT :limit
    )
"""


def status(transaction: Transaction) -> Status:
    """What waits, for how long, in whose hands."""
    return Status(
        messages=dict(transaction.rows(BY_STATE)),
        oldest=_oldest(transaction),
        last_error=next((error for (error,) in transaction.rows(LAST_ERROR)), None),
        leases=tuple(
            Leased(message_id, volume_id, owner, (instant(until) - instant(now)).total_seconds())
            for message_id, volume_id, owner, until, now in transaction.rows(LEASES)
        ),
    )


def purge(transaction: Transaction, retention: float, limit: int) -> int:
    """Remove up to ``limit`` keys and as many messages older than so many seconds; returns how many went."""
    values = {"seconds": -retention, "limit": limit}
    return transaction.run(PURGE_KEYS, values) + transaction.run(PURGE_MESSAGES, values)


def _oldest(transaction: Transaction) -> float | None:
    for created_at, now in transaction.rows(OLDEST):
        if created_at is not None:
            return (instant(now) - instant(created_at)).total_seconds()
    return None
