"""The composition root: a site and its plugins become an engine that checks and creates."""

from __future__ import annotations

import os
import threading
from collections.abc import Generator, Iterable, Mapping
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any, Literal, Self, TypeVar

from volrules.assembly import chosen_by, decider_of, host_of
from volrules.charging import Charging
from volrules.conversation import in_other_words
from volrules.errors import UsageError
from volrules.events import Events
from volrules.inventory import Inventory, load_inventory
from volrules.model import Context, Decision, Receipt
from volrules.order import Decided, Order
from volrules.site import Site, load_site
from volrules.wording import is_storable, quoted

if TYPE_CHECKING:
    from volrules.books import Books, Quota
    from volrules.relay import Settled
    from volrules.store.contract import Difference, Record, Status, Store

Source = str | os.PathLike[str] | Mapping[str, Any]
Caller = Mapping[str, Any] | Context | None
T = TypeVar("T")
Deciding = Generator[list[Order], list[Decision | Exception], T]
"""A conversation that asks for decisions."""


class Engine:
    """Checks and creates volumes by the rules of one site.

    Safe to share between threads and across a fork; use it as a context manager. Two engines share nothing.
    What is wrong with a request is in the answer; what is raised is a :class:`volrules.VolrulesError`.
    """

    def __init__(
        self, site: Site, inventory: Inventory | None, store_url: str, plugins: Iterable[object], select: Iterable[str]
    ) -> None:
        self._site = site
        self._inventory = inventory
        self._store_url = store_url
        self._opened: Books | None = None
        self._lock = threading.Lock()
        self._host = host_of(site, plugins, select, inventory or self._stored())
        try:
            self._chosen = chosen_by(site, self._host)
            self._decider = decider_of(site, self._host)
            self._events = Events(self._host, self._decider.watch)
            self._is_observed = bool(self._events)
            self._charging = Charging(self._host, self._decider.watch)
        except BaseException:
            self._host.close()
            raise

    @classmethod
    def open(
        cls,
        site: Source | None = None,
        *,
        inventory: Source | None = None,
        store: str | None = None,
        plugins: Iterable[object] = (),
        select: Iterable[str] = (),
    ) -> Self:
        """Open a site: a path or a mapping, None for the defaults.

        ``inventory``: what exists already, a path or a mapping, for checks; without one the store answers.
        ``store``: a URL in place of the site's; it is opened when it is first needed.
        ``plugins``: objects or classes beside the installed ones, named by their ``name`` or class.
        ``select``: plugins or modules that take part whatever the site says, and ``no:NAME`` of those that do not.
        Raises SiteError, InventoryError, PluginError.
        """
        loaded = load_site(site)
        existing = None if inventory is None else load_inventory(inventory)
        return cls(loaded, existing, store or loaded.store, plugins, select)

    def check(self, body: Any, context: Caller = None, *, id: Any = None) -> Decision:  # noqa: A002
        """Decide a volume-create body; writes nothing.

        ``context``: a request line's. ``id``: handed through. Against a store, quota is told too.
        Raises UsageError for a bad context, StoreError.
        """
        caller = Context.from_dict(context)
        began = perf_counter_ns() if self._is_observed else 0
        decision = self._decider.decide(body, caller, id)
        if self._inventory is None:
            decision = self._books.judge(decision, caller)
        if self._is_observed:
            self._events.decided(Decided(Order(body, caller, None, id), decision, perf_counter_ns() - began))
        return decision

    def check_many(self, orders: Iterable[Order]) -> list[Decision | Exception]:
        """Several checks, in order: where plugins have time limits, for less than one at a time.

        Each has its own decision, or the fault that befell it.
        """
        return [self._checked(each) for each in self._decided(orders)]

    def check_stream(self, talk: Generator[Iterable[Order], list[Decision | Exception], T]) -> T:
        """As many checks as a generator asks for; what it returns.

        It yields some orders at a time, and is sent what :meth:`check_many` answers. Where plugins have time limits, it
        runs on the thread that calls them, whatever it does between, and on another one after a call that hung: that
        is one hand-off for all of it. It is closed where it is not heard to its end. Raises what it raises, UsageError.
        """
        if not isinstance(talk, Generator):
            raise UsageError(f"check_stream takes a generator, not {type(talk).__name__}; `check_many` takes orders")
        return self._decider.decide_all(in_other_words(talk, self._checking))

    def create(
        self,
        body: Any,
        context: Caller = None,
        *,
        idempotency_key: str | None = None,
        id: Any = None,  # noqa: A002
    ) -> Receipt:
        """Decide a body, and if it is accepted reserve quota, record the volume and try once to dispatch it.

        The same ``idempotency_key`` and body once more: the first receipt, ``replayed``. A dispatch that does not
        succeed at once is ``pending`` and left to a relay. Raises UsageError, StoreError; nothing was written then.
        """
        order = self._require_order(Order(body, Context.from_dict(context), idempotency_key, id))
        began = perf_counter_ns()
        decision = self._decider.decide(body, order.context, id)
        return self._books.create(Decided(order, decision, perf_counter_ns() - began))

    def create_many(self, orders: Iterable[Order]) -> list[Receipt | Exception]:
        """Several creates, in order, that share commits: far more a second than one at a time.

        Each has its own receipt, or the fault that befell it: nothing was written for it then. All are decided before
        the first is committed. Raises UsageError.
        """
        answers = self._decided(map(self._require_order, orders))
        receipts = iter(self._books.create_all([each for each in answers if isinstance(each, Decided)]))
        return [next(receipts) if isinstance(each, Decided) else each for each in answers]

    def relay(self) -> Mapping[Settled, int]:
        """Settle every message that nobody has in hand: how many were dispatched, left pending, or failed."""
        return self._books.relay.run()

    def follow(self, stop: threading.Event) -> None:
        """Settle messages as they become due, until ``stop`` is set; then finish what is under way and return."""
        self._books.relay.follow(stop)

    def retry(self, volume_id: str) -> Record:
        """Charge a volume whose create has failed once more, and try at once to settle it; how it stands then.

        Raises VolumeUnknown, and TransitionError for one that has not failed or that exceeds its quota by now.
        """
        return self._books.retry(volume_id)

    def get(self, volume_id: str) -> Record:
        """A volume of the store, deleted or not. Raises VolumeUnknown."""
        return self._books.reader().get(volume_id)

    def volumes(self, project_id: str | None = None) -> list[Record]:
        """The store's volumes that are not deleted, by age."""
        return self._books.reader().volumes(project_id)

    def report(self, volume_id: str, status: Literal["available", "error"], *, host: str | None = None) -> Record:
        """Take a volume manager's word on a volume; idempotent. Raises VolumeUnknown, TransitionError."""
        self._books.writer().report(volume_id, status, host)
        return self._books.writer().get(volume_id)

    def delete(self, volume_id: str) -> Record:
        """Take a volume out and give its quota back; idempotent. Raises VolumeUnknown, TransitionError."""
        self._books.writer().delete(volume_id)
        record = self._books.writer().get(volume_id)
        self._events.tell("deleted", volume_id=volume_id)
        return record

    def status(self) -> Status:
        """What is not settled yet, and why."""
        return self._books.reader().status()

    def quota(self, project_id: str | None = None) -> list[Quota]:
        """What is used, and how much may be: of one project, or of all that use something."""
        return self._books.quota(project_id)

    def quota_check(self) -> list[Difference]:
        """Where usages differ from the volumes' charges; empty unless something else wrote to the store."""
        return self._books.reader().check_usages()

    def quota_sync(self) -> list[Difference]:
        """Set usages to the volumes' charges; what differed."""
        return self._books.writer().sync_usages()

    def migrate(self) -> None:
        """Bring the store's schema to this release's, from nothing or from an older one."""
        self._books.writer().migrate()

    def import_inventory(self, inventory: Source) -> int:
        """Load what exists into the store, charging quota without limits; how many entries were read."""
        return self._books.take_in(load_inventory(inventory))

    def require_sound(self) -> None:
        """Put together now what is otherwise put together when it is first needed. Raises SiteError."""
        self._open_books()

    def close(self) -> None:
        """Close the plugins and the store."""
        self._host.close()
        if self._opened is not None:
            self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _books(self) -> Books:
        return self._opened or self._open_books()

    def _open_books(self) -> Books:
        from volrules.books import Books  # lazily: a check against an inventory needs no store

        with self._lock:
            if self._opened is None:
                self._opened = Books(
                    self._site,
                    self._store_url,
                    decider=self._decider,
                    charging=self._charging,
                    events=self._events,
                    chosen=self._chosen,
                )
            return self._opened

    def _stored(self) -> object:
        from volrules.store.finder import StoreFinder

        return StoreFinder(self._reader)

    def _reader(self) -> Store:
        return self._books.reader()

    def _require_order(self, order: Order) -> Order:
        if self._inventory is not None:
            raise UsageError("create reads the store, not an inventory; import the inventory into the store first")
        key: Any = order.idempotency_key
        if key is None or (isinstance(key, str) and 0 < len(key) <= 255 and is_storable(key)):
            return order
        raise UsageError(f"idempotency key {quoted(key)} must be well-formed text of 1 to 255 characters without NUL")

    def _decided(self, orders: Iterable[Order]) -> list[Decided | Exception]:
        return self._decider.decide_all(self._deciding(list(orders)))

    def _checking(self, orders: Iterable[Order]) -> Deciding[list[Decision | Exception]]:
        answers = yield from self._deciding(list(orders))
        return [self._checked(each) for each in answers]

    def _deciding(self, orders: list[Order]) -> Deciding[list[Decided | Exception]]:
        """Orders with their decisions; the time of each is its share of what all took together."""
        began = perf_counter_ns()
        decisions = yield orders
        share = (perf_counter_ns() - began) // max(len(orders), 1)
        return [
            each if isinstance(each, Exception) else Decided(order, each, share)
            for each, order in zip(decisions, orders, strict=True)
        ]

    def _checked(self, decided: Decided | Exception) -> Decision | Exception:
        if isinstance(decided, Exception):
            return decided
        if self._inventory is None:
            try:
                decided = decided._replace(decision=self._books.judge(decided.decision, decided.order.context))
            except Exception as error:  # noqa: BLE001 - it is this one's, and costs the others nothing
                return error
        self._events.decided(decided)
        return decided.decision
