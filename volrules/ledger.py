"""Decision to volume: everything that one create writes, handed to the store in one call."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from volrules.charging import Charging, over_quota
from volrules.codes import built_in
from volrules.documents import EMPTY
from volrules.errors import StoreError
from volrules.fingerprint import digest
from volrules.host import OWN
from volrules.jsonvalue import faults
from volrules.model import Context, Decision, Envelope, Message, Receipt
from volrules.order import Order
from volrules.site import Site
from volrules.store.contract import (
    Claimed,
    Created,
    Entry,
    KeyMismatch,
    Lease,
    Outcome,
    OverQuota,
    Replayed,
    SourceChanged,
    Store,
)
from volrules.store.ids import new_id
from volrules.violations import Violation

_FAR_AS = {None: "dispatched", "pending": "pending", "keyed": "pending", "dispatched": "dispatched", "failed": "failed"}


Committed = tuple[Receipt, Claimed | None]


@dataclass(frozen=True, slots=True)
class _Draft:
    """A create that is ready to be entered."""

    order: Order
    receipt: Receipt
    envelope: Envelope
    entry: Entry
    lease: Lease

    def entered(self, outcome: Outcome) -> Committed:
        """What came of it."""
        if isinstance(outcome, Created):
            return self.receipt, _claimed(self.entry, self.envelope, self.lease)
        return _answer(outcome, self.receipt.decision, self.order), None

    def entered_or_failed(self, outcome: Outcome | StoreError) -> Committed | StoreError:
        """What came of it, where that may be a fault."""
        return outcome if isinstance(outcome, StoreError) else self.entered(outcome)


class Ledger:
    """Commits decisions; safe to share between threads. ``store`` opens the store when it is first needed."""

    def __init__(self, site: Site, charging: Charging, store: Callable[[], Store]) -> None:
        self._site = site
        self._charging = charging
        self._store = store

    def judge(self, decision: Decision, context: Context, reader: Store) -> Decision:
        """The decision with what quota would say now; reads only."""
        if decision.spec is None:
            return decision
        charges, failures = self._charging.charges(decision.spec)
        shortages = reader.shortages(context.project_id, charges, self._limits(context, charges))
        return decision.noting((*failures, *over_quota(shortages)))

    def commit(self, decision: Decision, order: Order, lease: Lease) -> Committed:
        """Create the volume that was decided on, or find the receipt of the first time.

        With a new volume comes its message, already claimed under the lease. Raises StoreError.
        """
        draft = self._drawn_up(decision, order, lease)
        if isinstance(draft, Decision):
            return self._refused(draft, order)
        return draft.entered(self._store().create(draft.entry))

    def commit_all(self, decided: Sequence[tuple[Decision, Order]], lease: Lease) -> list[Committed | StoreError]:
        """Several creates that share commits, in order; each with its own outcome, and its own fault."""
        drafts = [(self._drawn_up(decision, order, lease), order) for decision, order in decided]
        entries = [each.entry for each, _ in drafts if isinstance(each, _Draft)]
        outcomes = iter(self._store().create_many(entries))
        # Only now are those looked at that are not to be entered: one may repeat the key of one that was.
        return [
            each.entered_or_failed(next(outcomes)) if isinstance(each, _Draft) else self._refused_or_failed(each, order)
            for each, order in drafts
        ]

    def _drawn_up(self, decision: Decision, order: Order, lease: Lease) -> _Draft | Decision:
        """What is to be entered, or why nothing is."""
        charges: dict[str, int] = {}
        if decision.spec is not None:
            charges, failures = self._charging.charges(decision.spec)
            decision = decision.noting(failures) if failures else decision
        if decision.spec is None:
            return decision
        receipt = Receipt(order.id, "created", new_id(), "creating", "pending", False, decision)
        envelope = _envelope(receipt, order.context)
        return _Draft(order, receipt, envelope, self._entry(receipt, envelope, order, charges, lease), lease)

    def _refused(self, decision: Decision, order: Order) -> Committed:
        return self._replayed(order) or _rejection(decision, order), None

    def _refused_or_failed(self, decision: Decision, order: Order) -> Committed | StoreError:
        try:
            return self._refused(decision, order)
        except StoreError as error:
            return error

    def _replayed(self, order: Order) -> Receipt | None:
        """The receipt stored under the order's key: a retry replays though its source is gone by now."""
        if order.idempotency_key is None or next(faults(order.body), None) is not None:
            return None
        found = self._store().replay(order.context.project_id, order.idempotency_key, digest(order.body))
        return _replay(found, order) if isinstance(found, Replayed) else None

    def _entry(
        self, receipt: Receipt, envelope: Envelope, order: Order, charges: dict[str, int], lease: Lease
    ) -> Entry:
        message, is_keyed = envelope.message, order.idempotency_key is not None
        return Entry(
            volume_id=message.volume_id,
            message_id=message.message_id,
            project_id=message.project_id,
            user_id=message.user_id,
            spec=message.spec,
            charges=charges,
            limits=self._limits(order.context, charges),
            receipt=receipt.text() if is_keyed else "",
            message=envelope.text(),
            stored_sources=receipt.decision.basis.stored,
            idempotency_key=order.idempotency_key,
            fingerprint=digest(order.body) if is_keyed else "",
            lease=lease,
        )

    def _limits(self, context: Context, charges: dict[str, int]) -> dict[str, int]:
        return {resource: self._site.limit(context.project_id, resource) for resource in charges}


