"""Body to decision: everything before the transaction, touching nothing.

Most requests that are accepted are through at the first go, in which nobody objects. Where somebody does, an
evaluation goes on from there, which hears everybody.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from itertools import islice
from typing import Any, NoReturn, TypeVar

from volrules.conversation import A, Q, held, once
from volrules.enforcement import Policy
from volrules.evaluation import Evaluation, Heard
from volrules.host import FAILURES, OWN, Host, spare_interrupts
from volrules.host.jobs import UNWATCHED, Answering, Slot, Talk
from volrules.host.watch import Watch
from volrules.model import Context, Decision, VolumeRequest, VolumeType
from volrules.model.decision import Written
from volrules.model.known import Ask, Known
from volrules.order import Order
from volrules.plan import Line, Plan, Turn, objections
from volrules.rendering import Rendering, Told
from volrules.requests import RequestSchema
from volrules.violations import Violation

T = TypeVar("T")


class Decider:
    """Decides requests by the plugins of one host. Safe to share between threads."""

    def __init__(self, schema: RequestSchema, host: Host, policy: Policy, fingerprint: str) -> None:
        self.watch = Watch()
        self._schema = schema
        self._plan = Plan(host, self.watch)
        self._policy = policy
        self._fingerprint = fingerprint

    def decide(self, body: Any, context: Context, id: Any = None) -> Decision:  # noqa: A002 - the document's member
        """The decision on a body; ``id`` is handed through. Raises StoreError."""
        request = self._schema.parse(body)
        if isinstance(request, tuple):
            return self._malformed(request, id)
        if self._plan.patience is None:
            return self._decided(request, context, id, UNWATCHED)
        # Deciding is pure, so it can be begun again without a plugin that hangs.
        return self._one((request, context, id), lambda asked, slot: self._decided(*asked, slot))

    def decide_all(self, talk: Generator[Sequence[Order], list[Decision | Exception], T]) -> T:
        """What a conversation comes to that asks for decisions, on several requests at a time: one hand-off at most.

        An answer is the fault that befell the request, where one did.
        """
        return self._had(talk, self._outcome)

    def volume_type(self, type_id: str | None) -> VolumeType | None:
        """The type of that id, as a look-up on the engine's own behalf finds it."""
        return self._one(type_id, self._plan.look_ups.volume_type)

    def _one(self, question: Q, answer: Answering[Q, A]) -> A:
        talk: Talk[Q, A, list[A]] = once((question,))
        return self._had(talk, answer)[0]

    def _had(self, talk: Talk[Q, A, T], answer: Answering[Q, A]) -> T:
        """What a conversation comes to, had here or on a kept thread."""
        if self._plan.patience is None:
            return held(talk, lambda asked: [answer(each, UNWATCHED) for each in asked])
        return self.watch.run(talk, answer, self._plan.patience)

    def _outcome(self, order: Order, slot: Slot) -> Decision | Exception:
        try:
            request = self._schema.parse(order.body)
            if isinstance(request, tuple):
                return self._malformed(request, order.id)
            return self._decided(request, order.context, order.id, slot)
        except Exception as error:  # noqa: BLE001 - it is this one's, and costs the others nothing
            return error

    def _malformed(self, violations: tuple[Violation, ...], id: Any) -> Decision:  # noqa: A002
        told = tuple(each.attributed("schema", OWN, "deny") for each in violations)
        return Decision(id, told, (), self._fingerprint, Written())

    def _decided(self, request: VolumeRequest, context: Context, id: Any, slot: Slot) -> Decision:  # noqa: A002
        draft = Known()
        draft.request = request
        draft.context = context
        draft.slot = slot
        told: Told = []
        halted = _first_go(self._plan, draft, told)
        heard: Heard = (), ()
        if halted is not None:
            evaluation = Evaluation(self._plan, self._policy, draft, told)
            heard, draft = evaluation.run(*halted), evaluation.draft
        draft.slot = None  # a decision keeps none of the others
        return Decision(id, *heard, self._fingerprint, Rendering(draft, told))


def _first_go(plan: Plan, draft: Known, told: Told) -> tuple[Turn, Ask, Line] | None:
    """Ask all in turn for as long as nobody objects.

    Where somebody does or fails: whose turn it was, what came, and who comes next.
    """
    line = iter(plan.line)
    for call, field, turn in line:
        try:
            answer = call(draft)
            if answer is None:
                continue
            if field is None:
                if (said := objections(answer)) is not None:
                    return turn, partial(_given, said), line
            else:
                value, origin = answer
                if field == "volume_type" and type(value) is str:
                    value, remarks = plan.look_ups.declared(draft, value, origin)
                    if remarks:
                        return turn, partial(_given, answer), line
                setattr(draft, field, value)
                told.append((turn.step, answer))
                if turn.rivals:
                    next(islice(line, turn.rivals, turn.rivals), None)
        except FAILURES as error:
            spare_interrupts(error)
            return turn, partial(_raised, error), line
    return None


def _given(answer: Any, draft: Known) -> Any:
    return answer


def _raised(error: BaseException, draft: Known) -> NoReturn:
    raise error
