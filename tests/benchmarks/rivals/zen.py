"""The rules for GoRules' zen-engine: as one expression, and as a decision model."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version

import zen

from .facts import LONGEST, TYPES, ZONES, Facts, Rival

RULES = {
    "size": "size > 0",
    "source": "source == null or size >= source",
    "zone": f"zone in {json.dumps(ZONES)}",
    "type": f"type == null or type in {json.dumps(TYPES)}",
    "metadata": (
        f"all(keys(metadata), len(#) > 0 and len(#) <= {LONGEST}) and all(values(metadata), len(#) <= {LONGEST})"
    ),
}
_ONCE = {**RULES, "source": f"size <= 0 or {RULES['source']}"}
_BROKEN = "[" + ", ".join(f'({rule}) ? "" : "{name}"' for name, rule in _ONCE.items()) + "]"


def engines() -> Iterator[Rival]:
    """Both ways."""
    release = version("zen-engine")
    broken = zen.compile_expression(_BROKEN)
    accepted = zen.compile_expression(" and ".join(f"({rule})" for rule in RULES.values()))
    yield Rival(
        f"zen-engine {release}, expression", lambda facts: set(filter(None, broken.evaluate(facts))), accepted.evaluate
    )
    decision = zen.ZenEngine().create_decision(json.dumps(_model()))

    def names(facts: Facts) -> set[str]:
        return set(filter(None, decision.evaluate(facts)["result"]["broken"]))

    yield Rival(f"zen-engine {release}, decision model", names)


def _model() -> dict[str, object]:
    expressions = [{"id": "x1", "key": "broken", "value": _BROKEN}]
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in"},
        {"id": "rules", "type": "expressionNode", "name": "rules", "content": {"expressions": expressions}},
        {"id": "out", "type": "outputNode", "name": "out"},
    ]
    edges = [
        {"id": "e1", "type": "edge", "sourceId": "in", "targetId": "rules"},
        {"id": "e2", "type": "edge", "sourceId": "rules", "targetId": "out"},
    ]
    return {"nodes": nodes, "edges": edges}
