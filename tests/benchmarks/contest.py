"""Engine.check against other engines: the same bodies from the same callers, the same rules, the same answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from typing import Any

from volrules import Engine
from volrules.model import Decision

from . import crowded, house, samples
from .decisions import PLAIN
from .floor import Floor
from .rivals.question import Answer, Rival
from .rivals.world import World
from .timing import Figure, Work, measure

TITLE = "Other engines"
BODIES = ("plain", "clone of a snapshot", "rejected by a rule")
_COUNT = 500
_TURN = 5_000_000
"""Long enough for the slower ones to warm up too."""


def figures(rounds: int) -> tuple[dict[str, list[Figure]], list[str]]:
    """A group for each body with a row for each engine that is installed, and what is missing."""
    engine = house.an_engine(site=crowded.SITE, inventory=crowded.INVENTORY)
    floor = house.a_floor(crowded.SITE, crowded.INVENTORY)
    rivals, missing = _rivals(World(crowded.SITE, crowded.INVENTORY))
    for body, context in crowded.cases(_COUNT, seed=1):
        decision = engine.check(body, context)
        for rival in rivals:
            _require_agreement(rival, decision, body, context)
    groups = {name: _group(name, engine, floor, rivals, rounds) for name in BODIES}
    return {f"{TITLE}, {name}": group for name, group in groups.items()}, missing


def _group(name: str, engine: Engine, floor: Floor, rivals: list[Rival], rounds: int) -> list[Figure]:
    asked = (samples.BODIES[name], samples.CONTEXT)
    check = partial(engine.check, *asked)
    accepted = check().accepted
    base, body = ("floor", name) if accepted else (PLAIN, "plain")
    works: dict[str, Work] = {
        base: partial(floor.decide, samples.BODIES[body], samples.CONTEXT),
        "volrules: decision": check,
        f"volrules: {'spec and provenance' if accepted else 'codes'}": partial(_rendered, check),
    }
    works |= {rival.name: partial(rival.decide, *asked) for rival in rivals}
    return measure(works, rounds, base, _TURN)


def _rendered(check: Callable[[], Decision]) -> object:
    decision = check()
    return (decision.spec, decision.provenance) if decision.accepted else [each.code for each in decision.violations]


def _rivals(world: World) -> tuple[list[Rival], list[str]]:
    found: list[Rival] = []
    missing: list[str] = []
    for module in ("zen", "cel", "rego", "cedar"):
        engines: Iterator[Rival] = iter(())
        try:
            engines = import_module(f"{__package__}.rivals.{module}").engines(world)
            found.extend(engines)
        except ImportError as error:
            missing.append(str(error))
    return found, missing


def _require_agreement(rival: Rival, decision: Decision, body: Any, context: dict[str, Any]) -> None:
    answer, expected = _plain(rival.decide(body, context)), _expected(decision)
    if decision.accepted and not rival.resolves:
        expected = set()
    assert answer == expected, f"{rival.name} says {answer} to {context} of {body}, volrules {expected}"


def _plain(answer: Answer) -> Any:
    """Without order, and with nothing for what the languages write for nothing."""
    return {key: value or None for key, value in answer.items()} if isinstance(answer, dict) else set(answer)


def _expected(decision: Decision) -> Any:
    """The codes, those of the schema as one, or the fields that rules resolve."""
    if not decision.accepted:
        return {"schema" if each.code.startswith("schema.") else each.code for each in decision.violations}
    spec, dispatch = decision.to_dict()["spec"], decision.to_dict()["dispatch"]
    fields = {each: spec[each] or None for each in ("size", "availability_zone", "volume_type_id", "multiattach")}
    qos, key = spec["qos_specs"], spec["encryption_key"]
    return {
        **fields,
        "qos_specs": qos and qos["id"],
        "encryption": key and key["action"],
        "host": dispatch.get("host"),
    }
