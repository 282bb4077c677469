"""Builders with defaults, and what every test asks of a store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from volrules.model import Backup, Image, Snapshot, Sources, Spec, Volume
from volrules.store.contract import Entry, Lease, Store
from volrules.store.ids import new_id

UNLIMITED: Mapping[str, int] = {}


def an_id() -> str:
    return new_id()


def an_entry(size: int = 5, project_id: str = "p1", **changes: Any) -> Entry:
    """A create; ``spec`` changes the spec's fields, everything else the entry's."""
    spec = Spec(size=size, **changes.pop("spec", {}))
    entry = Entry(
        volume_id=an_id(),
        message_id=an_id(),
        project_id=project_id,
        user_id="u1",
        spec=spec,
        charges={"volumes": 1, "gigabytes": size},
        limits=UNLIMITED,
        receipt="{}",
        message="{}",
    )
    entry = replace(entry, **changes)
    return replace(entry, receipt=json.dumps({"volume_id": entry.volume_id}))


def an_encrypted_entry(**changes: Any) -> Entry:
    plan = changes.pop("plan", {"action": "create"})
    return an_entry(spec={"encryption_key": plan}, **changes)


def a_lease(seconds: float = 60, owner: str = "me") -> Lease:
    return Lease(owner, an_id(), seconds)


def a_volume(**changes: Any) -> Volume:
    return replace(Volume(an_id(), size=10, status="available", project_id="p1"), **changes)


def a_snapshot(volume: Volume | None = None, **changes: Any) -> Snapshot:
    of = None if volume is None else volume.id
    return replace(Snapshot(an_id(), of, 10, "available", project_id="p1", volume=volume), **changes)


def a_backup(volume: Volume | None = None, **changes: Any) -> Backup:
    of = None if volume is None else volume.id
    return replace(Backup(an_id(), of, 10, "available", project_id="p1", volume=volume), **changes)


def an_image(**changes: Any) -> Image:
    return replace(Image(an_id(), "debian", "active", 2**30, 1, 2**31), **changes)


@dataclass(frozen=True)
class Existing:
    """An inventory."""

    volumes: Mapping[str, Volume] = field(default_factory=dict)
    snapshots: Mapping[str, Snapshot] = field(default_factory=dict)
    backups: Mapping[str, Backup] = field(default_factory=dict)
    images: Mapping[str, Image] = field(default_factory=dict)


def existing(*resources: Volume | Snapshot | Backup | Image) -> Existing:
    """An inventory of these, and of the volumes behind them."""
    named: dict[type, dict[str, Any]] = {Volume: {}, Snapshot: {}, Backup: {}, Image: {}}
    for each in resources:
        volume = getattr(each, "volume", None)
        if volume is not None:
            named[Volume][volume.id] = volume
        named[type(each)][each.id] = each
    return Existing(*named.values())


def charges_of(volume: Volume) -> dict[str, int]:
    return {"volumes": 1, "gigabytes": volume.size or 0}


def bring_in(store: Store, *resources: Volume | Snapshot | Backup | Image) -> None:
    store.import_inventory(existing(*resources), charges_of)


def from_source(source: Volume | Snapshot | Backup | Image, **changes: Any) -> Entry:
    """A create whose decision read this source in the store."""
    names = {Snapshot: "snapshot", Volume: "source_volume", Backup: "backup", Image: "image"}
    return an_entry(stored_sources=Sources(**{names[type(source)]: source}), **changes)


def in_use(store: Store, project_id: str = "p1") -> dict[str, int]:
    """What a project uses, by resource; nothing may be reserved."""
    rows = store.usages(project_id)
    assert all(each.reserved == 0 for each in rows)
    return {each.resource: each.in_use for each in rows if each.in_use}


def is_untouched(store: Store) -> bool:
    """Whether nothing has been written, seen from where nothing is cached."""
    return not store.volumes(deleted=True) and not any(in_use(store).values()) and not store.status().messages


def settle(store: Store, volume_id: str, state: str = "dispatched", error: str | None = None) -> None:
    """Take a volume's next message through to this state."""
    (message,) = store.claim("me", 60, 1, volume_id)
    assert store.settle(message.id, message.token, state, error)  # type: ignore[arg-type]
