"""The inventory: what exists already, found by id in constant time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

from volrules.errors import InventoryError
from volrules.hookspecs import hookimpl
from volrules.inventory_checks import all_findings, canonical_id
from volrules.inventory_schema import FIELDS, UUIDS
from volrules.model import Backup, Context, Image, Snapshot, Volume
from volrules.model.request import canonical_uuid
from volrules.model.visibility import visible
from volrules.reading.diagnosis import problems
from volrules.reading.operator_file import Source, read

_Resource = TypeVar("_Resource", Volume, Snapshot, Backup, Image)
_OfVolume = TypeVar("_OfVolume", Snapshot, Backup)


@dataclass(frozen=True, slots=True, eq=False)
class Inventory:
    """Resources by id, read-only; a plugin that answers the ``volrules_find_*`` hooks with them.

    Snapshots and backups have their ``volume`` where it is here, and its project where they name none.
    ``images_by_name``: several images may share a name.
    """

    volumes: Mapping[str, Volume]
    snapshots: Mapping[str, Snapshot]
    backups: Mapping[str, Backup]
    images: Mapping[str, Image]
    images_by_name: Mapping[str, tuple[Image, ...]]

    @hookimpl(trylast=True)
    def volrules_find_volume(self, volume_id: str, context: Context) -> Volume | None:
        """The volume of that id, when the caller sees it."""
        return _found(self.volumes, volume_id, context)

    @hookimpl(trylast=True)
    def volrules_find_snapshot(self, snapshot_id: str, context: Context) -> Snapshot | None:
        """The snapshot of that id, when the caller sees it."""
        return _found(self.snapshots, snapshot_id, context)

    @hookimpl(trylast=True)
    def volrules_find_backup(self, backup_id: str, context: Context) -> Backup | None:
        """The backup of that id, when the caller sees it."""
        return _found(self.backups, backup_id, context)

    @hookimpl(trylast=True)
    def volrules_find_image(self, image_id: str, context: Context) -> Image | None:
        """The image of that id, else the only one of that name, among those the caller sees."""
        image = _found(self.images, image_id, context)
        if image is not None:
            return image
        named = [each for each in self.images_by_name.get(image_id, ()) if visible(each, context)]
        return named[0] if len(named) == 1 else None


def load_inventory(source: Source = None) -> Inventory:
    """Read an inventory from a YAML or JSON file or a mapping; None is an empty one.

    Raises InventoryError with all problems at once, DocumentMissing when there is no file to read.
    """
    file = read(source, "inventory", InventoryError)
    found = all_findings(file.content)
    if found:
        raise InventoryError(file.name, problems(found, file.content, file.line_of))
    return _inventory({section: _canonical(file.content.get(section) or ()) for section in FIELDS})


def _canonical(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows without their nulls, with uuids in canonical form."""
    clean = [{field: value for field, value in row.items() if value is not None} for row in rows]
    for row in clean:
        row.update({field: canonical_id(row[field]) for field in UUIDS if field in row})
    return clean


def _inventory(rows: Mapping[str, list[dict[str, Any]]]) -> Inventory:
    volumes = _by_id(Volume(**row) for row in rows["volumes"])
    images = _by_id(Image(**row) for row in rows["images"])
    return Inventory(
        volumes=volumes,
        snapshots=_by_id(_attached(Snapshot(**row), volumes) for row in rows["snapshots"]),
        backups=_by_id(_attached(Backup(**row), volumes) for row in rows["backups"]),
        images=images,
        images_by_name=_by_name(images.values()),
    )


def _by_id(resources: Iterable[_Resource]) -> Mapping[str, _Resource]:
    return MappingProxyType({each.id: each for each in resources})


def _by_name(images: Iterable[Image]) -> Mapping[str, tuple[Image, ...]]:
    names: dict[str, list[Image]] = {}
    for image in images:
        if image.name is not None:
            names.setdefault(image.name, []).append(image)
    return MappingProxyType({name: tuple(each) for name, each in names.items()})


def _attached(resource: _OfVolume, volumes: Mapping[str, Volume]) -> _OfVolume:
    volume = volumes.get(resource.volume_id or "")
    if volume is None:
        return resource
    return replace(resource, volume=volume, project_id=resource.project_id or volume.project_id)


def _found(resources: Mapping[str, _Resource], resource_id: str, context: Context) -> _Resource | None:
    resource = resources.get(resource_id) or resources.get(canonical_uuid(resource_id))
    return resource if resource is not None and visible(resource, context) else None
