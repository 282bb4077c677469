"""The rest of a request's way through the rules, from where somebody objects: every objection is heard.

A field that is in violation is forgotten; whatever would read it then raises Unresolved and stays silent.
That is the whole of how follow-up errors are avoided.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from volrules.enforcement import Policy
from volrules.host import FAILURES
from volrules.model import Unresolved
from volrules.model.draft import ASKED, GIVEN, LOOKED_UP, Known, close, drop, open_again, put, shown
from volrules.plan import LOOKING_UP, Plan, Turn, objections
from volrules.rendering import Told
from volrules.step import Step
from volrules.violations import Violation

Ask = Callable[[], Any]
"""Gives a step's answer, or raises what the step raises."""
_OF_SOURCES = (LOOKING_UP, "sources")


class Evaluation:
    """Goes on with a draft, by the plan's turns. ``told``: who has resolved what so far, and from now on.

    ``violations``: what is held against the request; ``warnings``: what is only remarked.
    """

    def __init__(self, plan: Plan, policy: Policy, draft: Known, told: Told) -> None:
        self.told = told
        self.violations: list[Violation] = []
        self.warnings: list[Violation] = []
        self._look_ups = plan.look_ups
        self._policy = policy
        self._known = [*ASKED, *_looked_up(draft), *(step.rule for step, _ in told)]
        self._draft = close(draft)
        self._outcome: Ask | None = None
        self._answered: str | None = None
        self._is_blind = self._is_spoilt = False

    def run(self, halted: Turn, outcome: Ask | None, rest: Iterator[Turn]) -> None:
        """Take up the turn that the first go ended in, with its outcome, or asking again, and then the rest.

        Raises StoreError.
        """
        self._outcome = outcome
        stage, objected = "", 0
        for turn in chain((halted,), rest):
            step = turn.step
            if step.rule != stage:
                self._leave(stage, has_more=len(self.violations) > objected)
                stage, objected = step.rule, len(self.violations)
            if turn.field is not None:
                self._resolve(turn.field, step)
            elif self._is_blind and stage in _OF_SOURCES:
                continue
            elif stage == LOOKING_UP:
                self._look_up(step)
            else:
                self._hear(step)

    def _leave(self, stage: str, *, has_more: bool) -> None:
        """End a stage: a field in violation is forgotten, and what may not be asked for is not followed up."""
        if self._is_spoilt and stage in self._known and stage not in GIVEN:
            self._known.remove(stage)
            drop(self._draft, stage)
        self._is_blind |= (stage == "request" and self._is_spoilt) or (stage == "authorize" and has_more)
        self._is_spoilt = False

    def _ask(self, step: Step) -> Any:
        """What the step answers; raises what it raises."""
        if self._outcome is not None:
            outcome, self._outcome = self._outcome, None
            return outcome()
        return step.call(self._draft if step.own else shown(self._draft, self._known))

    def _look_up(self, step: Step) -> None:
        """Find what the request names, unless that is done."""
        if self._outcome is not None:
            remarks = self._ask(step)
        else:
            remarks = step.call(open_again(self._draft))
            close(self._draft)
            self._known += _looked_up(self._draft)
        self._record(remarks or ())

    def _hear(self, step: Step) -> None:
        """Take a validator's objections."""
        try:
            answer = self._ask(step)
            if answer is not None:
                for objection in objections(answer) or ():
                    self._is_spoilt |= self._note(objection, step)
        except Unresolved:
            pass
        except FAILURES as error:
            self._record([step.failed(error)])

    def _resolve(self, field: str, step: Step) -> None:
        """Take a resolver's answer for the field's value, unless it is the name of a type that is not there."""
        if field == self._answered:
            return
        try:
            answer = self._ask(step)
        except Unresolved:
            return
        except FAILURES as error:
            self._record([step.failed(error)])
            return
        if answer is not None:
            self._answered = field
            self._keep(field, step, answer)

    def _keep(self, field: str, step: Step, answer: tuple[Any, str]) -> None:
        value, origin = answer
        if type(value) is str and field == "volume_type":
            value, remarks = self._look_ups.declared(self._draft, value, origin)
            self._record(remarks)
            if value is None:
                return
        put(self._draft, field, value)
        self._known.append(field)
        self.told.append((step, answer))

    def _note(self, objection: Any, step: Step) -> bool:
        """Record a violation where the site's enforcement puts it; whether it counts."""
        if type(objection) is not Violation:
            raise TypeError(f"a validator answers with violations, not {type(objection).__name__}")
        if not step.own:
            objection.require_sound()
        project_id = self._draft.context.project_id
        recorded = self._policy.recorded(objection, step.rule, step.by.plugin.label, project_id)
        self._record([recorded])
        return recorded.enforcement == "deny"

    def _record(self, remarks: Iterable[Violation]) -> None:
        for each in remarks:
            (self.violations if each.enforcement == "deny" else self.warnings).append(each)


def _looked_up(draft: Known) -> list[str]:
    """What a look-up has found, or found not to be asked for."""
    return [each for each in LOOKED_UP if hasattr(draft, each)] if hasattr(draft, "foreign") else []
