"""What becomes of a volume: a host's report, its deletion, and the failure of its create."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Any, Literal

from volrules.errors import TransitionError, VolumeUnknown
from volrules.store import quota
from volrules.store.transaction import Transaction

LOCK_VOLUME = """
    SELECT project_id, user_id, status, CAST(charges AS TEXT), encrypted, encryption_key_id, released_at,
           deleted_at
    FROM volumes
    WHERE id = :volume_id
    {for update}
"""

# What is available is attached to nothing.
REPORT = """
    UPDATE volumes
    SET status = :status, host = COALESCE(:host, host),
        attach_status = CASE WHEN :is_available THEN 'detached' ELSE attach_status END
    WHERE id = :volume_id
"""

DELETE = "UPDATE volumes SET status = 'deleted', charges = '{}', deleted_at = {now} WHERE id = :volume_id"

RELEASE = "UPDATE volumes SET status = 'error', charges = '{}', released_at = {now} WHERE id = :volume_id"

# INVARIANT: the volume's row is locked, so no other message of it takes this sequence.
QUEUE_KEY_DELETION = """
    INSERT INTO outbox (
        id, volume_id, sequence, operation, state, attempts, next_attempt_at, body, created_at
    )
    SELECT :message_id, :volume_id, COALESCE(MAX(sequence), 0) + 1, 'delete', 'pending', 0, {now}, :message, {now}
    FROM outbox
    WHERE volume_id = :volume_id
"""


@dataclass(frozen=True, slots=True)
class Volume:
    """A volume's row, locked until the transaction ends; ``charges`` is JSON."""

    id: str
    project_id: str | None
    user_id: str | None
    status: str
    charges: str
    encrypted: bool
    encryption_key_id: str | None
    released_at: Any
    deleted_at: Any

    @property
    def is_deleted(self) -> bool:
        """Whether it has been taken out."""
        return self.deleted_at is not None

    @property
    def is_released(self) -> bool:
        """Whether its create has failed for good and its quota has been given back."""
        return self.released_at is not None

    @property
    def may_have_a_key(self) -> bool:
        """Whether it has a key, may get one, or one was made whose answer was lost."""
        return self.encrypted or self.encryption_key_id is not None


def lock(transaction: Transaction, volume_id: str) -> Volume:
    """The volume, with nobody else writing to it; VolumeUnknown when there never was one."""
    rows = transaction.rows(LOCK_VOLUME, {"volume_id": volume_id})
    if not rows:
        raise VolumeUnknown(f"there is no volume `{volume_id}`; `volrules show` lists those there are")
    return Volume(volume_id, *rows[0])


def report(
    transaction: Transaction, volume_id: str, status: Literal["available", "error"], host: str | None = None
) -> None:
    """A host's word on a volume."""
    volume = lock(transaction, volume_id)
    if volume.is_deleted:
        raise TransitionError("volume.deleted", f"volume `{volume_id}` is deleted; clean up what the host still has")
    if volume.is_released and status != "error":
        raise TransitionError(
            "volume.released",
            f"the create of volume `{volume_id}` has failed and its quota is given back; delete it, or retry it first",
        )
    values = {"volume_id": volume_id, "status": status, "host": host, "is_available": status == "available"}
    transaction.run(REPORT, values)


def delete(transaction: Transaction, volume_id: str) -> bool:
    """Take a volume out: its key's deletion queued, its quota given back. Whether anything was queued."""
    volume = lock(transaction, volume_id)
    if volume.is_deleted:
        return False
    if volume.status == "in-use":
        raise TransitionError("volume.in_use", f"volume `{volume_id}` is in use; detach it and report it available")
    transaction.run(DELETE, {"volume_id": volume_id})
    _let_go(transaction, volume)
    return volume.may_have_a_key


def release(transaction: Transaction, volume: Volume) -> None:
    """The create will never be dispatched: the volume is in error, and nothing of it is held any longer."""
    transaction.run(RELEASE, {"volume_id": volume.id})
    _let_go(transaction, volume)


def _let_go(transaction: Transaction, volume: Volume) -> None:
    if volume.may_have_a_key:
        queue_key_deletion(transaction, volume)
    quota.give_back(transaction, volume.project_id, volume.charges)


def queue_key_deletion(transaction: Transaction, volume: Volume) -> None:
    """Queue a delete message behind whatever of the volume is still in flight."""
    message_id = str(uuid.uuid4())
    message = {
        "message_id": message_id,
        "volume_id": volume.id,
        "project_id": volume.project_id,
        "user_id": volume.user_id,
        "operation": "delete",
    }
    transaction.run(
        QUEUE_KEY_DELETION, {"message_id": message_id, "volume_id": volume.id, "message": json.dumps(message)}
    )
