"""A host's plugins laid out along the pipeline: what a decision calls, flat and in order, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from volrules.host import OWN, Host, Implementation
from volrules.host.watch import Watch
from volrules.stages import LOOK_UPS, STAGES, LookUp, Stage


@dataclass(frozen=True, slots=True)
class Step:
    """One implementation in its place; ``rule`` is the stage that it speaks for.

    ``own``: it ships with volrules. Everybody else is given a copy of the draft, and what they answer is checked.
    """

    call: Callable[..., Any]
    by: Implementation
    rule: str
    own: bool


Steps = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A stage with those who resolve it, in the order in which they are asked, and those who validate it."""

    name: str
    stage: Stage
    resolvers: Steps
    validators: Steps


class Plan:
    """The pipeline of one host. ``patience``: the shortest timeout of a plugin in it, seconds; None: all run inline."""

    def __init__(self, host: Host, watch: Watch) -> None:
        patience: list[float] = []

        def step(implementation: Implementation, rule: str) -> Step:
            plugin = implementation.plugin
            if plugin.distribution == OWN:
                return Step(implementation.call, implementation, rule, own=True)
            if plugin.timeout is not None:
                patience.append(plugin.timeout)
            return Step(watch.guarded(implementation), implementation, rule, own=False)

        def steps(hook: str | None, rule: str) -> Steps:
            return () if hook is None else tuple(step(each, rule) for each in host.implementations(hook))

        self.request_validators = steps("volrules_validate_request", "request")
        self.authorizers = steps("volrules_authorize", "authorize")
        self.finders: Mapping[LookUp, Steps] = {each: steps(each.hook, "sources") for each in LOOK_UPS}
        self.source_validators = steps("volrules_validate_sources", "sources")
        fields = (
            Field(each.field, each, steps(each.resolve, each.field), steps(each.validate, each.field))
            for each in STAGES
        )
        self.fields = tuple(each for each in fields if each.resolvers or each.validators)
        self.patience: float | None = min(patience, default=None)
