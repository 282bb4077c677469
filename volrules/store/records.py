"""What the store has: volumes, messages and usages, as they were when they were read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from volrules.model import Envelope
from volrules.store.values import State

Operation = Literal["create", "delete"]


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
    ``envelope``: what ``body`` says, where its writer has it still.
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
    envelope: Envelope | None = None


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