def _answer(outcome: Replayed | OverQuota | SourceChanged | KeyMismatch, decision: Decision, order: Order) -> Receipt:
    match outcome:
        case Replayed():
            return _replay(outcome, order)
        case OverQuota(shortages):
            reasons: tuple[Violation, ...] = over_quota(shortages)
        case SourceChanged():
            reasons = (_changed(outcome),)
        case KeyMismatch():
            reasons = (_mismatch(order),)
    return _rejection(decision.noting(reasons), order)


def _envelope(receipt: Receipt, context: Context) -> Envelope:
    """What is to be handed on of the volume that was decided on."""
    decision, volume_id = receipt.decision, receipt.volume_id
    assert decision.spec is not None
    assert volume_id is not None
    kind = decision.basis.volume_type
    message = Message(
        message_id=new_id(),
        volume_id=volume_id,
        project_id=context.project_id,
        user_id=context.user_id,
        request_id=context.request_id,
        dispatch=decision.dispatch,
        spec=decision.spec,
    )
    return Envelope(message, None if kind is None else kind.encryption or EMPTY)


def _claimed(entry: Entry, envelope: Envelope, lease: Lease) -> Claimed:
    """The entry's message as the relay would have claimed it."""
    return Claimed(
        id=entry.message_id,
        volume_id=entry.volume_id,
        sequence=1,
        operation="create",
        state="pending",
        attempts=1,
        body=entry.message,
        token=lease.token,
        age=0.0,
        project_id=entry.project_id,
        user_id=entry.user_id,
        encryption_key_id=None,
        deleted=False,
        envelope=envelope,
    )


def _rejection(decision: Decision, order: Order) -> Receipt:
    return Receipt(order.id, "rejected", None, None, None, False, decision)


def _replay(found: Replayed, order: Order) -> Receipt:
    stored = Receipt.from_dict(json.loads(found.receipt))
    settled: Any = _FAR_AS[found.message_state]
    return replace(stored, id=order.id, status=found.status, dispatch=settled, replayed=True)


def _changed(outcome: SourceChanged) -> Violation:
    message = f"{outcome.kind} `{outcome.id}` changed meanwhile ({outcome.what}); look at it and send the request again"
    found = {"source": outcome.kind, "id": outcome.id, "what": outcome.what}
    return built_in("source.changed", "/volume", message, **found).attributed("ledger", OWN, "deny")


def _mismatch(order: Order) -> Violation:
    message = f"idempotency key `{order.idempotency_key}` came with another body before; use a new key for a new volume"
    return built_in("idempotency.mismatch", "", message).attributed("ledger", OWN, "deny")
