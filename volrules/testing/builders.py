"""Documents with defaults: say what matters to the test, leave out the rest.

Each is a plain dict, new with every call: a body, an entry of an inventory, an inventory or a site.
"""

from __future__ import annotations

from typing import Any

GIB = 1024**3
_HINTS = "OS-SCH-HNT:scheduler_hints"
_SIZED = {"size", "snapshot_id", "source_volid", "backup_id"}
_VOLUME, _SNAPSHOT, _BACKUP, _IMAGE = (f"{each * 8}-{each * 4}-4{each * 3}-8{each * 3}-{each * 12}" for each in "1234")
_LUKS = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}


def a_request(*, hints: dict[str, Any] | None = None, **volume: Any) -> dict[str, Any]:
    """A create body; it asks for 10 GiB, unless it names a size or a source that has one.

    ``hints``: its scheduler hints. What exists in :func:`an_inventory` is named by its builder's id::

        a_request(snapshot_id=a_snapshot()["id"])
    """
    body: dict[str, Any] = {"volume": volume if _SIZED & volume.keys() else {"size": 10, **volume}}
    return body if hints is None else {**body, _HINTS: hints}


def a_context(**members: Any) -> dict[str, Any]:
    """A member of project ``p1``."""
    return {"project_id": "p1", "user_id": "u1", "roles": ["member"], **members}


def a_volume(**members: Any) -> dict[str, Any]:
    """An available volume of 10 GiB in zone ``nova``, on host ``node1``; everyone's."""
    defaults = {"id": _VOLUME, "size": 10, "status": "available", "availability_zone": "nova", "host": "node1"}
    return {**defaults, **members}


def a_snapshot(**members: Any) -> dict[str, Any]:
    """An available snapshot of :func:`a_volume`, 10 GiB."""
    return {"id": _SNAPSHOT, "volume_id": _VOLUME, "volume_size": 10, "status": "available", **members}


def a_backup(**members: Any) -> dict[str, Any]:
    """An available backup of :func:`a_volume`, 10 GiB."""
    return {"id": _BACKUP, "volume_id": _VOLUME, "size": 10, "status": "available", **members}


def an_image(**members: Any) -> dict[str, Any]:
    """An active image of 2 GiB, given in bytes; ``min_disk`` is in GiB."""
    return {"id": _IMAGE, "name": "debian", "status": "active", "size": 2 * GIB, "min_disk": 2, **members}


def an_inventory(**sections: Any) -> dict[str, Any]:
    """One volume with a snapshot and a backup, and one image; ``sections`` replace its own."""
    entries = {"volumes": [a_volume()], "snapshots": [a_snapshot()], "backups": [a_backup()], "images": [an_image()]}
    return {**entries, **sections}


def a_volume_type(name: str = "ssd", **members: Any) -> dict[str, Any]:
    """A volume type of a site, without any demands."""
    return {"name": name, **members}


def a_site(**members: Any) -> dict[str, Any]:
    """Zones ``nova`` and ``az1``, the types ``ssd``, ``shared`` (multiattach) and ``encrypted``, no quota limits."""
    types = [
        a_volume_type(),
        a_volume_type("shared", extra_specs={"multiattach": "<is> True"}),
        a_volume_type("encrypted", encryption=_LUKS),
    ]
    unlimited = {"default": {"volumes": -1, "gigabytes": -1}}
    return {"availability_zones": ["nova", "az1"], "volume_types": types, "quotas": unlimited, **members}
