"""The rest of a request's way through the rules, from where somebody objects: every objection is heard.

A field that is in violation is forgotten; who would read it then stays silent.
That is the whole of how follow-up errors are avoided.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from volrules.enforcement import Policy
from volrules.host import FAILURES
from volrules.host.jobs import Hung
from volrules.model import Unresolved
from volrules.model.known import Ask, Known
from volrules.plan import LOOKING_UP, Line, Plan, Turn, objections
from volrules.rendering import Told
from volrules.step import Step
from volrules.violations import Violation

Heard = tuple[tuple[Violation, ...], tuple[Violation, ...]]
"""What is held against a request, and what is only remarked."""
_OF_SOURCES = (LOOKING_UP, "sources")


class Evaluation:
    """Goes on with a draft, by the plan. ``told``: who has resolved what so far, and from now on.

    ``draft``: what is known by now.
    """

    def __init__(self, plan: Plan, policy: Policy, draft: Known, told: Told) -> None:
        self.draft = draft
        self.told = told
        self._violations: list[Violation] = []
        self._warnings: list[Violation] = []
        self._forget = plan.forget
        self._look_ups = plan.look_ups
        self._policy = policy
        self._answered: str | None = None
        self._is_spoilt = self._is_blind = False

    def run(self, halted: Turn, outcome: Ask, rest: Line) -> Heard:
        """Take up the turn that ended the first go, with its outcome, and then the rest; what all have to say.

        Raises StoreError.
        """
        stage = halted.step.rule
        self._take(halted, outcome)
        for _, _, turn in rest:
            rule = turn.step.rule
            if rule != stage:
                self._leave(stage)
                stage = rule
            if not self._is_blind or stage not in _OF_SOURCES:
                self._take(turn, turn.call)
        return tuple(self._violations), tuple(self._warnings)

    def _take(self, turn: Turn, ask: Ask) -> None:
        if turn.field is not None and turn.field == self._answered:
            return
        try:
            answer = ask(self.draft)
            if answer is not None:
                self._heed(answer, turn)
        except FAILURES as error:
            self._excuse(error, turn.step)

    def _heed(self, answer: Any, turn: Turn) -> None:
        """Take what a resolver, the look-ups or a validator have to say."""
        if turn.field is not None:
            self._keep(turn.field, turn.step, answer)
        elif turn.step.rule == LOOKING_UP:
            self._record(answer)
        else:
            for objection in objections(answer) or ():
                self._is_spoilt |= self._note(objection, turn.step)

    def _leave(self, stage: str) -> None:
        """End a stage: a field in violation is forgotten; who may not ask is told nothing of what there is."""
        is_spoilt, self._is_spoilt = self._is_spoilt, False
        if is_spoilt and stage in ("request", "authorize"):
            self._is_blind = True
        elif is_spoilt and any(step.rule == stage for step, _ in self.told):
            self.draft = self._forget(self.draft, stage)

    def _keep(self, field: str, step: Step, answer: tuple[Any, str]) -> None:
        """Know the value from now on, unless it is the name of a type that is not there."""
        self._answered = field
        value, origin = answer
        if type(value) is str and field == "volume_type":
            value, remarks = self._look_ups.declared(self.draft, value, origin)
            self._record(remarks)
            if value is None:
                return
        setattr(self.draft, field, value)
        self.told.append((step, answer))

    def _note(self, objection: Any, step: Step) -> bool:
        """Record a violation where the site's enforcement puts it; whether it counts."""
        if type(objection) is not Violation:
            raise TypeError(f"a validator answers with violations, not {type(objection).__name__}")
        if not step.own:
            objection = objection.sound()
        project_id = self.draft.context.project_id
        recorded = self._policy.recorded(objection, step.rule, step.by.plugin.label, project_id)
        self._record((recorded,))
        return recorded.enforcement == "deny"

    def _excuse(self, error: BaseException, step: Step) -> None:
        """Pass over a step that reads what is not known; for any other error its plugin is blamed."""
        if step.rule == LOOKING_UP:
            raise error
        if issubclass(type(error), Unresolved):
            return
        if step.own and isinstance(error, AttributeError) and error.obj is self.draft:
            return
        failure = step.failed(error)
        self._record((failure,))
        # Whether the caller may ask, nobody can say then; who hung earlier is not asked it either.
        is_unsaid = step.rule == "authorize" or (step.rule == "request" and type(error) is Hung)
        self._is_spoilt |= is_unsaid and failure.enforcement == "deny"

    def _record(self, remarks: Iterable[Violation]) -> None:
        for each in remarks:
            (self._violations if each.enforcement == "deny" else self._warnings).append(each)
