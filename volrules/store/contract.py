"""The store contract: what the ledger, the relay and the operator's commands ask of a database.

Every method is one transaction. All raise :class:`volrules.errors.StoreUnavailable` when nothing was written
and the same call may succeed later, and :class:`volrules.errors.StoreError` when the store cannot be used as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from volrules.errors import StoreError
from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store.records import Claimed, Difference, Leased, MessageState, Operation, Record, Status, Usage
from volrules.store.values import (
    Created,
    Entry,
    KeyMismatch,
    Lease,
    Outcome,
    OverQuota,
    Replayed,
    Shortage,
    SourceChanged,
    State,
)

__all__ = [
    "Claimed",
    "Created",
    "Difference",
    "Entry",
    "Inventory",
    "KeyMismatch",
    "Lease",
    "Leased",
    "MessageState",
    "Operation",
    "Outcome",
    "OverQuota",
    "Record",
    "Replayed",
    "Shortage",
    "SourceChanged",
    "State",
    "Status",
    "Store",
    "Usage",
]


class Inventory(Protocol):
    """What exists already: model values by id."""

    @property
    def volumes(self) -> Mapping[str, Volume]: ...
    @property
    def snapshots(self) -> Mapping[str, Snapshot]: ...
    @property
    def backups(self) -> Mapping[str, Backup]: ...
    @property
    def images(self) -> Mapping[str, Image]: ...


class Store(Protocol):
    """A database of volumes, quota usages and messages; safe to share between threads and across a fork."""

    # -- the one transaction -------------------------------------------------------------------------------------

    def create(self, entry: Entry) -> Outcome:
        """Commit volume, charges, message and idempotency key together, or nothing at all."""

    def create_many(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        """Several creates that share commits: each with its own outcome, in order, none before its commit.

        A fault is the outcome of the creates that it befell, and raised by none: the others are committed.
        """

    def replay(self, project_id: str, idempotency_key: str, fingerprint: str) -> Replayed | KeyMismatch | None:
        """What a create with this key would replay; None when the key is not known."""

    def shortages(self, project_id: str, charges: Mapping[str, int], limits: Mapping[str, int]) -> tuple[Shortage, ...]:
        """What would be over quota now, were these charges made; only reads."""

    # -- sources -------------------------------------------------------------------------------------------------

    def find_volume(self, volume_id: str) -> Volume | None:
        """The volume of that id; one that is deleted does not exist."""

    def find_snapshot(self, snapshot_id: str) -> Snapshot | None:
        """The snapshot of that id with its volume attached."""

    def find_backup(self, backup_id: str) -> Backup | None:
        """The backup of that id with its volume attached."""

    def find_image(self, reference: str) -> Image | None:
        """The image of that id, else the only one of that name."""

    def find_images_named(self, name: str) -> tuple[Image, ...]:
        """All images of that name, by id."""

    # -- lifecycle -----------------------------------------------------------------------------------------------

    def get(self, volume_id: str) -> Record:
        """The volume, deleted or not; VolumeUnknown when there never was one."""

    def volumes(
        self, project_id: str | None = None, *, status: str | None = None, deleted: bool = False
    ) -> list[Record]:
        """Volumes by age: of one project or of all, of one status, deleted ones only when asked for."""

    def report(self, volume_id: str, status: Literal["available", "error"], host: str | None = None) -> None:
        """A host's word on a volume; idempotent. ``host`` None leaves the host as it is.

        Raises VolumeUnknown, and TransitionError with the code ``volume.deleted`` or ``volume.released``.
        """

    def delete(self, volume_id: str) -> None:
        """Take the volume out and give its quota back; idempotent.

        Queues the deletion of its key behind what is still in flight, when it has or may get one.
        Raises VolumeUnknown, and TransitionError with the code ``volume.in_use``.
        """

    # -- outbox --------------------------------------------------------------------------------------------------

    def claim(self, owner: str, lease_seconds: float, limit: int, volume_id: str | None = None) -> list[Claimed]:
        """Lease up to ``limit`` messages that are due, oldest first; of one volume only when named.

        A volume's messages come one at a time, in order; a key is not deleted while a copy of it is waited for.
        """

    def hasten(self) -> None:
        """Make every unsettled message due now, whatever its next attempt was put off to; leases stand."""

    def keyed(self, message_id: str, token: str, key_id: str) -> Literal["held", "lost", "deleted"]:
        """Note the volume's key. ``lost``: the lease is somebody else's, nothing noted;
        ``deleted``: noted, but the volume has been deleted since and must not be dispatched.
        """

    def settle(
        self, message_id: str, token: str, state: Literal["dispatched", "failed"], error: str | None = None
    ) -> bool:
        """Close a message; False when the lease is somebody else's and nothing was written.

        A create that failed sets its volume to ``error``, gives its quota back and queues its key's deletion;
        unless a host has reported the volume, which then exists: that counts as dispatched.
        A delete that is ``dispatched`` has deleted the key.
        """

    def settle_all(self, message_ids: Sequence[str], token: str) -> set[str]:
        """Close messages of one claim as dispatched; the ids of those whose lease still stood."""

    def give_back(self, message_ids: Sequence[str], token: str) -> None:
        """Give back the leases of messages that were not tried: they are due as before, and no attempt is counted."""

    def deleted(self, volume_ids: Sequence[str]) -> set[str]:
        """Which of the volumes have been deleted."""

    def postpone(self, message_id: str, token: str, error: str, seconds: float) -> bool:
        """Give the lease back; the message is due again in so many seconds. False when the lease was lost."""

    def retry(self, volume_id: str, charges: Mapping[str, int], limits: Mapping[str, int]) -> Created | OverQuota:
        """Queue the create of a volume that has failed once more, under quota again.

        Raises VolumeUnknown, and TransitionError with the code ``volume.not_failed``.
        """

    def status(self) -> Status:
        """The outbox at a glance."""

    # -- operations ----------------------------------------------------------------------------------------------

    def usages(self, project_id: str | None = None) -> list[Usage]:
        """Usage rows by project and resource."""

    def check_usages(self) -> list[Difference]:
        """Where usages differ from the sum of the volumes' charges; empty unless somebody else has been at it."""

    def sync_usages(self) -> list[Difference]:
        """Set usages to the sum of the charges; returns what differed."""

    def import_inventory(self, inventory: Inventory, charges_of: Callable[[Volume], Mapping[str, int]]) -> int:
        """Load what exists, charging quota without limits; returns how many rows were read.

        Ids that are known are updated, and charged for the difference; a volume without a project is nobody's to pay.
        What has the status ``deleted`` is deleted.
        """

    def purge(self) -> int:
        """Remove idempotency keys and settled messages older than the retention, some thousands at a time.

        Returns how many rows went.
        """

    def migrate(self) -> None:
        """Bring the schema to this release's, from nothing or from an older one."""

    def close(self) -> None:
        """Give all connections back; a closed store opens them again when it is used."""

    def __enter__(self) -> Store: ...

    def __exit__(self, *_: Any) -> None: ...
