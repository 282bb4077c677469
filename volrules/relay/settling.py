"""One message, settled: its key made, its volume handed on, or its failure recorded.

INVARIANT: the lease outlasts the plugins' timeouts, and nothing is recorded under a lease that was lost.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

from volrules.errors import Refused, TransitionError, VolrulesError
from volrules.events import Events
from volrules.host.errands import Errand, run_here
from volrules.model import Context, Envelope, Message, Report
from volrules.relay.hands import Fault, Hands, Unanswered
from volrules.site import RelaySettings
from volrules.store.contract import Claimed, Store

log = logging.getLogger(__name__)

Settled = Literal["dispatched", "pending", "failed"]


@dataclass(frozen=True, slots=True)
class Settlement:
    """How far a message has come; ``status``: the volume's, where it may have changed with that.

    ``wait``: seconds until it is due again, None when it is settled or a lease is to run out.
    """

    state: Settled
    status: str | None = None
    wait: float | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """A message whose work is done and not recorded yet.

    ``message``: what was handed on, None where there was nothing to hand on; ``status``: as in a settlement.
    """

    claimed: Claimed
    message: Message | None = None
    status: str | None = None


class Settling:
    """Does what claimed messages ask for, and records it; safe to share between threads."""

    def __init__(self, store: Callable[[], Store], hands: Hands, events: Events, settings: RelaySettings) -> None:
        self._store = store
        self._hands = hands
        self._events = events
        self._settings = settings

    def attempt(self, claimed: Claimed) -> Errand[Settlement | Done]:
        """Take the message as far as it goes; what is done is left to be recorded. Raises StoreError."""
        if claimed.operation == "delete":
            return (yield from self._delete(claimed))
        if claimed.deleted:
            return Done(claimed)
        if claimed.attempts > self._settings.attempts:
            return self._failed(claimed, self._gave_up(claimed))
        try:
            return (yield from self._create(claimed))
        except Refused as refusal:
            return self._failed(claimed, str(refusal))
        except Fault as fault:
            return self._postponed_or_failed(claimed, fault)

    def record(self, done: Sequence[Done]) -> list[Settlement]:
        """Record what is done of one claim; how far each came. A lease that was lost records nothing.

        Raises StoreError.
        """
        if not done:
            return []
        held = self._store().settle_all([each.claimed.id for each in done], done[0].claimed.token)
        lost = partial(Settlement, "pending")
        return [self._recorded(each) if each.claimed.id in held else lost(each.status) for each in done]

    def _recorded(self, done: Done) -> Settlement:
        if done.message is not None and self._events:
            self._events.tell("dispatched", volume_id=done.message.volume_id, message=done.message.to_dict())
        return Settlement("dispatched", done.status)

    def _create(self, claimed: Claimed) -> Errand[Settlement | Done]:
        message, encryption = claimed.envelope or Envelope.read(claimed.body)
        if claimed.encryption_key_id is not None:
            message = replace(message, encryption_key_id=claimed.encryption_key_id)
        if message.spec.encryption_key is not None and message.encryption_key_id is None:
            try:
                key_id = yield from self._make_key(message, encryption)
            except Unanswered as fault:
                return _left_alone(claimed, fault)
            message = replace(message, encryption_key_id=key_id)
            noted = self._store().keyed(claimed.id, claimed.token, key_id)
            if noted == "lost":
                self._disown(message, key_id)
                return Settlement("pending")
            if noted == "deleted":
                return Done(claimed)
        report = yield from self._hands.hand_on(message)
        return Done(claimed, message, None if report is None else self._report(claimed.volume_id, report))

    def _make_key(self, message: Message, encryption: Any) -> Errand[str]:
        return self._hands.make_key(message, encryption, late=partial(self._disown, message))

    def _disown(self, message: Message, key_id: str) -> None:
        """See to a key that was made after this relay had lost the right to note it.

        Normally it is the volume's by now, or will be, since making keys is idempotent. Only where the volume has
        been deleted meanwhile, and its key's deletion with it, would nobody ever ask for it again.
        """
        try:
            if self._store().get(message.volume_id).deleted_at is not None:
                run_here(
                    self._hands.remove_key(message.volume_id, key_id, Context(message.project_id, message.user_id))
                )
        except (VolrulesError, Fault) as error:
            log.error("the key of volume %s came too late and is left behind", message.volume_id, exc_info=error)

    def _report(self, volume_id: str, report: Report) -> str | None:
        # Before the message is settled: a kill in between brings it back, and the dispatcher tells once more.
        try:
            self._store().report(volume_id, report.status, report.host)
        except TransitionError as error:
            log.warning("the report on volume %s comes too late: %s", volume_id, error)
            return None
        return report.status

    def _delete(self, claimed: Claimed) -> Errand[Settlement | Done]:
        """Delete a key. This is never given up: a key that nobody deletes would be there for ever."""
        context = Context(claimed.project_id or Context().project_id, claimed.user_id)
        try:
            yield from self._hands.remove_key(claimed.volume_id, claimed.encryption_key_id, context)
        except (Fault, Refused) as fault:
            return self._postponed(claimed, fault)
        return Done(claimed)

    def _postponed_or_failed(self, claimed: Claimed, fault: Fault) -> Settlement:
        if claimed.attempts >= self._settings.attempts:
            return self._failed(claimed, f"gave up after {claimed.attempts} attempts; the last: {fault}")
        if claimed.age >= self._settings.deadline:
            return self._failed(claimed, f"gave up after {claimed.age:.0f} seconds; the last: {fault}")
        return self._postponed(claimed, fault)

    def _postponed(self, claimed: Claimed, fault: Exception) -> Settlement:
        log.warning("volume %s is tried again later: %s", claimed.volume_id, fault)
        log.debug("attempt %d on message %s", claimed.attempts, claimed.id, exc_info=fault)
        seconds = _wait(claimed.attempts, self._settings.longest_wait)
        self._store().postpone(claimed.id, claimed.token, str(fault), seconds)
        return Settlement("pending", wait=seconds)

    def _failed(self, claimed: Claimed, reason: str) -> Settlement:
        if not self._store().settle(claimed.id, claimed.token, "failed", reason):
            return Settlement("pending")
        record = self._store().get(claimed.volume_id)
        if record.message is not None and record.message.state == "dispatched":
            return Settlement("dispatched", record.status)  # its host has reported it: it arrived after all
        log.error("volume %s has failed: %s", claimed.volume_id, reason)
        if self._events:
            self._events.tell("failed", volume_id=claimed.volume_id, reason=reason)
        return Settlement("failed", record.status)

    def _gave_up(self, claimed: Claimed) -> str:
        message = self._store().get(claimed.volume_id).message
        last = None if message is None else message.last_error
        return f"gave up after {claimed.attempts - 1} attempts; the last: {last or 'it never ended'}"


def _left_alone(claimed: Claimed, fault: Fault) -> Settlement:
    # INVARIANT: a key that is still being made is found by its deletion, which waits for this message. So nothing is
    # decided before the lease has run out: by then the key is there, or whoever was making it is given up for dead.
    log.warning("volume %s is left alone until its lease has run out: %s", claimed.volume_id, fault)
    return Settlement("pending")


def _wait(attempts: int, longest: float) -> float:
    """Seconds until the next attempt: doubling, bounded, and spread so that not all come at once.

    The first attempt is usually the create's own; after it a relay may try at once.
    """
    if attempts == 1:
        return 0.0
    return float(min(longest, 2.0 ** min(attempts, 32))) * random.uniform(0.5, 1.0)
