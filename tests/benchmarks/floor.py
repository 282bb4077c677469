"""The floor: one decision written out by hand, straight-line Python on a parsed body, no plugins, no messages.

The same shape, the same rules and the same outcomes as the engine's; what it leaves out is what makes the engine
one: provenance, sentences, follow-up errors kept apart, plugins. Its texts come from a parser of strict JSON.
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
HINTS = "OS-SCH-HNT:scheduler_hints"
TOP = frozenset(["volume", HINTS])
MEMBERS = frozenset(["project_id", "user_id", "roles", "request_id"])
YES = frozenset(["true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES", "y", "t", "1"])
NO = frozenset(["false", "False", "FALSE", "off", "Off", "OFF", "no", "No", "NO", "n", "f", "0"])
GIB = 1024**3
LARGEST = 2147483647
Verdict = tuple[bool, Any, Any]
"""Accepted: the spec's fields and where it goes. Rejected: codes with their paths, and None."""
SCHEMA: Verdict = (False, [("schema", "")], None)
SCHEDULER = {"target": "scheduler"}


class Floor:
    """Decides by hand for one site and what exists there; both as the engine reads them."""

    def __init__(self, site: Mapping[str, Any], inventory: Any, types: Mapping[str, Any]) -> None:
        zones = site["availability_zones"]
        self.zones = None if zones is None else frozenset(zones)
        self.zone = site["default_availability_zone"] or site["storage_availability_zone"]
        self.same_az = site["cloned_volume_same_az"]
        self.same_host = site["snapshot_same_host"]
        self.default_type = site["default_volume_type"]
        self.bound = site["quotas"]["default"]["per_volume_gigabytes"]
        bounds = ((key, each.get("per_volume_gigabytes")) for key, each in site["quotas"]["projects"].items())
        self.bounds = {project: bound for project, bound in bounds if bound is not None}
        self.types = types
        self.qos = {each.id: None if each.qos_specs is None else each.qos_specs.to_dict() for each in types.values()}
        self.volumes = inventory.volumes
        self.snapshots = inventory.snapshots
        self.backups = inventory.backups
        self.images = inventory.images
        self.images_by_name = inventory.images_by_name

    def decide(self, body: Any, context: Mapping[str, Any]) -> Verdict:  # noqa: C901
        """The verdict on a body of that caller."""
        # who asks
        if not context.keys() <= MEMBERS:
            raise ValueError("context")
        project_id, roles = context.get("project_id"), context.get("roles")
        if project_id is None:
            project_id = "default"
        elif type(project_id) is not str or not project_id:
            raise ValueError("project_id")
        for each in (context.get("user_id"), context.get("request_id"), *(roles or ())):
            if each is not None and (type(each) is not str or not each):
                raise ValueError("context")
        admin = roles is not None and "admin" in roles

        # the shape
        if type(body) is not dict or not body.keys() <= TOP:
            return SCHEMA
        volume = body.get("volume")
        if type(volume) is not dict or not volume.keys() <= FIELDS:
            return SCHEMA
        hints = body.get(HINTS)
        if hints is not None and type(hints) is not dict:
            return SCHEMA
        get = volume.get
        size = get("size")
        if type(size) is str:
            if not size.isascii() or not size.isdigit() or len(size := size.lstrip("0") or "0") > 10:
                return SCHEMA
            size, left_open = int(size), False
            if size > LARGEST:
                return SCHEMA
        else:
            if size is not None and (type(size) is not int or size > LARGEST):
                return SCHEMA
            left_open = not size
        name, older = get("name"), get("display_name")
        if name is not None and (type(name) is not str or (len(name) > 255 and len(name.strip()) > 255)):
            return SCHEMA
        if older is not None and (type(older) is not str or (len(older) > 255 and len(older.strip()) > 255)):
            return SCHEMA
        if name is None:
            name = older
        description, older = get("description"), get("display_description")
        if description is not None and (
            type(description) is not str or (len(description) > 255 and len(description.strip()) > 255)
        ):
            return SCHEMA
        if older is not None and (type(older) is not str or (len(older) > 255 and len(older.strip()) > 255)):
            return SCHEMA
        if description is None:
            description = older
        zone = get("availability_zone")
        if zone is not None and (type(zone) is not str or not 0 < len(zone) <= 255):
            return SCHEMA
        wanted = get("volume_type")
        if wanted is not None and (type(wanted) is not str or len(wanted) > 255):
            return SCHEMA
        group_id = get("group_id")
        if group_id is not None and (type(group_id) is not str or len(group_id) > 255):
            return SCHEMA
        multiattach = get("multiattach")
        if type(multiattach) is str:
            if multiattach not in YES and multiattach not in NO:
                return SCHEMA
            multiattach = multiattach in YES
        elif multiattach is not None and type(multiattach) is not bool:
            return SCHEMA
        metadata = get("metadata")
        if metadata is None:
            metadata = {}
        elif type(metadata) is not dict:
            return SCHEMA
        for value in metadata.values():
            if type(value) is not str:
                return SCHEMA
        reference, image_id = get("imageRef"), get("image_id")
        if reference is not None and (type(reference) is not str or len(reference) > 255):
            return SCHEMA
        if image_id is not None and (type(image_id) is not str or len(image_id) > 255):
            return SCHEMA
        snapshot_id, source_volid = get("snapshot_id"), get("source_volid")
        backup_id, consistencygroup_id = get("backup_id"), get("consistencygroup_id")
        try:
            if snapshot_id is not None:
                snapshot_id = str(UUID(snapshot_id))
            if source_volid is not None:
                source_volid = str(UUID(source_volid))
            if backup_id is not None:
                backup_id = str(UUID(backup_id))
            if consistencygroup_id is not None:
                consistencygroup_id = str(UUID(consistencygroup_id))
        except (ValueError, AttributeError, TypeError):
            return SCHEMA
        named = "image_id" if image_id else "imageRef"
        image_id = image_id or reference or None
        if image_id is not None and "/" in image_id:
            last = image_id.rstrip("/").rpartition("/")[2]
            if "://" in image_id:
                image_id = last
            else:
                try:
                    UUID(last)
                    image_id = last
                except ValueError:
                    pass

        # one source, a caller who may, and what is named is there
        given = (snapshot_id is not None) + (source_volid is not None) + (image_id is not None)
        if given + (backup_id is not None) > 1:
            return False, [("sources.exclusive", "/volume")], None
        if roles is not None and not admin and "member" not in roles:
            return False, [("policy.not_authorized", "")], None
        codes: list[tuple[str, str]] = []
        snapshot = source = backup = image = requested = None
        if snapshot_id is not None:
            snapshot = self.snapshots.get(snapshot_id)
            if snapshot is None or not (snapshot.shared or admin or snapshot.project_id in (None, project_id)):
                codes.append(("snapshot.not_found", "/volume/snapshot_id"))
        elif source_volid is not None:
            source = self.volumes.get(source_volid)
            if source is None or not (source.shared or admin or source.project_id in (None, project_id)):
                codes.append(("source_volume.not_found", "/volume/source_volid"))
        elif backup_id is not None:
            backup = self.backups.get(backup_id)
            if backup is None or not (backup.shared or admin or backup.project_id in (None, project_id)):
                codes.append(("backup.not_found", "/volume/backup_id"))
        elif image_id is not None:
            image = self.images.get(image_id)
            if image is None:
                seen = [
                    each
                    for each in self.images_by_name.get(image_id, ())
                    if each.shared or admin or each.project_id in (None, project_id)
                ]
                image = seen[0] if len(seen) == 1 else None
            elif not (image.shared or admin or image.project_id in (None, project_id)):
                image = None
            if image is None:
                codes.append(("image.not_found", f"/volume/{named}"))
        if wanted:
            requested = self.types.get(wanted)
            if requested is None:
                codes.append(("volume_type.not_found", "/volume/volume_type"))
        if codes:
            return False, codes, None
        if snapshot is not None:
            if snapshot.status not in (None, "available"):
                codes.append(("snapshot.not_available", "/volume/snapshot_id"))
        elif source is not None:
            if source.status not in (None, "available", "in-use"):
                codes.append(("source_volume.not_available", "/volume/source_volid"))
        elif backup is not None:
            if backup.status not in (None, "available"):
                codes.append(("backup.not_available", "/volume/backup_id"))
        elif image is not None and image.status not in (None, "active"):
            codes.append(("image.not_active", f"/volume/{named}"))

        # the size
        if source is not None:
            least, code = source.size, "size.below_source_volume"
        elif snapshot is not None:
            least, code = snapshot.volume_size, "size.below_snapshot"
        elif backup is not None:
            least, code = backup.size, "size.below_backup"
        else:
            least, code = None, ""
        if left_open and least is not None:
            size = least
        if size is None:
            codes.append(("size.missing", "/volume/size"))
        elif size <= 0:
            codes.append(("size.not_positive", "/volume/size"))
        elif least is not None and size < least:
            codes.append((code, "/volume/size"))
        elif image is not None:
            if image.size is not None and -(-image.size // GIB) > size:
                codes.append(("image.too_large", "/volume/size"))
            if image.min_disk is not None and image.min_disk > size:
                codes.append(("image.min_disk", "/volume/size"))
            if image.virtual_size is not None and -(-image.virtual_size // GIB) > size:
                codes.append(("image.virtual_size", "/volume/size"))

        # the zone
        origin = source if source is not None else snapshot.volume if snapshot is not None else None
        theirs = None if origin is None else origin.availability_zone
        if zone is None:
            zone = theirs or self.zone
        if self.zones is not None and zone not in self.zones:
            codes.append(("availability_zone.not_offered", "/volume/availability_zone"))
        if self.same_az and theirs and theirs != zone:
            whose = "snapshots" if source is None else "source_volumes"
            codes.append((f"availability_zone.not_{whose}", "/volume/availability_zone"))

        # the type, and what it demands
        declared = True
        if snapshot is not None:
            type_id = snapshot.volume_type_id
        elif backup is not None and backup.volume_id is not None:
            if backup.volume is None:
                codes.append(("volume_type.backup_volume_gone", "/volume/backup_id"))
                declared = False
            type_id = None if backup.volume is None else backup.volume.volume_type_id
        elif requested is not None:
            type_id = requested.id
        elif source is not None:
            type_id = source.volume_type_id
        else:
            type_id = self.default_type
        kind = None if type_id is None else self.types.get(type_id)
        if type_id is not None and kind is None:
            codes.append(("volume_type.not_declared", "/volume/volume_type"))
            declared = False
        specs = None if kind is None else kind.extra_specs
        shareable = False
        if specs:
            bound = specs.get("provisioning:min_vol_size")
            if bound is not None and size is not None and size < int(bound):
                codes.append(("volume_type.size_too_small", "/volume/size"))
            bound = specs.get("provisioning:max_vol_size")
            if bound is not None and size is not None and size > int(bound):
                codes.append(("volume_type.size_too_large", "/volume/size"))
            bound = specs.get("RESKEY:availability_zones")
            if bound is not None and zone not in [each.strip() for each in bound.split(",")]:
                codes.append(("volume_type.not_in_zone", "/volume/availability_zone"))
            shareable = specs.get("multiattach") == "<is> True"
        if multiattach and not shareable and declared:
            codes.append(("volume_type.no_multiattach", "/volume/multiattach"))
        if shareable and kind is not None and kind.encryption is not None:
            codes.append(("volume_type.multiattach_encrypted", "/volume/volume_type"))
        key = None
        if kind is not None and kind.encryption is not None:
            holder = snapshot or source or (None if backup is None else backup.volume)
            held = None if holder is None else holder.encryption_key_id
            key = {"action": "copy", "source_key_id": held} if held else {"action": "create"}

        # metadata, and the bound for one volume
        for each, value in metadata.items():
            if not each:
                codes.append(("metadata.blank_key", "/volume/metadata/"))
            elif len(each) > 255:
                codes.append(("metadata.key_too_long", f"/volume/metadata/{each}"))
            if len(value) > 255:
                codes.append(("metadata.value_too_long", f"/volume/metadata/{each}"))
        limit = self.bounds.get(project_id, self.bound)
        if size is not None and 0 <= limit < size:
            codes.append(("quota.per_volume_gigabytes", "/volume/size"))
        if codes:
            return False, codes, None

        host = None if origin is None or (snapshot is not None and not self.same_host) else origin.host
        spec = {
            "size": size,
            "availability_zone": zone,
            "snapshot_id": snapshot_id,
            "source_volid": source_volid,
            "image_id": None if image is None else image.id,
            "backup_id": backup_id,
            "volume_type_id": None if kind is None else kind.id,
            "volume_type": None if kind is None else kind.name,
            "qos_specs": None if kind is None else self.qos[kind.id],
            "encryption_key": key,
            "metadata": metadata,
            "name": None if name is None else name.strip(),
            "description": None if description is None else description.strip(),
            "multiattach": shareable,
            "group_id": group_id,
            "consistencygroup_id": consistencygroup_id,
            "scheduler_hints": hints or {},
            "extra": {},
        }
        return True, spec, {"target": "host", "host": host} if host else SCHEDULER
