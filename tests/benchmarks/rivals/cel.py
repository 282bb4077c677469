"""The rules in the Common Expression Language, for three implementations of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version

from .facts import LONGEST, TYPES, ZONES, Facts, Rival

RULES = {
    "size": "r.size > 0",
    "source": "!has(r.source) || r.size >= r.source",
    "zone": f"r.zone in {json.dumps(ZONES)}",
    "type": f"!has(r.type) || r.type in {json.dumps(TYPES)}",
    "metadata": (
        f"r.metadata.all(k, size(k) > 0 && size(k) <= {LONGEST}) && r.metadata.all(k, size(r.metadata[k]) <= {LONGEST})"
    ),
}
ACCEPTED = " && ".join(f"({rule})" for rule in RULES.values())
# A size that is not above zero is one mistake, even where a source would not fit either.
_ONCE = {**RULES, "source": f"r.size <= 0 || {RULES['source']}"}
BROKEN = "[" + ", ".join(f'({rule}) ? "" : "{name}"' for name, rule in _ONCE.items()) + "]"


def engines() -> Iterator[Rival]:
    """Those that are installed; raises ImportError for the first that is not."""
    yield _of_cpp()
    yield _of_rust()
    yield _of_python()


def _of_cpp() -> Rival:
    from cel_expr_python import cel

    env = cel.NewEnv(variables={"r": cel.Type.Map(cel.Type.STRING, cel.Type.DYN)})
    broken, accepted = env.compile(BROKEN), env.compile(ACCEPTED)
    return Rival(
        f"CEL, C++ (cel-expr-python {version('cel-expr-python')})",
        lambda facts: set(filter(None, broken.eval(data={"r": facts}).plain_value())),
        lambda facts: accepted.eval(data={"r": facts}).value(),
    )


def _of_rust() -> Rival:
    import cel

    broken, accepted = cel.compile(BROKEN), cel.compile(ACCEPTED)
    return Rival(
        f"CEL, Rust (common-expression-language {version('common-expression-language')})",
        lambda facts: set(filter(None, broken.execute({"r": facts}))),
        lambda facts: accepted.execute({"r": facts}),
    )


def _of_python() -> Rival:
    import celpy

    env = celpy.Environment()
    broken, accepted = env.program(env.compile(BROKEN)), env.program(env.compile(ACCEPTED))

    def names(facts: Facts) -> set[str]:
        return {str(each) for each in broken.evaluate({"r": celpy.json_to_cel(facts)}) if each}

    return Rival(
        f"CEL, Python (cel-python {version('cel-python')})",
        names,
        lambda facts: bool(accepted.evaluate({"r": celpy.json_to_cel(facts)})),
    )
