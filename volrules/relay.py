"""Outbox to world: the encryption key, then the dispatcher; idempotent by volume id, tried again until settled."""

from __future__ import annotations

import json
import logging
import os
import random
import socket
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from volrules.documents import freeze
from volrules.errors import Refused, StoreError, TransitionError
from volrules.events import Events
from volrules.host import FAILURES, Implementation
from volrules.model import Context, Message, Receipt, Report
from volrules.store.contract import Claimed, Lease, Store

log = logging.getLogger(__name__)

Settled = Literal["dispatched", "pending", "failed"]
LEASE_SECONDS = 60.0
_BATCH = 16
_LONGEST_WAIT = 300.0


@dataclass(frozen=True, slots=True)
class Hands:
    """The plugins that the site chose for what lies outside the database."""

    dispatch: Implementation
    create_key: Implementation
    delete_key: Implementation


class Relay:
    """Settles messages; any number of relays share one store. Safe to share between threads."""

    def __init__(self, store: Callable[[], Store], hands: Hands, events: Events) -> None:
        self._store = store
        self._hands = hands
        self._events = events

    def lease(self) -> Lease:
        """A lease for a message that this relay is about to commit and settle itself."""
        return Lease(_owner(), uuid.uuid4().hex, LEASE_SECONDS)

    def run(self) -> Mapping[Settled, int]:
        """Settle everything that is due; how many messages went which way."""
        counts: Counter[Settled] = Counter()
        while batch := self._store().claim(_owner(), LEASE_SECONDS, _BATCH):
            counts.update(self.settle(each) for each in batch)
        return counts

    def settle(self, claimed: Claimed) -> Settled:
        """Do what a claimed message asks for. Raises StoreError alone: then the lease runs out, and it comes again."""
        try:
            done = self._delete(claimed) if claimed.operation == "delete" else self._create(claimed)
        except StoreError:
            raise
        except Refused as refusal:
            return self._fail(claimed, str(refusal))
        except FAILURES as error:
            log.warning("message %s of volume %s is tried again later", claimed.id, claimed.volume_id, exc_info=error)
            self._store().postpone(
                claimed.id, claimed.token, f"{type(error).__name__}: {error}", _wait(claimed.attempts)
            )
            return "pending"
        return done

    def settle_inline(self, receipt: Receipt, claimed: Claimed) -> Receipt:
        """Try once to settle the message of a create that was just committed; the receipt says how far it came."""
        try:
            settled: Settled = self.settle(claimed)
        except StoreError:
            log.warning("the outcome of message %s was not recorded; a relay will see to it", claimed.id, exc_info=True)
            settled = "pending"
        status = self._store().get(claimed.volume_id).status if settled == "failed" else receipt.status
        return replace(receipt, dispatch=settled, status=status)

    def _create(self, claimed: Claimed) -> Settled:
        envelope = json.loads(claimed.body)
        message = replace(Message.from_dict(envelope["message"]), encryption_key_id=claimed.encryption_key_id)
        gone = claimed.deleted
        if message.spec.encryption_key is not None and message.encryption_key_id is None and not gone:
            key_id = self._make_key(message, envelope["encryption"])
            message = replace(message, encryption_key_id=key_id)
            noted = self._store().keyed(claimed.id, claimed.token, key_id)
            if noted == "lost":
                return "pending"
            gone = noted == "deleted"
        report = None if gone else self._dispatch(message)
        self._store().settle(claimed.id, claimed.token, "dispatched")
        if report is not None:
            self._report(message.volume_id, report)
        if not gone and self._events:
            self._events.tell("dispatched", volume_id=message.volume_id, message=message.to_dict())
        return "dispatched"

    def _make_key(self, message: Message, encryption: Any) -> str:
        plan = freeze({"encryption_key": message.to_dict()["spec"]["encryption_key"], "encryption": encryption})
        context = Context(message.project_id, message.user_id, None, message.request_id)
        key_id = self._hands.create_key.call(plan, message.volume_id, context)
        if not isinstance(key_id, str) or not key_id:
            raise TypeError(f"a key manager answers with the key's id, not {type(key_id).__name__}")
        return key_id

    def _dispatch(self, message: Message) -> Report | None:
        report = self._hands.dispatch.call(message)
        if report is not None and not isinstance(report, Report):
            raise TypeError(f"a dispatcher answers with a Report or None, not {type(report).__name__}")
        return report

    def _report(self, volume_id: str, report: Report) -> None:
        try:
            self._store().report(volume_id, report.status, report.host)
        except TransitionError as error:
            log.info("the report on volume %s comes too late: %s", volume_id, error)

    def _delete(self, claimed: Claimed) -> Settled:
        context = Context(claimed.project_id or Context().project_id, claimed.user_id)
        self._hands.delete_key.call(claimed.volume_id, claimed.encryption_key_id, context)
        self._store().settle(claimed.id, claimed.token, "dispatched")
        return "dispatched"

    def _fail(self, claimed: Claimed, reason: str) -> Settled:
        self._store().settle(claimed.id, claimed.token, "failed", reason)
        if self._events:
            self._events.tell("failed", volume_id=claimed.volume_id, reason=reason)
        return "failed"


def _owner() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


def _wait(attempts: int) -> float:
    """Seconds until the next attempt: doubling, bounded, and spread so that not all come at once."""
    longest: float = min(_LONGEST_WAIT, 2.0**attempts)
    return longest * random.uniform(0.5, 1.0)
