"""The store on either database: the contract's methods, each one transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Literal, Self

from volrules.errors import StoreError
from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store import creating, housekeeping, lifecycle, outbox, quota, retrying, sources, stocktaking
from volrules.store.contract import Inventory
from volrules.store.database import Database
from volrules.store.records import Claimed, Difference, Record, Status, Usage
from volrules.store.values import Created, Entry, KeyMismatch, Outcome, OverQuota, Replayed, Shortage

PURGED_AT_ONCE = 1000


class SqlStore:
    """See :class:`volrules.store.contract.Store`, which documents every method."""

    def __init__(self, database: Database, retention: float) -> None:
        self._database = database
        self._retention = retention

    def __repr__(self) -> str:
        return f"SqlStore({self._database!r})"

    def create(self, entry: Entry) -> Outcome:
        (outcome,) = self.create_many([entry])
        if isinstance(outcome, StoreError):
            raise outcome
        return outcome

    def create_many(self, entries: Sequence[Entry]) -> list[Outcome | StoreError]:
        outcomes = self._database.create(entries)
        if any(entry.lease is None for entry in entries):
            self._database.tell(0)
        return outcomes

    def replay(self, project_id: str, idempotency_key: str, fingerprint: str) -> Replayed | KeyMismatch | None:
        return self._database.read(lambda it: creating.replay(it, project_id, idempotency_key, fingerprint))

    def shortages(self, project_id: str, charges: Mapping[str, int], limits: Mapping[str, int]) -> tuple[Shortage, ...]:
        short = self._database.read(lambda it: quota.shortages(it, project_id, charges, limits))
        return () if short is None else short.shortages

    def find_volume(self, volume_id: str) -> Volume | None:
        return self._database.read(lambda it: sources.find_volume(it, volume_id))

    def find_snapshot(self, snapshot_id: str) -> Snapshot | None:
        return self._database.read(lambda it: sources.find_snapshot(it, snapshot_id))

    def find_backup(self, backup_id: str) -> Backup | None:
        return self._database.read(lambda it: sources.find_backup(it, backup_id))

    def find_image(self, reference: str) -> Image | None:
        return self._database.read(lambda it: sources.find_image(it, reference))

    def find_images_named(self, name: str) -> tuple[Image, ...]:
        return self._database.read(lambda it: sources.find_images_named(it, name))

    def get(self, volume_id: str) -> Record:
        from volrules.store import reads

        return self._database.look(lambda it: reads.get(it, volume_id))

    def volumes(
        self, project_id: str | None = None, *, status: str | None = None, deleted: bool = False
    ) -> list[Record]:
        from volrules.store import reads

        return self._database.look(lambda it: reads.matching(it, project_id, status, deleted))

    def report(self, volume_id: str, status: Literal["available", "error"], host: str | None = None) -> None:
        self._database.write(lambda it: lifecycle.report(it, volume_id, status, host))

    def delete(self, volume_id: str) -> None:
        if self._database.write(lambda it: lifecycle.delete(it, volume_id)):
            self._database.tell(0)

    def claim(self, owner: str, lease_seconds: float, limit: int, volume_id: str | None = None) -> list[Claimed]:
        return self._database.write_one(lambda it: outbox.claim(it, owner, lease_seconds, limit, volume_id))

    def hasten(self) -> None:
        self._database.write_one(outbox.hasten)
        self._database.tell(0)

    def keyed(self, message_id: str, token: str, key_id: str) -> Literal["held", "lost", "deleted"]:
        return self._database.write(lambda it: outbox.keyed(it, message_id, token, key_id))

    def settle(
        self, message_id: str, token: str, state: Literal["dispatched", "failed"], error: str | None = None
    ) -> bool:
        is_settled = self._database.write(lambda it: outbox.settle(it, message_id, token, state, error))
        self._database.tell(0)
        return is_settled

    def settle_all(self, message_ids: Sequence[str], token: str) -> set[str]:
        held = self._database.write_one(lambda it: outbox.dispatched(it, message_ids, token))
        return held | {each for each in message_ids if each not in held and self.settle(each, token, "dispatched")}

    def give_back(self, message_ids: Sequence[str], token: str) -> None:
        self._database.write_one(lambda it: outbox.give_back(it, message_ids, token))
        self._database.tell(0)

    def deleted(self, volume_ids: Sequence[str]) -> set[str]:
        return self._database.read(lambda it: outbox.deleted(it, volume_ids))

    def postpone(self, message_id: str, token: str, error: str, seconds: float) -> bool:
        is_postponed = self._database.write_one(lambda it: outbox.postpone(it, message_id, token, error, seconds))
        self._database.tell(seconds)
        return is_postponed

    def retry(self, volume_id: str, charges: Mapping[str, int], limits: Mapping[str, int]) -> Created | OverQuota:
        outcome = self._database.write(lambda it: retrying.retry(it, volume_id, charges, limits))
        self._database.tell(0)
        return outcome

    def status(self) -> Status:
        return self._database.read(housekeeping.status)

    def usages(self, project_id: str | None = None) -> list[Usage]:
        from volrules.store import reads

        return self._database.look(lambda it: reads.usages(it, project_id))

    def check_usages(self) -> list[Difference]:
        return self._database.read(quota.differences)

    def sync_usages(self) -> list[Difference]:
        return self._database.write(quota.set_right)

    def import_inventory(self, inventory: Inventory, charges_of: Callable[[Volume], Mapping[str, int]]) -> int:
        # Before the transaction: charges come from plugins, which take their time and may look into the store.
        charges = stocktaking.charges_by_volume(inventory, charges_of)
        return self._database.write(lambda it: stocktaking.take_in(it, inventory, charges), makes=True)

    def purge(self) -> int:
        purge = partial(housekeeping.purge, retention=self._retention, limit=PURGED_AT_ONCE)
        went = total = self._database.write(purge)
        while went >= PURGED_AT_ONCE:
            went = self._database.write(purge)
            total += went
        return total

    def migrate(self) -> None:
        self._database.migrate()

    def close(self) -> None:
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
