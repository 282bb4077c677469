"""Valid create bodies of every sort, from a seed: what a plugin must be able to take."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from typing import Any

from volrules.testing.builders import a_request

Body = dict[str, Any]
_SIZES = (1, 2, 8, 10, 13, 100, "16", 16384)
_NAMES = (None, "", "data", "  padded ", "Größe 1", "\N{SNOWMAN}", "<b>", "x" * 255)
_METADATA: tuple[dict[str, str] | None, ...] = (None, {}, {"tier": "gold"}, {"été": ""}, {"k" * 255: "v" * 255})
_HINTS: tuple[dict[str, Any] | None, ...] = (None, {}, {"same_host": ["a", "b"]})
# The section of the inventory, how a body names its entries, and which member is their size in GiB.
_SOURCES = (
    ("snapshots", "snapshot_id", "volume_size"),
    ("volumes", "source_volid", "size"),
    ("backups", "backup_id", "size"),
    ("images", "imageRef", "min_disk"),
)


def generated(
    site: Mapping[str, Any], inventory: Mapping[str, Any], extra: Mapping[str, Any], seed: int
) -> Iterator[Body]:
    """Bodies without end, the same ones for the same seed.

    They name zones and types of ``site`` and sources of ``inventory``, documents such as the builders make.
    ``extra``: a plugin's request schema; of its keys the ``examples``, ``enum``, ``const`` or ``default`` are used,
    else something of the ``type``.
    """
    random_ = random.Random(seed)
    while True:
        volume = {**_described(random_), **_typed(random_, site), **_extended(random_, extra)}
        source = _source(random_, inventory)
        if source:
            volume.pop("multiattach", None)  # the source's type may replace the one named
        else:
            volume |= _some(random_, availability_zone=random_.choice(site.get("availability_zones") or ["nova"]))
        yield a_request(hints=random_.choice(_HINTS), **{**volume, **(source or {"size": random_.choice(_SIZES)})})


def _described(random_: random.Random) -> Body:
    named = {random_.choice(("name", "display_name")): random_.choice(_NAMES)}
    told = {random_.choice(("description", "display_description")): random_.choice(_NAMES)}
    return {**named, **told, **_some(random_, metadata=random_.choice(_METADATA), group_id="g1")}


def _typed(random_: random.Random, site: Mapping[str, Any]) -> Body:
    if not site.get("volume_types"):
        return {}
    kind = random_.choice(site["volume_types"])
    shared = kind.get("extra_specs", {}).get("multiattach") == "<is> True"
    return _some(random_, volume_type=kind["name"]) and {
        "volume_type": kind["name"],
        "multiattach": random_.choice((True, "yes") if shared else (False, "no", None)),
    }


def _source(random_: random.Random, inventory: Mapping[str, Any]) -> Body:
    """A source, and mostly a size that it fits into."""
    there = [each for each in _SOURCES if inventory.get(each[0])]
    if not there or random_.random() < 0.5:
        return {}
    section, key, size = random_.choice(there)
    entry = random_.choice(inventory[section])
    large = {"size": (entry.get(size) or 1) + random_.choice((0, 1, 90))}
    return {key: entry["id"], **(large if section == "images" else _some(random_, **large))}


def _extended(random_: random.Random, schema: Mapping[str, Any]) -> Body:
    required = schema.get("required", ())
    chosen = {key: _value(random_, each) for key, each in schema.get("properties", {}).items()}
    return {key: value for key, value in chosen.items() if key in required or random_.random() < 0.5}


def _value(random_: random.Random, schema: Mapping[str, Any]) -> Any:
    for choices in ("examples", "enum"):
        if schema.get(choices):
            return random_.choice(schema[choices])
    for only in ("const", "default"):
        if only in schema:
            return schema[only]
    kinds = schema.get("type", "string")
    by_type = {"string": "text", "integer": schema.get("minimum", 1), "number": 1.5, "boolean": True, "null": None}
    kind = kinds if isinstance(kinds, str) else kinds[0]
    return by_type.get(kind, [] if kind == "array" else {})


def _some(random_: random.Random, **members: Any) -> Body:
    """About two thirds of the members."""
    return {key: value for key, value in members.items() if random_.random() < 2 / 3}
