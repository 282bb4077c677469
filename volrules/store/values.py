"""What one create writes, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from volrules.model import Sources, Spec

State = Literal["pending", "keyed", "dispatched", "failed"]
UNLIMITED = -1


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to settle a message, until it runs out by the database's clock.

    ``token`` is made by whoever takes the lease and is what settling is conditional on.
    """

    owner: str
    token: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Entry:
    """All that one create writes.

    ``volume_id`` and ``message_id`` are made by the caller; ``charges``: resource → amount above zero;
    ``limits``: resource → limit, -1 or missing for unlimited.
    ``stored_sources``: the sources that came from this store, as the decision read them;
    what a plugin has vouched for is not among them.
    ``fingerprint``: digest of the canonical request body; ``receipt`` and ``message``: JSON texts, kept verbatim.
    Without a key nobody asks for the fingerprint and the receipt: they are "".
    ``lease``: given when the caller means to settle the message itself.
    """

    volume_id: str
    message_id: str
    project_id: str
    user_id: str | None
    spec: Spec
    charges: Mapping[str, int]
    limits: Mapping[str, int]
    receipt: str
    message: str
    stored_sources: Sources = field(default_factory=Sources)
    idempotency_key: str | None = None
    fingerprint: str = ""
    lease: Lease | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The volume, its charges and its message are committed."""

    volume_id: str


@dataclass(frozen=True, slots=True)
class Replayed:
    """The idempotency key is known, with the same body.

    ``receipt``: the text stored the first time; ``status``: the volume's now;
    ``message_state``: of its create message now, None when that has been purged.
    """

    receipt: str
    status: str
    message_state: State | None


@dataclass(frozen=True, slots=True)
class KeyMismatch:
    """The idempotency key is known, with another body; nothing was written."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """A resource that does not suffice: ``requested`` on top of ``consumed`` exceeds ``limit``."""

    resource: str
    requested: int
    consumed: int
    limit: int


@dataclass(frozen=True, slots=True)
class OverQuota:
    """Every resource that was over, in the order of their names; nothing was written."""

    shortages: tuple[Shortage, ...]


@dataclass(frozen=True, slots=True)
class SourceChanged:
    """A source is not what the decision read; nothing was written.

    ``kind``: volume, snapshot, backup or image; ``what``: "deleted", or the fields that differ, comma-separated.
    """

    kind: str
    id: str
    what: str


Outcome = Created | Replayed | KeyMismatch | OverQuota | SourceChanged
