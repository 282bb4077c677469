"""A create that has failed, tried once more: under quota again, with a message of its own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import uuid4

from volrules.errors import TransitionError
from volrules.store import lifecycle, quota
from volrules.store.transaction import Transaction, Undo
from volrules.store.values import Created, OverQuota

REOPEN = "UPDATE volumes SET status = 'creating', charges = :charges, released_at = NULL WHERE id = :volume_id"

# The latest create message once more, behind everything that the failure has queued.
QUEUE_AGAIN = """
    INSERT INTO outbox (
        id, volume_id, sequence, operation, state, attempts, next_attempt_at, source_key_id, body, created_at
    )
    SELECT :message_id, volume_id, (SELECT MAX(sequence) + 1 FROM outbox WHERE volume_id = :volume_id),
           operation, 'pending', 0, {now}, source_key_id, body, {now}
    FROM outbox
    WHERE volume_id = :volume_id AND operation = 'create'
    ORDER BY sequence DESC
    LIMIT 1
"""


def retry(
    transaction: Transaction, volume_id: str, charges: Mapping[str, int], limits: Mapping[str, int]
) -> Created | OverQuota:
    """Charge a failed volume again and queue its create message once more."""
    volume = lifecycle.lock(transaction, volume_id)
    if volume.is_deleted or not volume.is_released or volume.project_id is None:
        raise _not_failed(volume_id, "its create has not failed")
    transaction.run(REOPEN, {"volume_id": volume_id, "charges": json.dumps(dict(sorted(charges.items())))})
    if not transaction.run(QUEUE_AGAIN, {"volume_id": volume_id, "message_id": str(uuid4())}):
        raise _not_failed(volume_id, "its message has been purged")
    project_id = volume.project_id
    if not quota.reserve(transaction, project_id, charges, limits):
        raise Undo(lambda undone: quota.shortages(undone, project_id, charges, limits))
    return Created(volume_id)


def _not_failed(volume_id: str, why: str) -> TransitionError:
    return TransitionError("volume.not_failed", f"volume `{volume_id}` cannot be retried: {why}; create another one")
