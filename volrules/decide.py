"""Body to decision: everything before the transaction, touching nothing.

A field that is in violation is forgotten; whatever would read it then raises Unresolved and stays silent.
That is the whole of how follow-up errors are avoided.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from types import MappingProxyType
from typing import Any

from volrules.codes import built_in
from volrules.documents import EMPTY, freeze
from volrules.enforcement import Policy
from volrules.errors import StoreError
from volrules.host import FAILURES, OWN, Host, spare_interrupts
from volrules.host.watch import Watch
from volrules.model import (
    Basis,
    Context,
    Decision,
    Draft,
    Image,
    Provenance,
    QosSpecs,
    Sources,
    Spec,
    Unresolved,
    VolumeRequest,
    VolumeType,
)
from volrules.order import Order
from volrules.plan import Field, Plan, Step, Steps
from volrules.requests import RequestSchema
from volrules.stages import LOOK_UPS, SOURCES, VOLUME, VOLUME_TYPE, LookUp
from volrules.violations import Violation
from volrules.wording import clip

log = logging.getLogger(__name__)

_new = object.__new__  # a draft's own maker takes longer than all that it does
_NOTHING_NAMED = {each.field: None for each in LOOK_UPS}
_PATHS = {each.field: f"/volume/{each.asked}" for each in LOOK_UPS}


class Decider:
    """Decides requests by the plugins of one host. Safe to share between threads."""

    def __init__(self, schema: RequestSchema, host: Host, policy: Policy, fingerprint: str) -> None:
        self.schema = schema
        self.watch = Watch()
        self.plan = Plan(host, self.watch)
        self.policy = policy
        self.fingerprint = fingerprint

    def decide(self, body: Any, context: Context, id: Any = None) -> Decision:  # noqa: A002 - the document's member
        """The decision on a body; ``id`` is handed through. Raises StoreError."""
        request = self.schema.parse(body)
        if isinstance(request, tuple):
            return self._malformed(request, id)
        if self.plan.patience is None:
            return _Evaluation(self, request, context).run(id)
        # Deciding is pure, so it can be begun again without a plugin that hangs.
        return self.watch.run([partial(self._evaluated, request, context, id)], self.plan.patience)[0]

    def decide_all(self, orders: Sequence[Order]) -> list[Decision | Exception]:
        """The decisions on several requests, in order, or the fault that befell one: with one hand-off at most."""
        works = [partial(self._outcome, each) for each in orders]
        return [work() for work in works] if self.plan.patience is None else self.watch.run(works, self.plan.patience)

    def _outcome(self, order: Order) -> Decision | Exception:
        try:
            request = self.schema.parse(order.body)
            if isinstance(request, tuple):
                return self._malformed(request, order.id)
            return self._evaluated(request, order.context, order.id)
        except Exception as error:  # noqa: BLE001 - it is this one's, and costs the others nothing
            return error

    def _evaluated(self, request: VolumeRequest, context: Context, id: Any) -> Decision:  # noqa: A002
        return _Evaluation(self, request, context).run(id)

    def _malformed(self, violations: tuple[Violation, ...], id: Any) -> Decision:  # noqa: A002
        told = tuple(each.attributed("schema", OWN, "deny") for each in violations)
        return Decision(id, None, None, told, (), EMPTY, self.fingerprint)

    def volume_type(self, type_id: str | None) -> VolumeType | None:
        """The type of that id, as a look-up on the engine's own behalf finds it."""
        if type_id is None:
            return None
        answers = (each.call(type_id, Context().elevated()) for each in self.plan.finders[VOLUME_TYPE.field])
        return next((each for each in answers if isinstance(each, VolumeType)), None)


