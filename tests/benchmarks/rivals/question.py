"""What every engine is asked: which volume would this body from that caller be, or which rules does it break?

Each starts from the parsed body and the caller's context.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.resources import files
from typing import Any, NamedTuple

import jsonschema_rs

Json = dict[str, Any]
Answer = list[str] | Json
"""The codes of the rules that are broken, each once, or the fields of the volume to be made."""
SCHEMA: Answer = ["schema"]
Decide = Callable[[Any, Json], Answer]


class Rival(NamedTuple):
    """An engine with the rules compiled. ``resolves``: it says what the volume is, beyond yes and which rules."""

    name: str
    decide: Decide
    resolves: bool = True


def behind_schema(decide: Decide) -> Decide:
    """The engine asked only about bodies of the right shape, which a compiled JSON Schema tells."""
    schema = json.loads(files("volrules.schemas").joinpath("request.json").read_text(encoding="utf-8"))
    well_formed = jsonschema_rs.validator_for(schema).is_valid
    return lambda body, context: decide(body, context) if well_formed(body) else SCHEMA


def without_nulls(facts: Json) -> Json:
    """The facts for languages in which what is not given is best not there."""
    volume = {key: value for key, value in facts["volume"].items() if value is not None}
    return {**facts, "volume": volume}
