"""A request with what came beside it, and with what was decided on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from volrules.model import Context, Decision


@dataclass(frozen=True, slots=True)
class Order:
    """One request: who asks what, under which idempotency key; ``id`` is handed through to the answer."""

    body: Any
    context: Context = field(default_factory=Context)
    idempotency_key: str | None = None
    id: Any = None


class Decided(NamedTuple):
    """An order with its decision, which took so many nanoseconds."""

    order: Order
    decision: Decision
    nanoseconds: int
