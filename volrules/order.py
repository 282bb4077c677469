"""A create that is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from volrules.model import Context


@dataclass(frozen=True, slots=True)
class Order:
    """One create: who asks what, under which idempotency key; ``id`` is handed through to the receipt."""

    body: Any
    context: Context = field(default_factory=Context)
    idempotency_key: str | None = None
    id: Any = None
