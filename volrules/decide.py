"""Body to decision: everything before the transaction, touching nothing.

A field that is in violation is forgotten; whatever would read it then raises Unresolved and stays silent.
That is the whole of how follow-up errors are avoided.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from volrules.codes import built_in
from volrules.documents import EMPTY, freeze
from volrules.errors import StoreError
from volrules.host import FAILURES, OWN, Host, Implementation
from volrules.model import (
    Basis,
    Context,
    Decision,
    Draft,
    Image,
    Provenance,
    QosSpecs,
    Resolved,
    Sources,
    Spec,
    Unresolved,
    VolumeRequest,
    VolumeType,
)
from volrules.requests import RequestSchema
from volrules.stages import LOOK_UPS, STAGES, VOLUME, VOLUME_TYPE, LookUp, Stage
from volrules.violations import Enforcement, Violation
from volrules.wording import clip

log = logging.getLogger(__name__)

Implementations = tuple[Implementation, ...]


class _Field(NamedTuple):
    """A stage with those who take part in it."""

    stage: Stage
    resolvers: Implementations
    validators: Implementations


class Decider:
    """Decides requests by the rules of one host. Holds nothing that changes; safe to share between threads."""

    def __init__(
        self, schema: RequestSchema, host: Host, enforcement: Mapping[str, Enforcement], fingerprint: str
    ) -> None:
        def asked(hook: str | None) -> Implementations:
            return () if hook is None else host.implementations(hook)

        self.schema = schema
        self.enforcement = enforcement
        self.fingerprint = fingerprint
        self.request_validators = asked("volrules_validate_request")
        self.authorizers = asked("volrules_authorize")
        self.finders = {each.hook: asked(each.hook) for each in LOOK_UPS}
        self.source_validators = asked("volrules_validate_sources")
        self.fields = tuple(_Field(each, asked(each.resolve), asked(each.validate)) for each in STAGES)

    def decide(self, body: Any, context: Context, id: Any = None) -> Decision:  # noqa: A002 - the document's member
        """The decision on a body; ``id`` is handed through."""
        request = self.schema.parse(body)
        if isinstance(request, VolumeRequest):
            return _Evaluation(self, request, context).run(id)
        violations = tuple(replace(each, rule="schema", plugin=OWN) for each in request)
        return Decision(id, "rejected", None, None, violations, (), EMPTY, self.fingerprint)

    def volume_type(self, type_id: str | None) -> VolumeType | None:
        """The type of that id, as a look-up on the engine's own behalf finds it."""
        if type_id is None:
            return None
        finders = self.finders[VOLUME_TYPE.hook]
        answers = (each.call(type_id, Context().elevated()) for each in finders)
        return next((each for each in answers if isinstance(each, VolumeType)), None)


