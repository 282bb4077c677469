"""The answer to a volume-create request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from volrules.documents import Document, empty, freeze
from volrules.model.resources import Backup, Image, Snapshot, Volume, VolumeType
from volrules.violations import Violation

Outcome = Literal["accepted", "rejected"]


@dataclass(frozen=True, slots=True)
class Spec(Document):
    """A volume, fully specified: ``size`` in GiB, ids in canonical form, ``extra`` what plugins declared.

    ``encryption_key`` is a plan: None, ``{"action": "create"}`` or ``{"action": "copy", "source_key_id": …}``.
    """

    size: int | None = None
    availability_zone: str | None = None
    snapshot_id: str | None = None
    source_volid: str | None = None
    image_id: str | None = None
    backup_id: str | None = None
    volume_type_id: str | None = None
    volume_type: str | None = None
    qos_specs: Mapping[str, Any] | None = None
    encryption_key: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] = field(default_factory=empty)
    name: str | None = None
    description: str | None = None
    multiattach: bool = False
    group_id: str | None = None
    consistencygroup_id: str | None = None
    scheduler_hints: Mapping[str, Any] = field(default_factory=empty)
    extra: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class Provenance(Document):
    """Where a field's value is from: its origin, the pipeline stage, and the plugin that answered."""

    origin: str
    rule: str
    plugin: str


@dataclass(frozen=True, slots=True)
class Sources:
    """Sources as a decision read them."""

    snapshot: Snapshot | None = None
    source_volume: Volume | None = None
    backup: Backup | None = None
    image: Image | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a decision rests on: its volume type, and sources from the store, which must be the same at the commit."""

    volume_type: VolumeType | None = None
    stored: Sources = Sources()


@dataclass(frozen=True, slots=True)
class Decision(Document):
    """Whether a volume may be created, as what, and why; see the decision schema.

    ``violations`` are in the order of the rules; the first is the one Cinder's flow would have raised.
    ``warnings`` are violations that the site does not enforce, and notices of the rules.
    ``basis`` is not part of the document, and lost in a decision that is read back from one.
    """

    id: Any
    outcome: Outcome
    spec: Spec | None
    dispatch: Mapping[str, Any] | None
    violations: tuple[Violation, ...]
    warnings: tuple[Violation, ...]
    provenance: Mapping[str, Provenance]
    policy_fingerprint: str
    schema_version: int = 1
    basis: Basis = field(default=Basis(), compare=False, repr=False)

    @property
    def accepted(self) -> bool:
        """Whether there is no violation."""
        return self.outcome == "accepted"

    @classmethod
    def members(cls) -> tuple[str, ...]:
        return _MEMBERS

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        spec = document["spec"]
        return cls(
            id=freeze(document["id"]),
            outcome=document["outcome"],
            spec=None if spec is None else Spec.from_dict(spec),
            dispatch=freeze(document["dispatch"]),
            violations=tuple(map(Violation.from_dict, document["violations"])),
            warnings=tuple(map(Violation.from_dict, document["warnings"])),
            provenance=freeze({key: Provenance.from_dict(each) for key, each in document["provenance"].items()}),
            policy_fingerprint=document["policy_fingerprint"],
            schema_version=document["schema_version"],
        )


_MEMBERS = (
    "schema_version",
    "id",
    "outcome",
    "spec",
    "dispatch",
    "violations",
    "warnings",
    "provenance",
    "policy_fingerprint",
)
