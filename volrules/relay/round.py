"""A round: everything that is due, claimed in batches and settled by a few threads.

Each thread is as good as a relay of its own: they share nothing but the store.
"""

from __future__ import annotations

import os
import socket
import threading
from collections import deque
from collections.abc import Callable
from time import monotonic

from volrules.host.errands import Errand, run_together
from volrules.relay.batch import Batch
from volrules.relay.hands import Hands
from volrules.relay.settling import Settling
from volrules.relay.tally import Tally
from volrules.site import RelaySettings
from volrules.store.contract import Store

BATCH, MOST = 32, 256
"""Messages claimed at once, to begin with and at most."""
_QUICK = 0.2
"""Seconds within which a batch is settled that may be followed by a larger one."""


class Round:
    """One round.

    ``once``: it ends when it comes back to what it has tried, however soon that was due again.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        settling: Settling,
        settings: RelaySettings,
        hands: Hands,
        *,
        tally: Tally,
        volume_id: str | None,
        stop: threading.Event,
        once: bool,
    ) -> None:
        self._store = store
        self._settling = settling
        self._settings = settings
        self._hands = hands
        self._tally = tally
        self._volume_id = volume_id
        self._stop = stop
        self._once = once
        self._is_broken_off = False

    def run(self) -> None:
        """Settle until nothing is due; work that fills a batch is shared with more threads. Raises StoreError."""
        batch = self._claim(BATCH)
        helpers = self._settings.workers - 1 if len(batch.messages) == BATCH else 0
        if batch.messages:
            helping = [self._work() for _ in range(helpers)]
            run_together(self._work(batch), helping, self._hands.shortest, self._break_off)

    def _work(self, batch: Batch | None = None) -> Errand[None]:
        try:
            batch = batch or self._claim(BATCH)
            while batch.messages:
                comes_back = self._once and any(self._tally.is_pending(each.id) for each in batch.messages)
                is_in_time = yield from batch.settle(self._is_over)
                if comes_back:
                    return
                batch = self._claim(_more(batch) if is_in_time else 1)  # behind what is slow others would wait in vain
        except BaseException:
            self._break_off()  # the store does not answer, and will not answer the other threads
            raise

    def _claim(self, limit: int) -> Batch:
        # INVARIANT: the clock is read before the lease begins, so that it runs out here before it does in the store.
        now = monotonic()
        lease = self._settings.lease
        messages = [] if self._is_over() else self._store().claim(owner(), lease, limit, self._volume_id)
        begin_by = self._hands.begin_by(now, lease)
        return Batch(deque(messages), self._store, self._settling, self._tally.note, claimed_at=now, begin_by=begin_by)

    def _break_off(self) -> None:
        self._is_broken_off = True

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._is_broken_off


def _more(batch: Batch) -> int:
    """How many to claim next: the more, the less a claim costs each; but what is slow is shared with other threads."""
    return min(2 * max(len(batch.messages), BATCH // 2), MOST) if monotonic() - batch.claimed_at < _QUICK else BATCH


def owner() -> str:
    """What a lease calls its holder: the host and the process."""
    return f"{socket.gethostname()}:{os.getpid()}"
