"""The answer to a volume-create request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple, Protocol, Self

from volrules.documents import EMPTY, Document, TupleDocument, freeze, thaw
from volrules.model.resources import Backup, Image, Snapshot, Volume, VolumeType
from volrules.violations import Violation

Outcome = Literal["accepted", "rejected"]


class _Spec(NamedTuple):
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
    metadata: Mapping[str, str] = EMPTY
    name: str | None = None
    description: str | None = None
    multiattach: bool = False
    group_id: str | None = None
    consistencygroup_id: str | None = None
    scheduler_hints: Mapping[str, Any] = EMPTY
    extra: Mapping[str, Any] = EMPTY


class Spec(TupleDocument, _Spec):  # type: ignore[misc]  # it is read by key, as all documents are
    """A volume, fully specified: ``size`` in GiB, ids in canonical form, ``extra`` what plugins declared.

    ``encryption_key`` is a plan: None, ``{"action": "create"}`` or ``{"action": "copy", "source_key_id": …}``.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        document = self._asdict()
        for member in _NESTED:
            document[member] = thaw(document[member])
        return document


@dataclass(frozen=True, slots=True)
class Provenance(Document):
    """Where a field's value is from: its origin, the pipeline stage, and the plugin that answered."""

    origin: str
    rule: str
    plugin: str

    def to_dict(self) -> dict[str, Any]:
        return {"origin": self.origin, "rule": self.rule, "plugin": self.plugin}


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


class Content(Protocol):
    """What a decision is about, had it been accepted."""

    @property
    def spec(self) -> Spec | None: ...
    @property
    def dispatch(self) -> Mapping[str, Any] | None: ...
    @property
    def provenance(self) -> Mapping[str, Provenance]: ...
    @property
    def basis(self) -> Basis: ...


class Written(NamedTuple):
    """The content of a decision that is read back, or that there is nothing to say of."""

    spec: Spec | None = None
    dispatch: Mapping[str, Any] | None = None
    provenance: Mapping[str, Provenance] = EMPTY
    basis: Basis = Basis()


class Decision(Document):
    """Whether a volume may be created, as what, and why; see the decision schema. Read-only."""

    __slots__ = ("_content", "_fingerprint", "_id", "_violations", "_warnings")

    def __init__(
        self,
        id: Any,  # noqa: A002 - the document's member
        violations: tuple[Violation, ...],
        warnings: tuple[Violation, ...],
        policy_fingerprint: str,
        content: Content,
    ) -> None:
        self._id = id
        self._violations = violations
        self._warnings = warnings
        self._fingerprint = policy_fingerprint
        self._content = content

    @property
    def schema_version(self) -> int:
        """The version of the decision schema: 1."""
        return 1

    @property
    def id(self) -> Any:
        """The request line's id."""
        return self._id

    @property
    def accepted(self) -> bool:
        """Whether there is no violation."""
        return not self._violations

    @property
    def outcome(self) -> Outcome:
        """Accepted or rejected."""
        return "rejected" if self._violations else "accepted"

    @property
    def spec(self) -> Spec | None:
        """The volume, fully specified; None when rejected."""
        return None if self._violations else self._content.spec

    @property
    def dispatch(self) -> Mapping[str, Any] | None:
        """Who makes the volume: the scheduler or a host; None when rejected."""
        return None if self._violations else self._content.dispatch

    @property
    def violations(self) -> tuple[Violation, ...]:
        """What is wrong, in the order of the rules; the first is the one Cinder's flow would have raised."""
        return self._violations

    @property
    def warnings(self) -> tuple[Violation, ...]:
        """Violations that the site does not enforce, and notices of the rules."""
        return self._warnings

    @property
    def provenance(self) -> Mapping[str, Provenance]:
        """Where each resolved field is from."""
        return MappingProxyType(self._content.provenance)

    @property
    def policy_fingerprint(self) -> str:
        """A digest of the site, the plugins with their versions and the request schema."""
        return self._fingerprint

    @property
    def basis(self) -> Basis:
        """What the decision rests on; no part of the document, and lost where one is read back."""
        return self._content.basis

    def noting(self, remarks: Iterable[Violation]) -> Decision:
        """The same decision with more to say: rejected, if one of the remarks is enforced; itself without remarks."""
        denied, lenient = list(self._violations), list(self._warnings)
        for each in remarks:
            (denied if each.enforcement == "deny" else lenient).append(each)
        return Decision(self._id, tuple(denied), tuple(lenient), self._fingerprint, self._content)

    @classmethod
    @cache
    def members(cls) -> tuple[str, ...]:
        return _MEMBERS

    def to_dict(self) -> dict[str, Any]:
        spec = self.spec
        return {
            "schema_version": self.schema_version,
            "id": thaw(self._id),
            "outcome": self.outcome,
            "spec": None if spec is None else spec.to_dict(),
            "dispatch": thaw(self.dispatch),
            "violations": [each.to_dict() for each in self._violations],
            "warnings": [each.to_dict() for each in self._warnings],
            "provenance": {field: each.to_dict() for field, each in self._content.provenance.items()},
            "policy_fingerprint": self._fingerprint,
        }

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """What ``to_dict`` wrote, as the decision it came from, but for its ``basis``."""
        spec = document["spec"]
        content = Written(
            spec=None if spec is None else Spec.from_dict(spec),
            dispatch=freeze(document["dispatch"]),
            provenance={key: Provenance.from_dict(each) for key, each in document["provenance"].items()},
        )
        violations = tuple(map(Violation.from_dict, document["violations"]))
        warnings = tuple(map(Violation.from_dict, document["warnings"]))
        return cls(freeze(document["id"]), violations, warnings, document["policy_fingerprint"], content)

    def __eq__(self, other: object) -> bool:
        return self.to_dict() == other.to_dict() if isinstance(other, Decision) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # it holds objects and lists

    def __repr__(self) -> str:
        codes = ", ".join(each.code for each in self._violations)
        return f"<Decision {self.outcome}{f': {codes}' if codes else ''}>"


_NESTED = ("qos_specs", "encryption_key", "metadata", "scheduler_hints", "extra")
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
