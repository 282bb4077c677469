"""Engine and floor say the same: asserted on generated requests before anything is timed."""

from __future__ import annotations

from collections import Counter

from volrules import Engine
from volrules.model import Decision

from . import samples
from .floor import Floor, Verdict


def require(engine: Engine, floor: Floor, count: int = 5000, seed: int = 1) -> Counter[str]:
    """How many were accepted, and rejected by which code first. Raises AssertionError for the first that differs."""
    timed = [(body, samples.CONTEXT) for body in samples.BODIES.values()]
    tally: Counter[str] = Counter()
    for body, context in [*timed, *samples.cases(count, seed)]:
        decision, verdict = engine.check(body, context), floor.decide(body, context)
        assert _of_decision(decision) == _of_verdict(verdict), f"{body}\n{decision.to_dict()}\n{verdict}"
        tally["accepted" if verdict[0] else verdict[1][0][0]] += 1
    return tally


def _of_decision(decision: Decision) -> object:
    document = decision.to_dict()
    if decision.accepted:
        return document["spec"], document["dispatch"]
    first = decision.violations[0]
    return ("schema", "") if first.code.startswith("schema.") else (first.code, first.path)


def _of_verdict(verdict: Verdict) -> object:
    accepted, found, dispatch = verdict
    return (found, dispatch) if accepted else found[0]
