"""A request with what came beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from volrules.model import Context


@dataclass(frozen=True, slots=True)
class Order:
    """One request: who asks what, under which idempotency key; ``id`` is handed through to the answer."""

    body: Any
    context: Context = field(default_factory=Context)
    idempotency_key: str | None = None
    id: Any = None
