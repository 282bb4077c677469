"""The rules as Cedar policies, one forbid each, which its diagnostics name; the shape by a compiled JSON Schema."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import cedarpy
import orjson

from .policy import read
from .question import SCHEMA, Answer, Json, Rival, behind_schema, without_nulls
from .world import World

_YES = frozenset(["true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES", "y", "t", "1", True])
_IDS = {"snapshot_id": "snapshot", "source_volid": "source_volume", "backup_id": "backup"}
_WHO = {"principal": 'User::"u"', "action": 'Action::"create"', "resource": 'Site::"s"'}


def engines(world: World) -> Iterator[Rival]:
    """With policies and entities parsed beforehand."""
    policies, entities = cedarpy.PolicySet.from_str(_policies()), cedarpy.Entities.from_json_str("[]")

    def decide(body: Any, context: Json) -> Answer:
        facts = world.facts(body, context)
        if facts is None:
            return SCHEMA
        asked = {**_WHO, "context": orjson.dumps(_asked(without_nulls(facts))).decode()}
        answer = cedarpy.is_authorized(asked, policies, entities)
        return [] if answer.allowed else list(answer.diagnostics.id_annotations_by_reason.values())

    yield Rival(f"Cedar: cedarpy {version('cedarpy')}, JSON Schema first", behind_schema(decide), resolves=False)


def _policies() -> str:
    rules = read("volumes.cedar").rules.items()
    forbids = (f'@id("{code}") forbid(principal, action, resource) when {{ {rule} }};' for code, rule in rules)
    return "\n".join(["permit(principal, action, resource);", *forbids])


def _asked(facts: Json) -> Json:
    """Cedar's context: the records as they are, what is resolved, and what it cannot measure."""
    volume, caller = facts["volume"], facts["caller"]
    source: Json = facts.get("source", {})
    get = volume.get
    names = [noun for key, noun in _IDS.items() if key in volume]
    if get("image_id") or get("imageRef"):
        names.append("image")
    metadata = get("metadata", {})
    given = int(volume["size"]) if "size" in volume else None
    open_ = get("size") in (None, 0)
    size = source.get("size", given) if open_ else given
    inherits = source.get("noun") == "snapshot" or (source.get("noun") == "backup" and "volume_id" in source)
    wanted = bool(get("volume_type"))
    kind: Json | None = source.get("type") if inherits or not wanted else facts.get("kind")
    undeclared = (inherits or not wanted) and "volume_type_id" in source and "type" not in source
    return {
        **{key: facts[key] for key in ("source",) if key in facts},
        **{key: value for key, value in (("roles", caller.get("roles")), ("size", size)) if value is not None},
        "project_id": caller.get("project_id") or "default",
        "named": len(names),
        "names": names or ["none"],
        "open": open_,
        "below": size is not None and size < source.get("size", size),
        "zone": get("availability_zone") or source.get("zone", "nova"),
        "placed": "availability_zone" in volume,
        "unfound": wanted and "kind" not in facts,
        "undeclared": undeclared,
        "kind": kind or {},
        "typed": not undeclared and "gone" not in source and (inherits or not wanted or "kind" in facts),
        "shared": get("multiattach") in _YES,
        "blank": "" in metadata,
        "longest_key": max(map(len, metadata), default=0),
        "longest_value": max(map(len, metadata.values()), default=0),
    }
