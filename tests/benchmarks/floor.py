"""The floor: one decision written out by hand, straight-line Python on a parsed body, no plugins, no messages.

The same rules and the same outcomes as the engine's, for the site and the sources that it is built for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

FIELDS = frozenset(
    [
        "name", "description", "display_name", "display_description", "size", "volume_type", "metadata", "snapshot_id",
        "source_volid", "backup_id", "consistencygroup_id", "group_id", "availability_zone", "imageRef", "image_id",
        "multiattach",
    ]
)  # fmt: skip
TOP = frozenset(["volume", "OS-SCH-HNT:scheduler_hints"])
GIB = 1024**3
Verdict = tuple[bool, Any]


class Floor:
    """Decides plain bodies and clones of snapshots, volumes and images by hand."""

    def __init__(self, site: Mapping[str, Any], inventory: Any, types: Mapping[str, Any]) -> None:
        zones = site["availability_zones"]
        self.zones = None if zones is None else frozenset(zones)
        self.zone = site["default_availability_zone"] or site["storage_availability_zone"]
        self.same_az = site["cloned_volume_same_az"]
        self.same_host = site["snapshot_same_host"]
        self.default_type = site["default_volume_type"]
        self.largest = site["quotas"]["default"]["per_volume_gigabytes"]
        self.types = types
        self.volumes = inventory.volumes
        self.snapshots = inventory.snapshots
        self.images = inventory.images

    def decide(self, body: Any, project_id: str, roles: Any) -> Verdict:  # noqa: C901
        """(True, the spec's fields) or (False, the violations' codes)."""
        if type(body) is not dict or not body.keys() <= TOP:
            return False, ["schema"]
        volume = body.get("volume")
        if type(volume) is not dict or not volume.keys() <= FIELDS:
            return False, ["schema"]
        get = volume.get
        size = get("size")
        if type(size) is str:
            if not size.isascii() or not size.isdigit() or (size := int(size)) > 2147483647:
                return False, ["schema"]
            left_open = False
        else:
            if size is not None and (type(size) is not int or size > 2147483647):
                return False, ["schema"]
            left_open = not size
        name = get("name")
        if name is not None and (type(name) is not str or (len(name) > 255 and len(name.strip()) > 255)):
            return False, ["schema"]
        zone = get("availability_zone")
        if zone is not None and (type(zone) is not str or not 0 < len(zone) <= 255):
            return False, ["schema"]
        wanted = get("volume_type")
        if wanted is not None and (type(wanted) is not str or len(wanted) > 255):
            return False, ["schema"]
        metadata = get("metadata") or {}
        if type(metadata) is not dict:
            return False, ["schema"]
        for value in metadata.values():
            if type(value) is not str:
                return False, ["schema"]
        snapshot_id, source_volid, image_id = get("snapshot_id"), get("source_volid"), get("imageRef")
        try:
            if snapshot_id is not None:
                snapshot_id = str(UUID(snapshot_id))
            if source_volid is not None:
                source_volid = str(UUID(source_volid))
        except (ValueError, AttributeError, TypeError):
            return False, ["schema"]
        if (snapshot_id is not None) + (source_volid is not None) + (image_id is not None) > 1:
            return False, ["sources.exclusive"]
        codes: list[str] = []
        if roles is not None and "member" not in roles and "admin" not in roles:
            codes.append("policy.not_authorized")
        snapshot = source = image = kind = None
        if snapshot_id is not None:
            snapshot = self.snapshots.get(snapshot_id)
            if snapshot is None or snapshot.project_id not in (None, project_id):
                codes.append("snapshot.not_found")
            elif snapshot.status != "available":
                codes.append("snapshot.not_available")
        if source_volid is not None:
            source = self.volumes.get(source_volid)
            if source is None or source.project_id not in (None, project_id):
                codes.append("source_volume.not_found")
            elif source.status not in ("available", "in-use"):
                codes.append("source_volume.not_available")
        if image_id is not None:
            image = self.images.get(image_id)
            if image is None:
                codes.append("image.not_found")
            elif image.status != "active":
                codes.append("image.not_active")
        if wanted:
            kind = self.types.get(wanted)
            if kind is None:
                codes.append("volume_type.not_found")
        if codes:
            return False, codes
        if left_open:
            if source is not None:
                size = source.size
            elif snapshot is not None:
                size = snapshot.volume_size
        if size is None:
            codes.append("size.missing")
        elif size <= 0:
            codes.append("size.not_positive")
        elif source is not None and source.size is not None and size < source.size:
            codes.append("size.below_source_volume")
        elif snapshot is not None and snapshot.volume_size is not None and size < snapshot.volume_size:
            codes.append("size.below_snapshot")
        elif image is not None:
            if -(-(image.size or 0) // GIB) > size:
                codes.append("image.too_large")
            if (image.min_disk or 0) > size:
                codes.append("image.min_disk")
        origin = source if source is not None else snapshot.volume if snapshot is not None else None
        theirs = None if origin is None else origin.availability_zone
        if zone is None:
            zone = theirs or self.zone
        if self.zones is not None and zone not in self.zones:
            codes.append("availability_zone.not_offered")
        if self.same_az and theirs and theirs != zone:
            codes.append("availability_zone.not_sources" if source else "availability_zone.not_snapshots")
        if snapshot is not None:
            type_id = snapshot.volume_type_id
        elif kind is not None:
            type_id = kind.id
        elif source is not None:
            type_id = source.volume_type_id
        else:
            type_id = self.default_type
        kind = None if type_id is None else self.types.get(type_id)
        qos = key = None
        if kind is not None:
            if kind.extra_specs:
                raise NotImplementedError("the floor knows types without extra specs")
            qos = kind.qos_specs
            if kind.encryption is not None:
                holder = snapshot or source
                held = None if holder is None else holder.encryption_key_id
                key = {"action": "copy", "source_key_id": held} if held else {"action": "create"}
        for each, value in metadata.items():
            if not each:
                codes.append("metadata.blank_key")
            elif len(each) > 255:
                codes.append("metadata.key_too_long")
            elif len(value) > 255:
                codes.append("metadata.value_too_long")
        if size is not None and 0 <= self.largest < size:
            codes.append("quota.per_volume_gigabytes")
        if codes:
            return False, codes
        host = None if origin is None or (snapshot is not None and not self.same_host) else origin.host
        return True, {
            "size": size,
            "availability_zone": zone,
            "snapshot_id": snapshot_id,
            "source_volid": source_volid,
            "image_id": None if image is None else image.id,
            "volume_type_id": type_id if kind is None else kind.id,
            "qos_specs": qos,
            "encryption_key": key,
            "metadata": metadata,
            "name": None if name is None else name.strip(),
            "dispatch": {"target": "host", "host": host} if host else {"target": "scheduler"},
        }
