"""What a relay has done, and what it knows to become due."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from time import monotonic

from volrules.relay.settling import Settled, Settlement


class Tally:
    """Messages by how far they came; safe to share between threads. One tried twice counts once."""

    def __init__(self) -> None:
        self._settled: Counter[Settled] = Counter()
        self._pending: dict[str, float | None] = {}
        self._lock = threading.Lock()

    def note(self, message_id: str, settlement: Settlement) -> None:
        """Note how far a message came now."""
        with self._lock:
            self._pending.pop(message_id, None)
            if settlement.state == "pending":
                self._pending[message_id] = None if settlement.wait is None else monotonic() + settlement.wait
            else:
                self._settled[settlement.state] += 1

    def is_pending(self, message_id: str) -> bool:
        """Whether the message has been tried and is to be tried again."""
        return message_id in self._pending

    def counts(self) -> Mapping[Settled, int]:
        """How many messages were dispatched, are pending, have failed."""
        pending: dict[Settled, int] = {"pending": len(self._pending)} if self._pending else {}
        return {**self._settled, **pending}

    def next_due(self) -> float | None:
        """When, by the monotonic clock, the next message is due again; what should have been by now is forgotten.

        Asked after a round: what was due then and is still pending has become another relay's.
        """
        now = monotonic()
        self._pending = {each: due for each, due in self._pending.items() if due is not None and due > now}
        return min((due for due in self._pending.values() if due is not None), default=None)
