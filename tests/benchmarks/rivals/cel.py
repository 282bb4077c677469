"""The rules in the Common Expression Language, for two implementations of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import version
from typing import Any

from .policy import Policy, read
from .question import SCHEMA, Answer, Decide, Json, Rival, behind_schema, without_nulls
from .world import World

_VARIABLES = ("volume", "beside", "caller", "source", "requested")
Program = Callable[[Json], Any]


def engines(world: World) -> Iterator[Rival]:
    """Those that are installed; raises ImportError for the first that is not."""
    policy = read("volumes.cel")
    fields = tuple(policy.volume)
    for engine in (_of_cpp, _of_rust):
        name, compiled = engine()
        codes = compiled(_why(policy))
        yield Rival(name, _decider(world, fields, compiled(_yes(policy)), codes))
        shaped = _decider(world, fields, compiled(_yes(policy._replace(shape={}))), codes)
        yield Rival(f"{name}, JSON Schema first", behind_schema(shaped))


def _decider(world: World, fields: tuple[str, ...], volume: Program, codes: Program) -> Decide:
    def decide(body: Any, context: Json) -> Answer:
        facts = world.facts(body, context)
        if facts is None:
            return SCHEMA
        given = {"source": {}, "requested": facts.pop("kind", {}), **without_nulls(facts)}
        values = volume(given)
        return dict(zip(fields, values, strict=True)) if values else codes(given)

    return decide


def _of_cpp() -> tuple[str, Callable[[str], Program]]:
    from cel_expr_python import cel

    env = cel.NewEnv(variables=dict.fromkeys(_VARIABLES, cel.Type.Map(cel.Type.STRING, cel.Type.DYN)))

    def compiled(source: str) -> Program:
        program = env.compile(source)
        return lambda facts: program.eval(data=facts).plain_value()

    return f"CEL: cel-expr-python {version('cel-expr-python')}", compiled


def _of_rust() -> tuple[str, Callable[[str], Program]]:
    import cel

    def compiled(source: str) -> Program:
        program = cel.compile(source)
        return program.execute

    return f"CEL: common-expression-language {version('common-expression-language')}", compiled


def _yes(policy: Policy) -> str:
    """The volume's fields in order, or nothing where a rule is broken."""
    accepted = " && ".join(f"({each})" for each in policy.accepted.values())
    volume = _bound(policy.resolved, f"{accepted} ? [{', '.join(policy.volume.values())}] : []")
    return f"{_shape(policy)} ? {volume} : []"


def _why(policy: Policy) -> str:
    """The codes of the rules that are broken."""
    codes = ", ".join(f"{each} ? '{code}' : ''" for code, each in policy.rules.items())
    found = _bound(policy.names, f"[{codes}].filter(code, code != '')")
    return f"{_shape(policy)} ? {found} : ['schema']"


def _shape(policy: Policy) -> str:
    return " && ".join(["true", *(f"({each})" for each in policy.shape.values())])


def _bound(names: dict[str, str], expression: str) -> str:
    """The expression with names for others in it; CEL has no assignments, but a list of one to map."""
    for name, value in reversed(names.items()):
        expression = f"[{value}].map({name}, {expression})[0]"
    return expression
