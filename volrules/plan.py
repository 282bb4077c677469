"""A host's plugins laid out along the pipeline: what a decision calls, flat and in order, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

from volrules.host import OWN, Host, Implementation
from volrules.host.watch import Watch
from volrules.model import Draft, Provenance
from volrules.stages import LOOK_UPS, STAGES, Stage, text

ORIGINS = (
    "request",
    "snapshot",
    "source_volume",
    "backup",
    "image",
    "volume_type",
    "site_default",
    "fallback",
)
_new = object.__new__  # what a draft's own maker does takes longer than the copying
Call = Callable[..., Any]
Shield = Callable[[Call, str], Call]
"""Makes a vendor's call one that decisions can rely on; the text is what the plugin is called."""


class Credits(dict[str, Provenance]):
    """The provenance of what one implementation answers, by origin; ready for the origins that the rules have."""

    def __init__(self, rule: str, plugin: str) -> None:
        super().__init__({origin: Provenance(origin, rule, plugin) for origin in ORIGINS})
        self._by = rule, plugin

    def __missing__(self, origin: str) -> Provenance:
        return Provenance(origin, *self._by)


@dataclass(frozen=True, slots=True)
class Step:
    """One implementation in its place; ``rule`` is the stage that it speaks for.

    ``own``: it ships with volrules. What everybody else is given is a copy, and what they answer is checked.
    """

    call: Call
    by: Implementation
    rule: str
    own: bool
    credits: Credits


Steps = tuple[Step, ...]


class Field(NamedTuple):
    """A stage with those who resolve it, in the order in which they are asked, and those who validate it.

    A resolver's ``call`` answers with a pair of value and origin, or None.
    """

    name: str
    resolvers: Steps
    validators: Steps


class Plan:
    """The pipeline of one host. ``patience``: the shortest timeout of a plugin in it, seconds; None: all run inline."""

    def __init__(self, host: Host, watch: Watch) -> None:
        patience: list[float] = []

        def step(by: Implementation, rule: str, shield: Shield) -> Step:
            plugin = by.plugin
            own = plugin.distribution == OWN
            if not own and plugin.timeout is not None:
                patience.append(plugin.timeout)
            call = by.call if own else shield(watch.guarded(by), plugin.label)
            return Step(call, by, rule, own, Credits(rule, plugin.label))

        def steps(hook: str | None, rule: str, shield: Shield = _bare) -> Steps:
            return () if hook is None else tuple(step(each, rule, shield) for each in host.implementations(hook))

        def field(stage: Stage) -> Field:
            resolvers = steps(stage.resolve, stage.field, partial(_resolver, stage))
            return Field(stage.field, resolvers, steps(stage.validate, stage.field, _validator))

        self.request_validators = tuple(map(_of_draft, steps("volrules_validate_request", "request")))
        self.authorizers = tuple(map(_of_draft, steps("volrules_authorize", "authorize")))
        self.finders: Mapping[str, Steps] = {each.field: steps(each.hook, "sources") for each in LOOK_UPS}
        self.source_validators = steps("volrules_validate_sources", "sources", _validator)
        self.fields = tuple(each for each in map(field, STAGES) if each.resolvers or each.validators)
        self.patience: float | None = min(patience, default=None)


def _of_draft(step: Step) -> Step:
    """What asks of a request and its caller, as what asks of a draft."""
    call = step.call
    return replace(step, call=lambda draft: call(draft.request, draft.context))


def _bare(call: Call, _: str) -> Call:
    return call


def _validator(call: Call, _: str) -> Call:
    """A vendor's validator, shown a copy of the draft: whatever it does to it changes no decision."""

    def validate(draft: Draft) -> Any:
        shown = _new(Draft)
        shown.__dict__.update(draft.__dict__)
        return call(shown)

    return validate


def _resolver(stage: Stage, call: Call, label: str) -> Call:
    """A vendor's resolver, shown a copy of the draft; what it answers is checked."""

    def resolve(draft: Draft) -> tuple[Any, str] | None:
        shown = _new(Draft)
        shown.__dict__.update(draft.__dict__)
        answer = call(shown)
        if answer is None:
            return None
        value, origin = answer if isinstance(answer, tuple) else (answer, label)
        return stage.check(value), text(origin, "an origin")

    return resolve
