"""A host's plugins laid out along the pipeline: what a decision calls, flat and in order, worked out once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import chain
from typing import Any

from volrules.asking import Hook, asking, saying
from volrules.host import OWN, Host, Implementation
from volrules.host.plugin import Plugin
from volrules.host.watch import Watch
from volrules.lookups import LookUps, recorded
from volrules.model import Context
from volrules.model.draft import Draft
from volrules.model.known import GIVEN, Ask, Fields, Known
from volrules.stages import LOOK_UPS, STAGES, Stage, text
from volrules.step import Credits, Step
from volrules.violations import Violation

Call = Callable[..., Any]
Making = Callable[[Implementation], Call]
"""Makes of an implementation what a decision calls: with the draft; a finder, see :meth:`Plan._finder`."""
LOOKING_UP = "look_up"
"""The stage in which the engine finds what the request names."""


class Turn:
    """A step in the line of all: what is called, and which field its answer is; None: it only looks.

    ``call``: of the draft; a resolver's answers with a pair of value and origin, or None. ``rivals``: how many others,
    whose turns are next, would resolve the same field.
    """

    # No tuple, whose members are found more slowly, and no dataclass, which takes a millisecond to make.
    __slots__ = ("call", "field", "rivals", "step")

    def __init__(self, call: Ask, field: str | None, rivals: int, step: Step) -> None:
        self.call = call
        self.field = field
        self.rivals = rivals
        self.step = step


Forget = Callable[[Known, str], Known]
Line = Iterable[tuple[Ask, str | None, Turn]]


class Plan:
    """The pipeline of one host. ``patience``: the shortest timeout of a plugin in it, seconds; None: all run inline.

    ``line``: all turns in one line, with the look-ups as one among the others, and what is read of each beside it.
    ``forget``: a field, where nobody or where vendors may have seen it.
    """

    def __init__(self, host: Host, watch: Watch) -> None:
        self._host = host
        self._watch = watch
        finders = {
            each.field: tuple(self._steps(each.hook, "sources", partial(self._finder, each.record)))
            for each in LOOK_UPS
        }
        self.look_ups = LookUps(finders)
        turns = tuple(self._turns())
        self.line: Line = tuple((each.call, each.field, each) for each in turns)
        steps = chain((each.step for each in turns), *finders.values())
        vendors = [each.by.plugin for each in steps if not each.own]
        self.patience = min((each.timeout for each in vendors if each.timeout is not None), default=None)
        self.forget: Forget = Known.without if vendors else Known.forget

    def _turns(self) -> Iterator[Turn]:
        """Everybody's turn, in the order of the pipeline."""
        yield from self._validators("volrules_validate_request", "request", self._of_request)
        yield from self._validators("volrules_authorize", "authorize", self._of_request)
        looking_up = self.look_ups.look_up
        yield _turn(_step(Implementation(Plugin(OWN, OWN), LOOKING_UP, looking_up), LOOKING_UP, looking_up))
        known = GIVEN
        yield from self._validators("volrules_validate_sources", "sources", partial(self._of_draft, known))
        for stage in STAGES:
            resolvers = tuple(self._steps(stage.resolve, stage.field, partial(self._resolver, stage, known)))
            for number, each in enumerate(resolvers, 1):
                yield _turn(each, stage.field, rivals=len(resolvers) - number)
            known += (stage.field,) if resolvers else ()
            yield from self._validators(stage.validate, stage.field, partial(self._of_draft, known))

    def _validators(self, hook: str | None, rule: str, make: Making) -> Iterator[Turn]:
        return map(_turn, self._steps(hook, rule, make))

    def _steps(self, hook: str | None, rule: str, make: Making) -> Iterator[Step]:
        implementations = () if hook is None else self._host.implementations(hook)
        return (_step(each, rule, make(each)) for each in implementations)

    def _of_request(self, by: Implementation) -> Ask:
        """Who is asked of a request and its caller."""
        call = by.call
        return self._asked(by, lambda draft: call(draft.request, draft.context), ("request", "context"))

    def _of_draft(self, known: Fields, by: Implementation) -> Ask:
        """Who is asked of a draft that knows those fields."""
        return self._asked(by, by.call, known)

    def _resolver(self, stage: Stage, known: Fields, by: Implementation) -> Ask:
        """The same, where a vendor's answer has to be a value of the stage's field."""
        return self._asked(by, by.call if by.plugin.is_own else _checked(stage, by.call, by.plugin.label), known)

    def _finder(self, record: type[Any], by: Implementation) -> Call:
        """Who is asked what exists, by name; a vendor's call begins with the draft for which it is watched."""
        call = by.call
        if by.plugin.is_own:
            return call

        def find(draft: Known, name: str, context: Context) -> Any:
            # One for each call, as there may be several for a draft.
            return self._asked(by, lambda _: recorded(call(name, context), record), ())(draft)

        return find

    def _asked(self, by: Implementation, hook: Callable[[Any], Any], known: Fields) -> Ask:
        """Who is asked of a draft that knows those fields; a vendor is not given the draft itself."""
        return hook if by.plugin.is_own else asking(by, hook, known, self._watch)


def _turn(step: Step, field: str | None = None, rivals: int = 0) -> Turn:
    return Turn(step.call, field, rivals, step)


def _step(by: Implementation, rule: str, call: Call) -> Step:
    return Step(call, by, rule, by.plugin.is_own, Credits(rule, by.plugin.label))


def objections(answer: Any) -> Iterator[Violation] | None:
    """What a validator's answer objects to, as far as it has been said; None where that is nothing."""
    if answer is None:
        return None
    if type(answer) is Violation:
        return iter((answer,))
    said = saying(answer)
    for first in said:
        return chain((first,), said)
    return None


def _checked(stage: Stage, hook: Hook, label: str) -> Hook:
    """A resolver whose answer is checked."""

    def resolve(draft: Draft) -> tuple[Any, str] | None:
        answer = hook(draft)
        if answer is None:
            return None
        value, origin = answer if isinstance(answer, tuple) else (answer, label)
        return stage.check(value), text(origin, "an origin")

    return resolve
