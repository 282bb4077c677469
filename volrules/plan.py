"""A host's plugins laid out along the pipeline: what a decision calls, flat and in order, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Any

from volrules.host import OWN, Host, Implementation
from volrules.host.plugin import Plugin
from volrules.host.watch import Watch
from volrules.lookups import LookUps
from volrules.model import Draft
from volrules.model.draft import GIVEN, asking
from volrules.stages import LOOK_UPS, STAGES, Stage, text
from volrules.step import Credits, Step
from volrules.violations import Violation

Call = Callable[..., Any]
Shield = Callable[[Call, str], Call]
"""Makes a vendor's call one that decisions can rely on; the text is what the plugin is called."""
Steps = tuple[Step, ...]
LOOKING_UP = "look_up"
"""The stage in which the engine finds what the request names."""


class Turn:
    """A step in the line of all: what is called, and which field its answer is; None: it only looks.

    ``call``: of the draft; a resolver's answers with a pair of value and origin, or None. ``rivals``: how many others,
    whose turns are next, would resolve the same field.
    """

    # No tuple, whose members are found more slowly, and no dataclass, which takes a millisecond to make.
    __slots__ = ("call", "field", "rivals", "step")

    def __init__(self, call: Call, field: str | None, rivals: int, step: Step) -> None:
        self.call = call
        self.field = field
        self.rivals = rivals
        self.step = step


class Plan:
    """The pipeline of one host. ``patience``: the shortest timeout of a plugin in it, seconds; None: all run inline.

    ``turns``: all of it in one line, with the look-ups as one turn among the others.
    """

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

        self.look_ups = LookUps({each.field: steps(each.hook, "sources") for each in LOOK_UPS})
        self.turns = tuple(_turns(steps, self.look_ups))
        self.patience: float | None = min(patience, default=None)


def _turns(steps: Callable[..., Steps], look_ups: LookUps) -> Iterator[Turn]:
    """Everybody's turn, in the order of the pipeline."""
    known = list(GIVEN)
    yield from (_turn(_of_draft(each)) for each in steps("volrules_validate_request", "request"))
    yield from (_turn(_of_draft(each)) for each in steps("volrules_authorize", "authorize"))
    yield _turn(_step_of_engine(look_ups.look_up, LOOKING_UP))
    yield from (_turn(each, known) for each in steps("volrules_validate_sources", "sources"))
    for stage in STAGES:
        resolvers = steps(stage.resolve, stage.field, partial(_resolver, stage))
        for number, each in enumerate(resolvers, 1):
            yield _turn(each, known, stage.field, rivals=len(resolvers) - number)
        known += [stage.field] if resolvers else []
        yield from (_turn(each, known) for each in steps(stage.validate, stage.field))


def _turn(step: Step, known: Sequence[str] = (), field: str | None = None, rivals: int = 0) -> Turn:
    """The turn of a step; ``known``: the fields of the draft that are known by then, where it is shown one."""
    return Turn(step.call if step.own or not known else asking(step.call, tuple(known)), field, rivals, step)


def _step_of_engine(call: Call, rule: str) -> Step:
    """What the engine does itself, in its place among the plugins' implementations."""
    return Step(call, Implementation(Plugin(OWN, OWN), rule, call), rule, True, Credits(rule, OWN))


def objections(answer: Any) -> Iterator[Violation] | None:
    """What a validator's answer objects to, as far as it has been said; None where that is nothing."""
    if answer is None:
        return None
    if type(answer) is Violation:
        return iter((answer,))
    said = iter(answer)
    for first in said:
        return chain((first,), said)
    return None


def _of_draft(step: Step) -> Step:
    """What asks of a request and its caller, as what asks of a draft."""
    call = step.call
    return replace(step, call=lambda draft: call(draft.request, draft.context))


def _bare(call: Call, _: str) -> Call:
    return call


def _resolver(stage: Stage, call: Call, label: str) -> Call:
    """A vendor's resolver, whose answer is checked."""

    def resolve(draft: Draft) -> tuple[Any, str] | None:
        answer = call(draft)
        if answer is None:
            return None
        value, origin = answer if isinstance(answer, tuple) else (answer, label)
        return stage.check(value), text(origin, "an origin")

    return resolve
