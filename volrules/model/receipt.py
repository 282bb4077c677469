"""What a create leaves behind: the receipt for its caller, the message for the dispatcher."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Self, get_args

from volrules.documents import Document, freeze, thaw
from volrules.model.decision import Decision, Spec

Settled = Literal["dispatched", "pending", "failed"]
Reported = Literal["available", "error"]


@dataclass(frozen=True, slots=True)
class Receipt(Document):
    """The answer to a create. ``dispatch`` is None for a rejected request, ``volume_id`` and ``status`` too.

    ``replayed``: the idempotency key was known, and this is the receipt of the first time.
    """

    id: Any
    outcome: Literal["created", "rejected"]
    volume_id: str | None
    status: str | None
    dispatch: Settled | None
    replayed: bool
    decision: Decision

    def text(self) -> str:
        """Its JSON form."""
        return _text(self.to_dict())

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        members = {**document, "id": freeze(document["id"]), "decision": Decision.from_dict(document["decision"])}
        return cls(**members)


@dataclass(frozen=True, slots=True)
class Message(Document):
    """What a dispatcher hands on; see the message schema. The same volume id may come more than once.

    ``dispatch``: ``{"target": "scheduler"}`` or ``{"target": "host", "host": …}``.
    ``encryption_key_id``: the volume's own key, None when it is not encrypted.
    """

    message_id: str
    volume_id: str
    project_id: str
    user_id: str | None
    request_id: str | None
    dispatch: Mapping[str, Any] | None
    spec: Spec
    encryption_key_id: str | None = None
    operation: Literal["create"] = "create"
    schema_version: int = 1

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        spec, dispatch = Spec.from_dict(document["spec"]), freeze(document["dispatch"])
        return cls(**{**document, "spec": spec, "dispatch": dispatch})


class Envelope(NamedTuple):
    """A message on its way, with what a key manager is told of its volume's type: ``encryption``, or None."""

    message: Message
    encryption: Mapping[str, Any] | None

    @classmethod
    def read(cls, text: str) -> Self:
        """What ``text`` wrote."""
        document = json.loads(text)
        return cls(Message.from_dict(document["message"]), document["encryption"])

    def text(self) -> str:
        """Its JSON form."""
        return _text({"message": self.message.to_dict(), "encryption": thaw(self.encryption)})


@dataclass(frozen=True, slots=True)
class Report(Document):
    """A volume manager's word on a volume: ``status`` is available or error; ``host`` is where it lives."""

    status: Reported
    host: str | None = None

    def __post_init__(self) -> None:
        if self.status not in get_args(Reported):
            raise TypeError(f"a report's status is available or error, not {self.status!r}")
        host: Any = self.host
        if host is not None and (not isinstance(host, str) or not host):
            raise TypeError("a report's host is a text that is not empty")


# Kept: json.dumps would make one each time.
_text = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
