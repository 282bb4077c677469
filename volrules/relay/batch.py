"""A batch: messages claimed together, settled one after the other, recorded together."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from time import monotonic

from volrules.host.errands import Errand
from volrules.relay.settling import Done, Settlement, Settling
from volrules.store.contract import Claimed, Store

_FRESH = 0.05
"""Seconds for which a message is taken to be as it was last seen: a delete in them comes too late."""
_LONG = 0.5
"""Seconds after which what is done is recorded, though its batch is not at its end."""


class Batch:
    """The messages of one claim; ``note`` is told how far each has come.

    ``line``: where they wait. Batches may have one in common: each takes what comes next.
    By the monotonic clock, ``claimed_at``: when; ``begin_by``: when it is too late to begin another.
    """

    def __init__(
        self,
        line: deque[Claimed],
        store: Callable[[], Store],
        settling: Settling,
        note: Callable[[str, Settlement], None],
        *,
        claimed_at: float,
        begin_by: float,
    ) -> None:
        self.messages = tuple(line)
        self.claimed_at = claimed_at
        self._line = line
        self._store = store
        self._settling = settling
        self._note = note
        self._begin_by = begin_by
        self._seen_at = self._recorded_at = claimed_at
        self._deleted: set[str] = set()
        self._done: list[Done] = []

    def settle(self, is_over: Callable[[], bool]) -> Errand[bool]:
        """Settle the messages that can be begun in time, and give back the others; whether there were none.

        What is done is recorded together: a kill before that brings it all back, and all of it is idempotent.
        """
        while (claimed := self._next()) is not None:
            if is_over() or monotonic() > self._begin_by:
                self._record()
                self._give_back(claimed)
                return False
            if monotonic() - self._seen_at > _FRESH:
                self._look_again(claimed)
            yield from self._attempt(claimed)
        self._record()
        return True

    def _next(self) -> Claimed | None:
        try:
            return self._line.popleft()
        except IndexError:
            return None

    def _give_back(self, claimed: Claimed) -> None:
        rest = [claimed, *iter(self._next, None)]
        self._store().give_back([each.id for each in rest], claimed.token)

    def _attempt(self, claimed: Claimed) -> Errand[None]:
        if claimed.volume_id in self._deleted:
            claimed = replace(claimed, deleted=True)
        outcome = yield from self._settling.attempt(claimed)
        if isinstance(outcome, Done):
            self._done.append(outcome)
        else:
            self._note(claimed.id, outcome)
        if monotonic() - self._recorded_at > _LONG:
            self._record()

    def _look_again(self, claimed: Claimed) -> None:
        """See which volumes have been deleted while their messages waited for those before them."""
        self._seen_at = monotonic()
        self._deleted = self._store().deleted([each.volume_id for each in (claimed, *tuple(self._line))])

    def _record(self) -> None:
        done, self._done, self._recorded_at = self._done, [], monotonic()
        for each, settlement in zip(done, self._settling.record(done), strict=True):
            self._note(each.claimed.id, settlement)
