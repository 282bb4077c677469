"""Messages as the relay hands them to a dispatcher."""

from __future__ import annotations

import uuid
from typing import Any

from volrules.documents import freeze
from volrules.model import Message, Spec

SCHEDULER = {"target": "scheduler"}


def a_message(**members: Any) -> Message:
    """A message of a new volume; ``members`` replace its own."""
    spec = Spec(size=1, availability_zone="nova", name="étude \N{SNOWMAN}", metadata=freeze({"k": "v"}))
    defaults: dict[str, Any] = {
        "message_id": str(uuid.uuid4()),
        "volume_id": str(uuid.uuid4()),
        "project_id": "p1",
        "user_id": "u1",
        "request_id": None,
        "dispatch": SCHEDULER,
        "spec": spec,
    }
    return Message(**freeze({**defaults, **members}))
