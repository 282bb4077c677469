"""Engine.check against the floor, body by body: the bare decision, and its whole document."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from volrules import Engine

from . import samples
from .floor import Floor
from .timing import Figure, Work, measure

PLAIN = "floor, plain body"
"""The base of rejections: a floor that rejects is done early, and a ratio to it says little."""


def figures(engine: Engine, floor: Floor, rounds: int) -> dict[str, list[Figure]]:
    """A group for each body."""
    return {name: _group(engine, floor, body, rounds) for name, body in samples.BODIES.items()}


def _group(engine: Engine, floor: Floor, body: Any, rounds: int) -> list[Figure]:
    base = "floor" if engine.check(body, samples.CONTEXT).accepted else PLAIN
    return measure(_works(engine, floor, body), rounds, base)


def _works(engine: Engine, floor: Floor, body: Any) -> dict[str, Work]:
    check = partial(engine.check, body, samples.CONTEXT)
    plain = samples.BODIES["plain"]
    works: dict[str, Work] = {
        PLAIN: partial(floor.decide, plain, samples.CONTEXT),
        "floor": partial(floor.decide, body, samples.CONTEXT),
        "decision": check,
        "decision and to_dict": lambda: check().to_dict(),
    }
    if check().accepted:
        works["decision, spec, provenance"] = _rendered(check)
    else:
        works["decision, codes and paths"] = lambda: [(each.code, each.path) for each in check().violations]
    return works


def _rendered(check: Callable[[], Any]) -> Work:
    def work() -> tuple[object, object]:
        decision = check()
        return decision.spec, decision.provenance

    return work
