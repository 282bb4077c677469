"""Importing what exists already: rows written as they are told, quota charged for the difference."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any

from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store import quota
from volrules.store.contract import Inventory
from volrules.store.transaction import Transaction

# One import at a time: two that bring in the same new volume would both charge it. Creates only read images.
ONE_AT_A_TIME = "{lock table images in share row exclusive mode}"

Charges = Mapping[str, Mapping[str, int]]

CHARGED = "SELECT project_id, CAST(charges AS TEXT) FROM volumes WHERE id = :id {for update}"


def _upsert(table: str, columns: Iterable[str]) -> str:
    """Insert a row or overwrite the one that is known; what has the status ``deleted`` is deleted."""
    names = [*columns]
    return f"""
    INSERT INTO {table} ({", ".join(names)}, created_at, deleted_at)
    VALUES ({", ".join(f":{name}" for name in names)}, {{now}}, CASE WHEN :is_deleted THEN {{now}} END)
    ON CONFLICT (id) DO UPDATE
    SET {", ".join(f"{name} = excluded.{name}" for name in names if name != "id")}, deleted_at = excluded.deleted_at
    """


def _columns(kind: type) -> list[str]:
    return [each.name for each in fields(kind) if each.name != "volume"]


VOLUMES = _upsert("volumes", [*_columns(Volume), "charges", "attach_status", "encrypted", "released_at"])
SNAPSHOTS = _upsert("snapshots", _columns(Snapshot))
BACKUPS = _upsert("backups", _columns(Backup))
IMAGES = _upsert("images", _columns(Image))


def charges_by_volume(inventory: Inventory, charges_of: Callable[[Volume], Mapping[str, int]]) -> Charges:
    """What each volume is charged: nothing when it is deleted, or nobody's to pay."""
    return {
        each.id: {} if each.project_id is None or each.status == "deleted" else dict(charges_of(each))
        for each in inventory.volumes.values()
    }


def take_in(transaction: Transaction, inventory: Inventory, charges: Charges) -> int:
    """Write all of the inventory; returns how many rows."""
    # INVARIANT: rows are locked in the order of tables and ids that creates lock their sources in, usages last.
    transaction.run(ONE_AT_A_TIME)
    due = Counter[tuple[str, str]]()
    written = 0
    for volume in sorted(inventory.volumes.values(), key=lambda each: each.id):
        written += _take_in(transaction, volume, charges[volume.id], due)
    written += transaction.run_each(SNAPSHOTS, _rows(inventory.snapshots.values()))
    written += transaction.run_each(BACKUPS, _rows(inventory.backups.values()))
    written += transaction.run_each(IMAGES, _rows(inventory.images.values()))
    quota.charge(transaction, due)
    return written


def _take_in(
    transaction: Transaction, volume: Volume, charges: Mapping[str, int], due: Counter[tuple[str, str]]
) -> int:
    for project_id, charged in transaction.rows(CHARGED, {"id": volume.id}):
        due.subtract({(project_id, resource): amount for resource, amount in json.loads(charged).items()})
    due.update({(str(volume.project_id), resource): amount for resource, amount in charges.items()})
    values = {
        **_row(volume),
        "charges": json.dumps(dict(sorted(charges.items()))),
        "attach_status": "attached" if volume.status == "in-use" else "detached",
        "encrypted": volume.encryption_key_id is not None,
        "released_at": None,
    }
    return transaction.run(VOLUMES, values)


def _rows(resources: Iterable[Snapshot | Backup | Image]) -> list[dict[str, Any]]:
    return [_row(each) for each in sorted(resources, key=lambda each: each.id)]


def _row(resource: Volume | Snapshot | Backup | Image) -> dict[str, Any]:
    row = {name: getattr(resource, name) for name in _columns(type(resource))}
    return {**row, "is_deleted": resource.status == "deleted"}
