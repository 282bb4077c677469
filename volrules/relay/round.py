"""A round: everything that is due, claimed in batches and settled by a few threads.

Each thread is as good as a relay of its own: they share nothing but the store.
"""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic

from volrules.relay.settling import Settling
from volrules.relay.tally import Tally
from volrules.site import RelaySettings
from volrules.store.contract import Claimed, Store

BATCH = 16
_HANDED_BACK = "handed back before it was tried: its relay was stopped, or something before it took too long"


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages claimed together; ``begin_by``: when, by the monotonic clock, it is too late to begin another."""

    messages: list[Claimed]
    begin_by: float


class Round:
    """One round; ``patience``: the seconds that settling one message takes at most.

    ``once``: it ends when it comes back to what it has tried, however soon that was due again.
    """

    def __init__(
        self,
        store: Callable[[], Store],
        settling: Settling,
        settings: RelaySettings,
        patience: float,
        *,
        tally: Tally,
        volume_id: str | None,
        stop: threading.Event,
        once: bool,
    ) -> None:
        self._store = store
        self._settling = settling
        self._settings = settings
        self._patience = patience
        self._tally = tally
        self._volume_id = volume_id
        self._stop = stop
        self._once = once
        self._is_broken_off = False

    def run(self) -> None:
        """Settle until nothing is due; work that fills a batch is shared with more threads. Raises StoreError."""
        batch = self._claim(BATCH)
        helpers = self._settings.workers - 1 if len(batch.messages) == BATCH else 0
        with ThreadPoolExecutor(max(helpers, 1), "volrules-relay") as pool:  # a thread starts with its first work
            others = [pool.submit(self._work) for _ in range(helpers)]
            self._work(batch)
            for each in others:
                each.result()

    def _work(self, batch: Batch | None = None) -> None:
        try:
            batch = batch or self._claim(BATCH)
            while batch.messages:
                comes_back = self._once and any(self._tally.is_pending(each.id) for each in batch.messages)
                in_time = self._settle_all(batch)
                if comes_back:
                    return
                # Something is slow: what is claimed behind it would wait in vain.
                batch = self._claim(BATCH if in_time else 1)
        except BaseException:
            self._is_broken_off = True  # the other threads are not to go on for long after an interrupt
            raise

    def _claim(self, limit: int) -> Batch:
        if self._stop.is_set() or self._is_broken_off:
            return Batch([], 0.0)
        # INVARIANT: the clock is read before the lease begins, so that it runs out here before it does in the store.
        begin_by = monotonic() + self._settings.lease - self._patience
        return Batch(self._store().claim(owner(), self._settings.lease, limit, self._volume_id), begin_by)

    def _settle_all(self, batch: Batch) -> bool:
        """Settle the messages that can be begun in time, and hand back the others; whether there were none."""
        for place, claimed in enumerate(batch.messages):
            if self._stop.is_set() or self._is_broken_off or monotonic() > batch.begin_by:
                self._hand_back(batch.messages[place:])
                return False
            self._tally.note(claimed.id, self._settling.settle(self._as_it_is_now(claimed) if place else claimed))
        return True

    def _as_it_is_now(self, claimed: Claimed) -> Claimed:
        """The message, which has waited for those before it: its volume may have been deleted meanwhile."""
        if claimed.operation == "create" and self._store().find_volume(claimed.volume_id) is None:
            return replace(claimed, deleted=True)
        return claimed

    def _hand_back(self, messages: list[Claimed]) -> None:
        for each in messages:
            self._store().postpone(each.id, each.token, _HANDED_BACK, 0.0)


def owner() -> str:
    """What a lease calls its holder: the host and the process."""
    return f"{socket.gethostname()}:{os.getpid()}"
