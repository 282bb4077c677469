"""Rule 3: finds the source and the type that a request names, with the volume that a source is of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from volrules.codes import built_in
from volrules.documents import freeze
from volrules.errors import StoreError
from volrules.host import FAILURES, OWN
from volrules.host.jobs import Slot
from volrules.model import Context, VolumeType
from volrules.model.known import Known
from volrules.stages import SOURCES, VOLUME, VOLUME_TYPE, LookUp
from volrules.step import Step
from volrules.violations import Violation
from volrules.wording import clip

_PATHS = {each.field: f"/volume/{each.asked}" for each in (*SOURCES.values(), VOLUME_TYPE)}


class LookUps:
    """Those who know what exists, by the field of what they find: asked in order, the first answer counts."""

    def __init__(self, finders: Mapping[str, Sequence[Step]]) -> None:
        self._finders = finders

    def look_up(self, draft: Known) -> list[Violation] | None:
        """Find what the request names; what is not there stays unknown, and is told. Raises StoreError."""
        request = draft.request
        draft.snapshot = draft.source_volume = draft.backup = draft.image = draft.requested_volume_type = None
        draft.foreign = ()
        told: list[Violation] = []
        for asked in request.sources:
            self._look_up_one(draft, SOURCES[asked], getattr(request, asked), told)
        if request.volume_type is not None:
            self._look_up_one(draft, VOLUME_TYPE, request.volume_type, told)
        return told or None

    def declared(self, draft: Known, name: str, origin: str) -> tuple[VolumeType | None, list[Violation]]:
        """The volume type that a resolver named by its id or name, and what there is to say about it."""
        told: list[Violation] = []
        found, _ = self._find(draft, VOLUME_TYPE, name, draft.context, told)
        if found is None and self._is_certain(draft, VOLUME_TYPE, told):
            message = f"volume type `{clip(name)}`, from {origin}, is not declared; ask the operator to declare it"
            path = _PATHS.get(origin, "/volume/volume_type")
            told.append(_noted(built_in("volume_type.not_declared", path, message, id=name), "volume_type"))
        return found, told

    def volume_type(self, type_id: str | None, slot: Slot) -> VolumeType | None:
        """The type of that id, as a look-up on the engine's own behalf finds it."""
        if type_id is None:
            return None
        draft = Known()
        draft.slot = slot
        found: VolumeType | None
        found, _ = self._find(draft, VOLUME_TYPE, type_id, Context().elevated(), [])
        return found

    def _look_up_one(self, draft: Known, what: LookUp, name: str, told: list[Violation]) -> None:
        before = len(told)
        found, is_own = self._find(draft, what, name, draft.context, told)
        if found is None:
            delattr(draft, what.field)
            if self._is_certain(draft, what, told[before:]):
                told.append(_missing(draft, what, name))
            return
        if what.is_of_volume and found.volume is None and found.volume_id is not None:
            volume, _ = self._find(draft, VOLUME, found.volume_id, draft.context.elevated(), told)
            found = replace(found, volume=volume)
        setattr(draft, what.field, found)
        if not is_own:
            draft.foreign = (*draft.foreign, what.field)

    def _is_certain(self, draft: Known, what: LookUp, told: list[Violation]) -> bool:
        """Whether all who might know could say that something is not there, or need not be asked."""
        needed = (each.by.plugin for each in self._finders[what.field] if each.by.plugin.failure_policy == "fail")
        return all(each.enforcement != "deny" for each in told) and not any(map(draft.slot.leaves_out, needed))

    def _find(self, draft: Known, what: LookUp, name: str, context: Context, told: list[Violation]) -> tuple[Any, bool]:
        """The first answer, and whether it is the engine's own: from the inventory or the store."""
        for step in self._finders[what.field]:
            try:
                # What ships with volrules is asked bare: taking a draft would cost it a call in every look-up.
                answer = step.call(name, context) if step.own else step.call(draft, name, context)
                if answer is not None:
                    return answer, step.own
            except FAILURES as error:
                if step.own and isinstance(error, StoreError):
                    raise
                told.append(step.failed(error))
        return None, False


def recorded(answer: Any, record: type[Any]) -> Any:
    """A vendor's answer, which may be a record of its own kind, or a record's members."""
    if answer is None or isinstance(answer, record):
        return answer and record.own(answer)
    return record(**freeze(answer))


def _missing(draft: Known, what: LookUp, name: str) -> Violation:
    message = f"{what.noun} `{clip(name)}` is not there, or not yours to see; name another"
    path = f"/volume/{draft.request.spelled(what.asked)}"
    return _noted(built_in(what.code, path, message, id=name), "sources")


def _noted(violation: Violation, rule: str) -> Violation:
    """What the engine itself found."""
    return violation.attributed(rule, OWN, "deny")
