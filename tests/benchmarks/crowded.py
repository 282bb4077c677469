"""A site and an inventory in which there is one of everything that the rules tell apart, and bodies that ask for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from volrules.testing import a_backup, a_request, a_snapshot, a_volume, an_image, an_inventory

from . import samples

_TYPES = {
    name: str(UUID(int=number)) for number, name in enumerate(("ssd", "shared", "encrypted", "walled", "both"), 1)
}
_MORE = (
    {"name": "walled", "extra_specs": {"provisioning:min_vol_size": "12", "RESKEY:availability_zones": "az1, az2"}},
    {"name": "both", "encryption": {"provider": "luks"}, "extra_specs": {"multiattach": "<is> True"}},
)
SITE: dict[str, Any] = {
    **samples.SITE,
    "volume_types": [{**each, "id": _TYPES[each["name"]]} for each in (*samples.SITE["volume_types"], *_MORE)],
}

_VARIANTS: tuple[dict[str, Any], ...] = (
    {"status": "error"}, {"status": "in-use"}, {"status": None}, {"project_id": "p2"},
    {"project_id": "p2", "shared": True}, {"project_id": "p1"}, {"volume_type_id": _TYPES["encrypted"]},
    {"volume_type_id": _TYPES["walled"]},
    {"volume_type_id": _TYPES["encrypted"], "encryption_key_id": "k1"}, {"volume_type_id": _TYPES["both"]},
    {"volume_type_id": str(UUID(int=404))}, {"availability_zone": "az1"}, {"availability_zone": "mars"},
    {"availability_zone": None}, {"host": None}, {"size": None, "volume_size": None},
)  # fmt: skip
_OF_IMAGES: tuple[dict[str, Any], ...] = (
    {"status": "queued"}, {"status": None}, {"project_id": "p2"}, {"size": 11 * 1024**3 + 1}, {"min_disk": 30},
    {"virtual_size": 12 * 1024**3}, {"size": None, "min_disk": None},
)  # fmt: skip


def _id(kind: int, number: int) -> str:
    return str(UUID(int=kind * 2**64 + number))


def _without(entry: dict[str, Any], *members: str) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key not in members}


_VOLUMES = [a_volume(id=_id(1, n), **_without(each, "volume_size")) for n, each in enumerate(_VARIANTS)]
_SNAPSHOTS = [
    a_snapshot(id=_id(2, n), volume_id=_id(1, n), **_without(each, "size", "availability_zone", "host"))
    for n, each in enumerate(_VARIANTS)
]
_BACKUPS = [
    a_backup(id=_id(3, n), volume_id=_id(1, n), **{key: each[key] for key in ("status", "project_id") if key in each})
    for n, each in enumerate(_VARIANTS)
]
_IMAGES = [an_image(id=_id(4, n), name=f"image{n}", **each) for n, each in enumerate(_OF_IMAGES)]
INVENTORY = an_inventory(
    volumes=[a_volume(), *_VOLUMES],
    snapshots=[a_snapshot(), *_SNAPSHOTS, a_snapshot(id=_id(2, 99), volume_id=None)],
    backups=[
        a_backup(), *_BACKUPS, a_backup(id=_id(3, 98), volume_id=_id(1, 98)), a_backup(id=_id(3, 99), volume_id=None)
    ],
    images=[an_image(), *_IMAGES],
)  # fmt: skip
_LONG, _LONGER = "\u00e9" * 255, "\u00e9" * 256
_EDGES: tuple[dict[str, Any], ...] = (
    {"size": 10.0}, {"size": "0"}, {"size": "2147483648"}, {"size": "1" * 40},
    {"size": f"{7:040}"}, {"size": " 7"}, {"size": "\u0661"},
    {"name": _LONG}, {"name": _LONGER}, {"description": f"  {'y' * 255} "}, {"volume_type": _LONG},
    {"metadata": {_LONG: _LONG}}, {"metadata": {_LONGER: _LONGER, "": "x"}}, {"metadata": []},
    {"snapshot_id": _id(2, 0), "backup_id": _id(3, 0)}, {"snapshot_id": a_snapshot()["id"].replace("-", "").upper()},
    {"snapshot_id": [], "size": 5}, {"imageRef": "image1"}, {"imageRef": "image4", "size": 20}, {"image_id": ""},
    {"imageRef": f"http://images/v2/{_id(4, 0)}/"}, {"multiattach": "On"}, {"volume_type": "both"},
    {"volume_type": "walled", "size": 5, "availability_zone": "az1"},
)  # fmt: skip
_SHAPES = ([], {}, {"volume": 5}, {"volume": {}, "colour": 1}, {"volume": {}, "OS-SCH-HNT:scheduler_hints": []})


def cases(count: int, seed: int) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Bodies with their callers: the edges, bodies of other shapes, and generated ones, about half of them spoilt."""
    edges = (a_request(**edge) for edge in _EDGES)
    yield from ((body, samples.CONTEXT) for body in (*samples.BODIES.values(), *edges, *_SHAPES))
    yield from samples.cases(count, seed, SITE, INVENTORY)
