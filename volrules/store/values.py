"""What goes into the store and what comes out of it: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from volrules.model import Sources, Spec

State = Literal["pending", "keyed", "dispatched", "failed"]
Operation = Literal["create", "delete"]
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


@dataclass(frozen=True, slots=True)
class MessageState:
    """How far a volume's create message has come."""

    id: str
    state: State
    attempts: int
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """A volume as the store has it; sizes in GiB, times in UTC.

    ``released_at``: when its create failed for good and its quota was given back.
    ``message``: its latest create message, None when that has been purged or the volume was imported.
    """

    id: str
    project_id: str | None
    user_id: str | None
    size: int | None
    status: str | None
    attach_status: str
    availability_zone: str | None
    volume_type_id: str | None
    encryption_key_id: str | None
    snapshot_id: str | None
    source_volid: str | None
    host: str | None
    display_name: str | None
    display_description: str | None
    charges: Mapping[str, int]
    encrypted: bool
    shared: bool
    created_at: datetime
    released_at: datetime | None
    deleted_at: datetime | None
    message: MessageState | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """A message leased to the caller until ``token`` is settled, postponed or runs out.

    ``attempts`` counts this one; ``age``: seconds since it was queued.
    ``encryption_key_id`` and ``deleted`` are the volume's, now.
    """

    id: str
    volume_id: str
    sequence: int
    operation: Operation
    state: State
    attempts: int
    body: str
    token: str
    age: float
    project_id: str | None
    user_id: str | None
    encryption_key_id: str | None
    deleted: bool


@dataclass(frozen=True, slots=True)
class Usage:
    """What a project uses of a resource; ``reserved`` is 0 outside a transaction."""

    project_id: str
    resource: str
    in_use: int
    reserved: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A usage row that is not the sum of its volumes' charges (``charged``)."""

    project_id: str
    resource: str
    in_use: int
    reserved: int
    charged: int


@dataclass(frozen=True, slots=True)
class Leased:
    """A message in work: by whom, and for how many more seconds (below zero: run out)."""

    message_id: str
    volume_id: str
    owner: str
    seconds_left: float


@dataclass(frozen=True, slots=True)
class Status:
    """The outbox at a glance.

    ``messages``: state → count; ``oldest``: seconds since the oldest unsettled one was queued;
    ``last_error``: of the unsettled message that failed last.
    """

    messages: Mapping[str, int]
    oldest: float | None
    last_error: str | None
    leases: tuple[Leased, ...]
