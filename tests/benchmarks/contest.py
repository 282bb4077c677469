"""Engine.check against other engines on the five rules that all of them are given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib import import_module

from volrules import Engine

from . import samples
from .floor import Floor
from .rivals.facts import BODIES, CODES, PLAIN, Facts, Rival, facts
from .timing import Figure, Work, measure

CHECK = "volrules: the shape and all rules"
FIVE = "volrules: the shape and the five rules"
_OTHERS = ("authorize", "image", "volume_type_constraints", "qos_specs", "encryption_key", "quota", "dispatch")
"""The built-in plugins that the five rules do without."""


def figures(engine: Engine, floor: Floor, rounds: int) -> tuple[list[Figure], list[str]]:
    """A row for each engine that is installed, and what is missing."""
    found, missing = _rivals()
    for rival in found:
        _require_agreement(rival, engine)
    asked = facts(PLAIN)
    works: dict[str, Work] = {
        "floor": partial(floor.decide, PLAIN, samples.CONTEXT),
        CHECK: partial(engine.check, PLAIN, samples.CONTEXT),
        FIVE: partial(_of_five().check, PLAIN, samples.CONTEXT),
    }
    for rival in found:
        works[f"{rival.name}: which rules"] = partial(rival.broken, asked)
        if rival.accepts is not None:
            works[f"{rival.name}: yes or no"] = partial(rival.accepts, asked)
    return measure(works, rounds), missing


def _of_five() -> Engine:
    settings = {name: {"enabled": False} for name in _OTHERS}
    return Engine.open({**samples.SITE, "plugins": settings}, inventory=samples.INVENTORY)


def _rivals() -> tuple[list[Rival], list[str]]:
    found: list[Rival] = []
    missing: list[str] = []
    for module in ("cedar", "zen", "cel", "rego"):
        engines: Iterator[Rival] = iter(())
        try:
            engines = import_module(f"{__package__}.rivals.{module}").engines()
            found.extend(engines)
        except ImportError as error:
            missing.append(str(error))
    return found, missing


def _require_agreement(rival: Rival, engine: Engine) -> None:
    for body in BODIES:
        asked, expected = facts(body), _broken(engine, body)
        answer = rival.broken(asked)
        assert answer == expected, f"{rival.name} says {answer or 'accepted'} of {body}, volrules {expected}"
        assert rival.accepts is None or rival.accepts(asked) is (not expected), f"{rival.name}: {body}"


def _broken(engine: Engine, body: Facts) -> set[str]:
    codes = {each.code for each in engine.check(body, samples.CONTEXT).violations}
    return {rule for rule, its in CODES.items() if its & codes}