class _Evaluation:
    """One request on its way through the rules. ``known`` is what the draft shows."""

    __slots__ = (
        "context",
        "decider",
        "draft",
        "known",
        "provenance",
        "request",
        "stored",
        "violations",
        "warnings",
    )

    def __init__(self, decider: Decider, request: VolumeRequest, context: Context) -> None:
        self.decider = decider
        self.request = request
        self.context = context
        self.draft = _new(Draft)
        self.known: dict[str, Any] = self.draft.__dict__
        self.known["request"] = request
        self.known["context"] = context
        self.provenance: dict[str, Provenance] = {}
        self.stored: dict[str, Any] = {}
        self.violations: list[Violation] = []
        self.warnings: list[Violation] = []

    def run(self, id: Any) -> Decision:  # noqa: A002
        """All rules, in order."""
        plan = self.decider.plan
        spoilt = self.hear(plan.request_validators)
        objections = len(self.violations)
        self.hear(plan.authorizers)
        if not spoilt and len(self.violations) == objections:
            self.look_up()
            self.hear(plan.source_validators)
        self.settle(plan.fields)
        return self.decision(id)

    def hear(self, steps: Steps) -> bool:
        """Ask all for their objections; whether there is one that counts."""
        spoilt = False
        for step in steps:
            try:
                answer = step.call(self.draft)
                if answer is not None:
                    for objection in (answer,) if type(answer) is Violation else answer:
                        spoilt |= self.note(objection, step)
            except Unresolved:
                continue
            except FAILURES as error:
                self.fault(error, step)
        return spoilt

    def settle(self, fields: tuple[Field, ...]) -> None:
        """Resolve and validate field by field; what is in violation, or without an answer, is not known."""
        draft, known, provenance = self.draft, self.known, self.provenance
        for name, resolvers, validators in fields:
            for step in resolvers:
                try:
                    answer = step.call(draft)
                    if answer is None:
                        continue
                    value, origin = answer
                except Unresolved:
                    continue
                except FAILURES as error:
                    self.fault(error, step)
                    continue
                if type(value) is str and name == "volume_type" and (value := self.named(value, origin)) is None:
                    break
                known[name] = value
                provenance[name] = step.credits[origin]
                break
            if validators and self.hear(validators) and resolvers:
                known.pop(name, None)

    def note(self, objection: Any, step: Step) -> bool:
        """Record a violation where the site's enforcement puts it; whether it counts."""
        if type(objection) is not Violation:
            raise TypeError(f"a validator answers with violations, not {type(objection).__name__}")
        if not step.own:
            objection.require_sound()
        policy, project_id = self.decider.policy, self.context.project_id
        recorded = policy.recorded(objection, step.rule, step.by.plugin.label, project_id)
        counts = recorded.enforcement == "deny"
        (self.violations if counts else self.warnings).append(recorded)
        return counts

    def fault(self, error: BaseException, step: Step) -> None:
        """Record that a plugin failed: against the request, or under ``ignore`` as a warning."""
        spare_interrupts(error)
        plugin, hook = step.by.plugin, step.by.hook
        log.error("%s failed in %s", plugin, hook, exc_info=error)
        failure = plugin.failure(hook, step.rule)
        (self.violations if failure.enforcement == "deny" else self.warnings).append(failure)

    def look_up(self) -> None:
        """Find the source and the type that the request names; what is not there stays unknown."""
        self.known.update(_NOTHING_NAMED)
        for asked in self.request.sources:
            self.look_up_one(SOURCES[asked], getattr(self.request, asked))
        if self.request.volume_type is not None:
            self.look_up_one(VOLUME_TYPE, self.request.volume_type)

    def look_up_one(self, what: LookUp, name: str) -> None:
        """Find one thing that the request names, with the volume that it is of."""
        faults = len(self.violations)
        found, own = self.find(what, name, self.context)
        if found is None:
            del self.known[what.field]
            if len(self.violations) > faults:
                return  # whether it is there, nobody could say
            message = f"{what.noun} `{clip(name)}` is not there, or not yours to see; name another"
            self.object(built_in(what.code, f"/volume/{self.request.spelled(what.asked)}", message, id=name), "sources")
            return
        if what.is_of_volume and found.volume is None and found.volume_id is not None:
            volume, _ = self.find(VOLUME, found.volume_id, self.context.elevated())
            found = replace(found, volume=volume)
        self.known[what.field] = found
        if own and what is not VOLUME_TYPE:
            self.stored[what.field] = found

    def find(self, what: LookUp, name: str, context: Context) -> tuple[Any, bool]:
        """The first answer to a look-up, and whether it is the engine's own: from the inventory or the store."""
        for step in self.decider.plan.finders[what.field]:
            try:
                answer = step.call(name, context)
                if answer is not None:
                    return answer if isinstance(answer, what.record) else what.record(**freeze(answer)), step.own
            except FAILURES as error:
                if step.own and isinstance(error, StoreError):
                    raise
                self.fault(error, step)
        return None, False

    def named(self, name: str, origin: str) -> VolumeType | None:
        """The volume type that a resolver named by its id or name; where it is not declared, a violation."""
        faults = len(self.violations)
        found: VolumeType | None
        found, _ = self.find(VOLUME_TYPE, name, self.context)
        if found is None and len(self.violations) == faults:
            message = f"volume type `{clip(name)}`, from {origin}, is not declared; ask the operator to declare it"
            path = _PATHS.get(origin, "/volume/volume_type")
            self.object(built_in("volume_type.not_declared", path, message, id=name), "volume_type")
        return found

    def object(self, violation: Violation, rule: str) -> None:
        """Record a violation that the engine itself found."""
        self.violations.append(violation.attributed(rule, OWN, "deny"))

    def decision(self, id: Any) -> Decision:  # noqa: A002
        """The answer; its spec and its basis are rendered when somebody asks for them."""
        warnings, fingerprint = tuple(self.warnings), self.decider.fingerprint
        if self.violations:
            return Decision(id, None, None, tuple(self.violations), warnings, self.provenance, fingerprint)
        dispatch = self.known.get("dispatch")
        return Decision(id, self.spec, dispatch, (), warnings, self.provenance, fingerprint, self.basis)

    def basis(self) -> Basis:
        """What the decision rests on."""
        return Basis(self.known.get("volume_type"), Sources(**self.stored))

    def spec(self) -> Spec:
        """The volume, fully specified."""
        request, known = self.request, self.known
        kind: VolumeType | None = known.get("volume_type")
        qos: QosSpecs | None = known.get("qos_specs")
        image: Image | None = known["image"]
        return Spec(  # by position, in the published order: by name it would take twice the time
            known.get("size"),
            known.get("availability_zone"),
            request.snapshot_id,
            request.source_volid,
            None if image is None else image.id,
            request.backup_id,
            None if kind is None else kind.id,
            None if kind is None else kind.name,
            None if qos is None else _described(qos),
            known.get("encryption_key"),
            known.get("metadata", EMPTY),
            request.name,
            request.description,
            kind is not None and kind.multiattach,
            request.group_id,
            request.consistencygroup_id,
            request.scheduler_hints,
            request.extra,
        )


def _described(qos: QosSpecs) -> Mapping[str, Any]:
    return MappingProxyType({"id": qos.id, "name": qos.name, "consumer": qos.consumer, "specs": qos.specs})
