"""What is known beforehand: the site and what exists there, to be found in the engine's time and handed in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from volrules.site import load_site

from .question import Json

_NOUNS = {"snapshot_id": "snapshots", "source_volid": "volumes", "backup_id": "backups"}


class World:
    """A site with what exists there, laid out for the rules: records linked, nothing left to parse."""

    def __init__(self, site: Json, inventory: Json) -> None:
        self.types = _types(load_site(site).document)
        self.volumes = {each["id"]: _record("source_volume", each) for each in inventory["volumes"]}
        self.snapshots = {each["id"]: self._copied("snapshot", each) for each in inventory["snapshots"]}
        self.backups = {each["id"]: self._copied("backup", each) for each in inventory["backups"]}
        self.images = {each["id"]: _record("image", each) for each in inventory["images"]}
        self.named = {each["name"]: each for each in self.images.values()}
        for each in (*self.volumes.values(), *self.snapshots.values(), *self.backups.values()):
            if each.get("volume_type_id") in self.types:
                each["type"] = self.types[each["volume_type_id"]]

    def facts(self, body: Any, context: Json) -> Json | None:
        """The body's parts, the caller, and the records of the source and the type; None for what is no such body."""
        volume = body.get("volume") if type(body) is dict else None
        if type(volume) is not dict or type(volume.get("size")) is float:
            return None
        beside = {key: value for key, value in body.items() if key != "volume"}
        facts = {"volume": volume, "beside": beside, "caller": context}
        try:
            if (source := self.source(volume)) is not None:
                facts["source"] = source
            if (kind := self.types.get(volume.get("volume_type"))) is not None:
                facts["kind"] = kind
        except (AttributeError, TypeError, ValueError):  # neither ids nor names
            return None
        return facts

    def source(self, volume: Json) -> Json | None:
        """The source that the body names, if it is there."""
        found = None
        for key, section in _NOUNS.items():
            if (name := volume.get(key)) is not None:
                records = getattr(self, section)
                found = records.get(name) or records.get(str(UUID(name)))
        if (name := volume.get("consistencygroup_id")) is not None:
            UUID(name)
        if name := volume.get("image_id") or volume.get("imageRef"):
            last = name.rstrip("/").rpartition("/")[2]
            found = self.images.get(last) or self.named.get(last if "://" in name else name)
        return found

    def _copied(self, noun: str, entry: Json) -> Json:
        """A snapshot's or backup's record, with what is its volume's."""
        record = _record(noun, entry)
        volume = self.volumes.get(entry.get("volume_id"))
        if volume is None:
            return record | ({} if entry.get("volume_id") is None else {"gone": True})
        inherited = ["project_id"] + (
            ["zone", "host"] if noun == "snapshot" else ["volume_type_id", "encryption_key_id"]
        )
        return {key: volume[key] for key in inherited if key in volume} | record


def _record(noun: str, entry: Json) -> Json:
    """An entry as the rules see it: without nulls, its zone and its size in GiB under one name each."""
    names = {"availability_zone": "zone", "volume_size": "size"} | ({"size": "bytes"} if noun == "image" else {})
    record = {names.get(key, key): value for key, value in entry.items() if value is not None}
    return {**record, "noun": noun}


def _types(site: Mapping[str, Any]) -> dict[str, Json]:
    """Types by name and id, their extra specs as numbers, lists and flags."""
    qos = {each["name"]: each["id"] for each in site["qos_specs"]}
    types: dict[str, Json] = {}
    for each in site["volume_types"]:
        specs = each["extra_specs"]
        zones = specs.get("RESKEY:availability_zones")
        found = {
            "id": each["id"],
            "qos": qos.get(each["qos_specs"]),
            "encrypted": each["encryption"] is not None,
            "multiattach": specs.get("multiattach") == "<is> True",
            "least": _number(specs.get("provisioning:min_vol_size")),
            "most": _number(specs.get("provisioning:max_vol_size")),
            "zones": None if zones is None else [zone.strip() for zone in zones.split(",")],
        }
        types[each["name"]] = types[each["id"]] = {key: value for key, value in found.items() if value is not None}
    return types


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)
