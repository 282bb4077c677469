"""What a decision knows, as the spec and the rest of its document; made when somebody asks for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from volrules.documents import EMPTY
from volrules.model import Basis, Provenance, QosSpecs, Sources, Spec
from volrules.model.known import Known
from volrules.step import Step

Told = list[tuple[Step, tuple[Any, str]]]
"""The resolvers that answered, with their answers."""
_new = tuple.__new__
_SOURCES = ("snapshot", "source_volume", "backup", "image")


class Rendering:
    """See :class:`volrules.model.decision.Content`. ``told``: who resolved what is known."""

    __slots__ = ("_draft", "_spec", "_told")

    def __init__(self, draft: Known, told: Told) -> None:
        self._draft = draft
        self._told = told
        self._spec: Spec | None = None

    @property
    def spec(self) -> Spec:
        """The volume, fully specified."""
        spec = self._spec  # read once: another thread may put what it renders in its place
        if spec is None:
            self._spec = spec = self._rendered()
        return spec

    @property
    def dispatch(self) -> Mapping[str, Any] | None:
        """Who makes the volume."""
        return getattr(self._draft, "dispatch", None)

    @property
    def provenance(self) -> Mapping[str, Provenance]:
        """Where each field is from."""
        return {step.rule: step.credits[origin] for step, (_, origin) in self._told}

    @property
    def basis(self) -> Basis:
        """What the decision rests on."""
        draft = self._draft
        foreign = getattr(draft, "foreign", ())
        stored = {each: getattr(draft, each, None) for each in _SOURCES if each not in foreign}
        return Basis(getattr(draft, "volume_type", None), Sources(**stored))

    def _rendered(self) -> Spec:
        draft = self._draft
        request, image = draft.request, draft.image
        kind, qos = getattr(draft, "volume_type", None), getattr(draft, "qos_specs", None)
        members = (  # in the published order
            getattr(draft, "size", None),
            getattr(draft, "availability_zone", None),
            request.snapshot_id,
            request.source_volid,
            None if image is None else image.id,
            request.backup_id,
            None if kind is None else kind.id,
            None if kind is None else kind.name,
            None if qos is None else _described(qos),
            getattr(draft, "encryption_key", None),
            getattr(draft, "metadata", EMPTY),
            request.name,
            request.description,
            kind is not None and kind.multiattach,
            request.group_id,
            request.consistencygroup_id,
            request.scheduler_hints,
            request.extra,
        )
        return _new(Spec, members)  # its own maker takes as long as the rest


def _described(qos: QosSpecs) -> Mapping[str, Any]:
    return MappingProxyType({"id": qos.id, "name": qos.name, "consumer": qos.consumer, "specs": qos.specs})
