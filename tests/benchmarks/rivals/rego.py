"""The rules in Rego, for two engines that run it in process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from .question import SCHEMA, Answer, Decide, Json, Rival, without_nulls
from .world import World

_POLICY = (Path(__file__).parent / "volumes.rego").read_text(encoding="utf-8")
_QUERY = "data.volumes.answer"
_FIELDS = [
    "name", "description", "display_name", "display_description", "size", "volume_type", "metadata", "snapshot_id",
    "source_volid", "backup_id", "consistencygroup_id", "group_id", "availability_zone", "imageRef", "image_id",
    "multiattach",
]  # fmt: skip
_DATA = {
    "fields": _FIELDS,
    "yes": ["true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES", "y", "t", "1"],
    "no": ["false", "False", "FALSE", "off", "Off", "OFF", "no", "No", "NO", "n", "f", "0"],
    "zones": {"nova": True, "az1": True},
    "not_found": {
        "snapshot_id": "snapshot.not_found",
        "source_volid": "source_volume.not_found",
        "backup_id": "backup.not_found",
        "image": "image.not_found",
    },
    "statuses": {
        "snapshot": ["available"],
        "source_volume": ["available", "in-use"],
        "backup": ["available"],
        "image": ["active"],
    },
    "unfit": {
        "snapshot": "snapshot.not_available",
        "source_volume": "source_volume.not_available",
        "backup": "backup.not_available",
        "image": "image.not_active",
    },
    "below": {noun: f"size.below_{noun}" for noun in ("snapshot", "source_volume", "backup")},
    "moved": {noun: f"availability_zone.not_{noun}s" for noun in ("snapshot", "source_volume")},
}


def engines(world: World) -> Iterator[Rival]:
    """Those that are installed; raises ImportError for the first that is not."""
    for engine in (_of_regorus, _of_regopy):
        name, ask = engine()
        yield Rival(name, _decider(world, ask))


def _decider(world: World, ask: Callable[[Json], Answer]) -> Decide:
    def decide(body: Any, context: Json) -> Answer:
        facts = world.facts(body, context)
        return SCHEMA if facts is None else ask(without_nulls(facts))

    return decide


def _of_regorus() -> tuple[str, Callable[[Json], Answer]]:
    import regorus

    engine = regorus.Engine()
    engine.add_policy("volumes.rego", _POLICY)
    engine.add_data(_DATA)

    def ask(facts: Json) -> Answer:
        engine.set_input_json(orjson.dumps(facts).decode())
        answer: Answer = engine.eval_rule(_QUERY)
        return answer

    release, _, _ = version("celine-regorus").partition(".post")
    return f"Rego: celine-regorus {release}", ask


def _of_regopy() -> tuple[str, Callable[[Json], Answer]]:
    import regopy

    engine = regopy.Interpreter()
    engine.add_module("volumes", _POLICY)
    engine.add_data(_DATA)
    bundle = engine.build(_QUERY, ["volumes/answer"])

    def ask(facts: Json) -> Answer:
        engine.set_input(regopy.Input(facts))
        answer: Answer = json.loads(str(engine.query_bundle(bundle)))["expressions"][0]
        return answer

    return f"Rego: regopy {version('regopy')}", ask
