"""The rules for GoRules' zen-engine, as compiled expressions and as a decision model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

import orjson
import zen

from .policy import Policy, read
from .question import SCHEMA, Answer, Decide, Json, Rival, behind_schema
from .world import World

Program = Callable[[bytes], Any]


def engines(world: World) -> Iterator[Rival]:
    """As expressions and as models, with the shape in the language and with a JSON Schema first."""
    policy = read("volumes.zen")
    fields, codes = tuple(policy.volume), zen.compile_expression(_why(policy)).evaluate
    for way, program in (("expression", _in_expression), ("decision model", _in_model)):
        name = f"zen-engine {version('zen-engine')}, {way}"
        yield Rival(name, _decider(world, fields, program(_yes(policy)), codes))
        shaped = program(_yes(policy._replace(shape={})))
        yield Rival(f"{name}, JSON Schema first", behind_schema(_decider(world, fields, shaped, codes)))


def _in_expression(source: str) -> Program:
    program: Program = zen.compile_expression(source).evaluate
    return program


def _in_model(source: str) -> Program:
    """The static loader is the one that compiles beforehand."""
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"volumes": _model(source)}}})
    return lambda facts: engine.evaluate("volumes", facts)["result"].get("volume")


def _decider(world: World, fields: tuple[str, ...], volume: Program, codes: Program) -> Decide:
    def decide(body: Any, context: Json) -> Answer:
        facts = world.facts(body, context)
        if facts is None:
            return SCHEMA
        text = orjson.dumps(facts)  # which is read faster than objects
        values = volume(text)
        return dict(zip(fields, values, strict=True)) if values else codes(text)

    return decide


def _yes(policy: Policy) -> str:
    """The volume's fields in order, or null where a rule is broken."""
    accepted = " and ".join(f"({each})" for each in [*policy.shape.values(), *policy.accepted.values()])
    return f"{_assigned(policy.resolved)} {accepted} ? [{', '.join(policy.volume.values())}] : null"


def _why(policy: Policy) -> str:
    """The codes of the rules that are broken."""
    shape = " and ".join(f"({each})" for each in policy.shape.values())
    codes = ", ".join(f"({each}) ? '{code}' : ''" for code, each in policy.rules.items())
    return f"{_assigned(policy.resolved)}{_assigned(policy.names)} {shape} ? filter([{codes}], # != '') : ['schema']"


def _assigned(names: dict[str, str]) -> str:
    return "".join(f"{name} = {value};\n" for name, value in names.items())


def _model(expression: str) -> dict[str, object]:
    expressions = [{"id": "x1", "key": "volume", "value": expression}]
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