class _Evaluation:
    """One request on its way through the rules."""

    def __init__(self, decider: Decider, request: VolumeRequest, context: Context) -> None:
        self.decider = decider
        self.request = request
        self.context = context
        self.known: dict[str, Any] = {"request": request, "context": context}
        self.draft = Draft(self.known)
        self.sources: dict[str, Any] = {}
        self.provenance: dict[str, Provenance] = {}
        self.violations: list[Violation] = []
        self.warnings: list[Violation] = []

    def run(self, id: Any) -> Decision:  # noqa: A002
        """All rules, in order."""
        decider, who = self.decider, (self.request, self.context)
        objected = self.hear("request", decider.request_validators, *who)
        if not (self.hear("authorize", decider.authorizers, *who) or objected):
            for each in LOOK_UPS:
                self.look_up(each)
            self.draft = Draft(self.known)
            self.hear("sources", decider.source_validators, self.draft)
        for field in decider.fields:
            self.settle(field)
        return self.decision(id)

    def hear(self, rule: str, implementations: Implementations, *arguments: Any) -> bool:
        """Ask all for their objections; True when one of them is enforced."""
        before = len(self.violations)
        for each in implementations:
            try:
                answer = each.call(*arguments)
                if answer is not None:
                    for objection in (answer,) if isinstance(answer, Violation) else answer:
                        self.note(objection, rule, each)
            except Unresolved:
                continue
            except FAILURES as error:
                self.fault(error, rule, each)
        return len(self.violations) > before

    def note(self, objection: Any, rule: str, by: Implementation) -> None:
        """Record a violation where the site's enforcement puts it."""
        if not isinstance(objection, Violation):
            raise TypeError(f"a validator answers with violations, not {type(objection).__name__}")
        enforcement: Enforcement = self.decider.enforcement.get(objection.code, "deny")
        recorded = replace(objection, rule=rule, plugin=by.plugin.label, enforcement=enforcement)
        (self.violations if enforcement == "deny" else self.warnings).append(recorded)

    def fault(self, error: BaseException, rule: str, by: Implementation) -> None:
        """Record that a plugin failed: against the request, or under ``ignore`` as a warning."""
        log.error("%s failed in %s", by.plugin, by.hook, exc_info=error)
        failure = replace(by.plugin.failure(by.hook), rule=rule)
        if by.plugin.failure_policy == "ignore":
            self.warnings.append(replace(failure, enforcement="warn"))
        else:
            self.violations.append(failure)

    def look_up(self, what: LookUp) -> None:
        """Find what the request names; a source that is not there stays unknown."""
        name = getattr(self.request, what.asked)
        if name is None:
            self.known[what.field] = None
            return
        found, own = self.find(what, name, self.context)
        if found is None:
            message = f"{what.noun} `{clip(name)}` is not there, or not yours to see; name another"
            self.object(built_in(what.code, f"/volume/{what.key}", message, id=name), "sources")
            return
        if getattr(found, "volume_id", None) is not None and found.volume is None:
            volume, _ = self.find(VOLUME, found.volume_id, self.context.elevated())
            found = replace(found, volume=volume)
        self.known[what.field] = found
        if own and what is not VOLUME_TYPE:
            self.sources[what.field] = found

    def find(self, what: LookUp, name: str, context: Context) -> tuple[Any, bool]:
        """The first answer to a look-up, and whether it is the engine's own: from the inventory or the store."""
        for each in self.decider.finders[what.hook]:
            try:
                answer = each.call(name, context)
                if answer is not None:
                    found = answer if isinstance(answer, what.record) else what.record(**freeze(answer))
                    return found, each.plugin.label == OWN
            except StoreError:
                raise
            except FAILURES as error:
                self.fault(error, "sources", each)
        return None, False

    def settle(self, field: _Field) -> None:
        """Resolve one field, then validate it; in violation, it is forgotten again."""
        self.resolve(field)
        if self.hear(field.stage.field, field.validators, self.draft) and field.resolvers:
            self.known.pop(field.stage.field, None)
            self.draft = Draft(self.known)

    def resolve(self, field: _Field) -> None:
        """The first answer becomes the field's value; without one it stays unknown."""
        stage = field.stage
        for each in field.resolvers:
            try:
                answer = each.call(self.draft)
                if answer is None:
                    continue
                value, origin = answer if type(answer) is Resolved else (answer, each.plugin.label)
                value = stage.check(value)
            except Unresolved:
                continue
            except FAILURES as error:
                self.fault(error, stage.field, each)
                continue
            self.know(stage.field, value, Provenance(origin, stage.field, each.plugin.label))
            return

    def know(self, field: str, value: Any, provenance: Provenance) -> None:
        """Let the draft grow by a field; a volume type that is named is looked up first."""
        if isinstance(value, str) and field == VOLUME_TYPE.key:
            value, _ = self.find(VOLUME_TYPE, name := value, self.context)
            if value is None:
                message = f"volume type `{clip(name)}`, from {provenance.origin}, is not declared; ask the operator to"
                path = _PATHS.get(provenance.origin, "/volume/volume_type")
                self.object(built_in("volume_type.not_declared", path, f"{message} declare it", id=name), field)
                return
        self.known[field] = value
        self.provenance[field] = provenance
        self.draft = Draft(self.known)

    def object(self, violation: Violation, rule: str) -> None:
        """Record a violation that the engine itself found."""
        self.violations.append(replace(violation, rule=rule, plugin=OWN))

    def decision(self, id: Any) -> Decision:  # noqa: A002
        """The document."""
        accepted = not self.violations
        return Decision(
            id=id,
            outcome="accepted" if accepted else "rejected",
            spec=_spec(self.request, self.known) if accepted else None,
            dispatch=self.known.get("dispatch") if accepted else None,
            violations=tuple(self.violations),
            warnings=tuple(self.warnings),
            provenance=freeze(self.provenance),
            policy_fingerprint=self.decider.fingerprint,
            basis=Basis(volume_type=self.known.get(VOLUME_TYPE.key), stored=Sources(**self.sources)),
        )


_PATHS = {each.field: f"/volume/{each.key}" for each in LOOK_UPS}


def _spec(request: VolumeRequest, known: Mapping[str, Any]) -> Spec:
    kind: VolumeType | None = known.get("volume_type")
    qos: QosSpecs | None = known.get("qos_specs")
    image: Image | None = known["image"]
    return Spec(
        size=known.get("size"),
        availability_zone=known.get("availability_zone"),
        snapshot_id=request.snapshot_id,
        source_volid=request.source_volid,
        image_id=None if image is None else image.id,
        backup_id=request.backup_id,
        volume_type_id=None if kind is None else kind.id,
        volume_type=None if kind is None else kind.name,
        qos_specs=None if qos is None else freeze(qos.to_dict()),
        encryption_key=known.get("encryption_key"),
        metadata=known.get("metadata", EMPTY),
        name=request.name,
        description=request.description,
        multiattach=kind is not None and kind.multiattach,
        group_id=request.group_id,
        consistencygroup_id=request.consistencygroup_id,
        scheduler_hints=request.scheduler_hints,
        extra=request.extra,
    )
