"""The relay: what a create hands over, what is due now, and the service that waits for more."""

from __future__ import annotations

import logging
import threading
import uuid
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from volrules.errors import StoreError
from volrules.events import Events
from volrules.host.errands import run_together
from volrules.relay.batch import Batch
from volrules.relay.hands import Hands
from volrules.relay.round import Round, owner
from volrules.relay.settling import Settled, Settlement, Settling
from volrules.relay.tally import Tally
from volrules.relay.waiting import Periodically, Waiting
from volrules.site import RelaySettings
from volrules.store.contract import Claimed, Lease, Store

log = logging.getLogger(__name__)

_NEVER = threading.Event()
_HOUR = 3600.0


class Relay:
    """Settles messages; any number of relays share one store. Safe to share between threads.

    Raises SiteError when the site's lease does not outlast its plugins' timeouts.
    """

    def __init__(self, store: Callable[[], Store], hands: Hands, events: Events, settings: RelaySettings) -> None:
        hands.require_patient(settings.lease)
        self._store = store
        self._hands = hands
        self._settings = settings
        self._settling = Settling(store, hands, events, settings)

    def lease(self) -> Lease:
        """A lease for a message that this relay is about to commit and settle itself."""
        return Lease(owner(), str(uuid.uuid4()), self._settings.lease)

    def settle_inline(self, created: Sequence[Claimed], since: float) -> Mapping[str, Settlement]:
        """Try once to settle the messages of creates that were just committed; how far each came, by its id.

        ``since``: the monotonic clock before their lease was taken. Raises no StoreError: the creates are committed,
        whatever becomes of their messages.
        """
        settled = {each.id: Settlement("pending") for each in created}
        workers, broken_off, line = min(self._settings.workers, len(created)), threading.Event(), deque(created)
        batches = [self._batch(line, since, settled) for _ in range(workers)]
        first, *helping = [each.settle(broken_off.is_set) for each in batches]
        try:
            run_together(first, helping, self._hands.shortest, broken_off.set)
        except StoreError:
            log.warning("not all outcomes were recorded; a relay will see to the rest", exc_info=True)
        return settled

    def _batch(self, line: deque[Claimed], since: float, settled: dict[str, Settlement]) -> Batch:
        return Batch(
            line,
            self._store,
            self._settling,
            settled.__setitem__,
            claimed_at=monotonic(),
            begin_by=self._hands.begin_by(since, self._settings.lease),
        )

    def run(self, volume_id: str | None = None) -> Mapping[Settled, int]:
        """Settle everything that nobody has in hand, of one volume or of all; how many messages went which way.

        What was to be tried again later is tried now, but not again and again; what has served its time is removed.
        Raises StoreError.
        """
        if volume_id is None:
            self._store().hasten()
        tally = Tally()
        self._round(tally, volume_id, once=True).run()
        self._store().purge()
        return tally.counts()

    def follow(self, stop: threading.Event) -> None:
        """Settle what is due whenever it becomes due, until ``stop`` is set; outages of the store are waited out.

        What is under way when ``stop`` is set is finished, and no more begun.
        """
        waiting, tally = Waiting(self._store, stop), Tally()
        tidy = Periodically(_HOUR, lambda: self._store().purge())
        while not stop.is_set():
            try:
                waiting.listen()
                self._round(tally, stop=stop).run()
                tidy()
                waiting.until(tally.next_due())
            except StoreError as error:
                log.warning("the store does not answer, waiting for it: %s", error)
                waiting.out()

    def _round(
        self, tally: Tally, volume_id: str | None = None, stop: threading.Event = _NEVER, *, once: bool = False
    ) -> Round:
        return Round(
            self._store,
            self._settling,
            self._settings,
            self._hands,
            tally=tally,
            volume_id=volume_id,
            stop=stop,
            once=once,
        )
