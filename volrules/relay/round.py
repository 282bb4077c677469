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

from volrules.relay.settling import Done, Settling
from volrules.relay.tally import Tally
from volrules.site import RelaySettings
from volrules.store.contract import Claimed, Store

BATCH = 32
_FRESH = 0.05
"""Seconds for which a message is taken to be as it was when it was claimed: a delete in them comes too late."""
_LONG = 0.5
"""Seconds after which what is done is recorded, though its batch is not at its end."""
_HANDED_BACK = "handed back before it was tried: its relay was stopped, or something before it took too long"


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages claimed together.

    By the monotonic clock, ``claimed_at``: when; ``begin_by``: when it is too late to begin another.
    """

    messages: list[Claimed]
    claimed_at: float
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
        if self._is_over():
            return Batch([], 0.0, 0.0)
        # INVARIANT: the clock is read before the lease begins, so that it runs out here before it does in the store.
        now = monotonic()
        messages = self._store().claim(owner(), self._settings.lease, limit, self._volume_id)
        return Batch(messages, now, now + self._settings.lease - self._patience)

    def _settle_all(self, batch: Batch) -> bool:
        """Settle the messages that can be begun in time, and hand back the others; whether there were none.

        What is done is recorded together: a kill before that brings it all back, and all of it is idempotent.
        """
        done: list[Done] = []
        recorded_at = batch.claimed_at
        for place, claimed in enumerate(batch.messages):
            if self._is_over() or monotonic() > batch.begin_by:
                self._record(done)
                self._hand_back(batch.messages[place:])
                return False
            self._attempt(claimed, monotonic() - batch.claimed_at, done)
            if monotonic() - recorded_at > _LONG:
                self._record(done)
                done, recorded_at = [], monotonic()
        self._record(done)
        return True

    def _attempt(self, claimed: Claimed, since: float, done: list[Done]) -> None:
        outcome = self._settling.attempt(claimed if since < _FRESH else self._as_it_is_now(claimed))
        if isinstance(outcome, Done):
            done.append(outcome)
        else:
            self._tally.note(claimed.id, outcome)

    def _record(self, done: list[Done]) -> None:
        for each, settlement in zip(done, self._settling.record(done), strict=True):
            self._tally.note(each.claimed.id, settlement)

    def _as_it_is_now(self, claimed: Claimed) -> Claimed:
        """The message, which has waited for those before it: its volume may have been deleted meanwhile."""
        if claimed.operation == "create" and self._store().find_volume(claimed.volume_id) is None:
            return replace(claimed, deleted=True)
        return claimed

    def _is_over(self) -> bool:
        return self._stop.is_set() or self._is_broken_off

    def _hand_back(self, messages: list[Claimed]) -> None:
        for each in messages:
            self._store().postpone(each.id, each.token, _HANDED_BACK, 0.0)


def owner() -> str:
    """What a lease calls its holder: the host and the process."""
    return f"{socket.gethostname()}:{os.getpid()}"
