"""Sources: rows read as the model's values, and whether they are still what a decision read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, TypeVar

from volrules.model import Backup, Image, Snapshot, Sources, Volume
from volrules.store.transaction import Row, Transaction
from volrules.store.values import SourceChanged

Source = Volume | Snapshot | Backup | Image
Parent = TypeVar("Parent", Snapshot, Backup)

VOLUME = """
    SELECT id, size, status, availability_zone, volume_type_id, encryption_key_id, host, project_id, shared
    FROM volumes
    WHERE id = :id AND deleted_at IS NULL
"""

# A snapshot or backup and, behind it, the volume it is of: all NULL when that is gone.
_OF_VOLUME = """
    v.id, v.size, v.status, v.availability_zone, v.volume_type_id, v.encryption_key_id, v.host, v.project_id, v.shared
"""
SNAPSHOT = f"""
    SELECT s.id, s.volume_id, s.volume_size, s.status, s.volume_type_id, s.encryption_key_id, s.project_id, s.shared,
           {_OF_VOLUME}
    FROM snapshots s LEFT JOIN volumes v ON v.id = s.volume_id AND v.deleted_at IS NULL
    WHERE s.id = :id AND s.deleted_at IS NULL
"""
BACKUP = f"""
    SELECT b.id, b.volume_id, b.size, b.status, b.project_id, b.shared,
           {_OF_VOLUME}
    FROM backups b LEFT JOIN volumes v ON v.id = b.volume_id AND v.deleted_at IS NULL
    WHERE b.id = :id AND b.deleted_at IS NULL
"""

IMAGE = """
    SELECT id, name, status, size, min_disk, virtual_size, project_id, shared
    FROM images
    WHERE id = :id AND deleted_at IS NULL
"""
IMAGES_NAMED = """
    SELECT id, name, status, size, min_disk, virtual_size, project_id, shared
    FROM images
    WHERE name = :name AND deleted_at IS NULL
    ORDER BY id
"""


def find_volume(transaction: Transaction, volume_id: str) -> Volume | None:
    """The volume, None when there is none."""
    rows = transaction.rows(VOLUME, {"id": volume_id})
    return _volume(rows[0]) if rows else None


def find_snapshot(transaction: Transaction, snapshot_id: str) -> Snapshot | None:
    """The snapshot with its volume, None when there is none."""
    return _with_volume(Snapshot, transaction.rows(SNAPSHOT, {"id": snapshot_id}))


def find_backup(transaction: Transaction, backup_id: str) -> Backup | None:
    """The backup with its volume, None when there is none."""
    return _with_volume(Backup, transaction.rows(BACKUP, {"id": backup_id}))


def find_image(transaction: Transaction, reference: str) -> Image | None:
    """The image of that id, else the only one of that name."""
    rows = transaction.rows(IMAGE, {"id": reference})
    if rows:
        return _image(rows[0])
    named = find_images_named(transaction, reference)
    return named[0] if len(named) == 1 else None


def find_images_named(transaction: Transaction, name: str) -> tuple[Image, ...]:
    """All images of that name, by id."""
    return tuple(map(_image, transaction.rows(IMAGES_NAMED, {"name": name})))


def changed(transaction: Transaction, read: Sources) -> SourceChanged | None:
    """The first source that is no longer what the decision read, in the order of the look-ups."""
    for kind, source in listed(read):
        difference = difference_to(source, _FINDERS[kind](transaction, source.id))
        if difference:
            return SourceChanged(kind, source.id, difference)
    return None


def listed(read: Sources) -> Iterator[tuple[str, Source]]:
    """The sources there are, each with its kind, in the order of the look-ups."""
    for kind, source in zip(_FINDERS, (read.snapshot, read.source_volume, read.backup, read.image), strict=True):
        if source is not None:
            yield kind, source


def difference_to(read: Source, current: Source | None) -> str:
    """What differs: "deleted", the names of fields, or nothing ("")."""
    if current is None:
        return "deleted"
    read, current = settled(read), settled(current)
    if read == current:
        return ""
    return ", ".join(each.name for each in fields(read) if getattr(read, each.name) != getattr(current, each.name))


def settled(source: Any) -> Any:
    """The source with an attached volume as a detached one: both are permitted, and mean the same to a decision."""
    if isinstance(source, Volume):
        return replace(source, status="available") if source.status == "in-use" else source
    volume = getattr(source, "volume", None)
    return source if volume is None else replace(source, volume=settled(volume))


def _volume(row: Row) -> Volume:
    return Volume(*_with_flag(row))


def _image(row: Row) -> Image:
    return Image(*_with_flag(row))


def _with_flag(row: Row) -> list[Any]:
    # SQLite has no booleans: the last column, ``shared``, is made one.
    return [*row[:-1], bool(row[-1])]


def _with_volume(kind: type[Parent], rows: Sequence[Row]) -> Parent | None:
    if not rows:
        return None
    behind = len(fields(Volume))
    own: Row = rows[0][:-behind]
    of_volume: Row = rows[0][-behind:]
    volume = None if of_volume[0] is None else _volume(of_volume)
    return kind(*[*_with_flag(own), volume])


_FINDERS: dict[str, Any] = {
    "snapshot": find_snapshot,
    "volume": find_volume,
    "backup": find_backup,
    "image": find_image,
}
