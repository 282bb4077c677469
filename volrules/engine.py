"""The composition root: a site and its plugins become an engine that checks and creates."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from time import perf_counter_ns
from typing import Any, Literal, Self, cast

from volrules.catalogue import Catalogue
from volrules.charging import Charging, over_quota
from volrules.decide import Decider
from volrules.enforcement import Policy
from volrules.errors import PluginError, TransitionError, UsageError
from volrules.events import Events
from volrules.fingerprint import fingerprint
from volrules.host import FAILURES, Host, Implementation
from volrules.inventory import Inventory, load_inventory
from volrules.ledger import Ledger, Order
from volrules.model import Context, Decision, Receipt, Spec, Volume
from volrules.relay import Hands, Relay, Settled
from volrules.requests import RequestSchema
from volrules.site import Site, load_site
from volrules.store import open_store
from volrules.store.contract import Difference, OverQuota, Record, Status
from volrules.store.finder import StoreFinder
from volrules.store.lazily import LazyStore
from volrules.wording import is_well_formed, quoted

Source = str | os.PathLike[str] | Mapping[str, Any]
Caller = Mapping[str, Any] | Context | None


@dataclass(frozen=True, slots=True)
class Quota:
    """What a project uses of a resource, and how much it may; ``limit`` -1: unlimited."""

    project_id: str
    resource: str
    in_use: int
    reserved: int
    limit: int


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
        self._reader = LazyStore(lambda: open_store(store_url, read_only=True, retention=site.retention))
        self._writer = LazyStore(lambda: open_store(store_url, create=True, retention=site.retention))
        self._host = _host(site, plugins, select, inventory or StoreFinder(self._reader))
        try:
            self._assemble()
        except BaseException:
            self._host.close()
            raise

    def _assemble(self) -> None:
        self._events = Events(self._host)
        self._charging = Charging(self._host)
        self._decider = _decider(self._site, self._host)
        self._ledger = Ledger(self._site, self._charging, self._writer)
        self._relay = Relay(self._writer, _hands(self._site, self._host), self._events, self._site.relay)

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
        began = perf_counter_ns()
        decision = self._decider.decide(body, caller, id)
        if self._inventory is None:
            decision = self._ledger.judge(decision, caller, self._reader())
        self._tell_decided(decision, body, caller, began)
        return decision

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
        if self._inventory is not None:
            raise UsageError("create reads the store, not an inventory; import the inventory into the store first")
        order = Order(body, Context.from_dict(context), _checked_key(idempotency_key), id)
        began = perf_counter_ns()
        decision = self._decider.decide(body, order.context, id)
        receipt, message = self._ledger.commit(decision, order, self._relay.lease())
        self._tell_decided(receipt.decision, body, order.context, began)
        if message is None:
            return receipt
        if self._events:
            self._events.tell("created", receipt=receipt.to_dict())
        return self._relay.settle_inline(receipt, message)

    def relay(self) -> Mapping[Settled, int]:
        """Settle every message that nobody has in hand: how many were dispatched, left pending, or failed."""
        return self._relay.run()

    def follow(self, stop: threading.Event) -> None:
        """Settle messages as they become due, until ``stop`` is set; then finish what is under way and return."""
        self._relay.follow(stop)

    def retry(self, volume_id: str) -> Record:
        """Charge a volume whose create has failed once more, and try at once to settle it; how it stands then.

        Raises VolumeUnknown, and TransitionError for one that has not failed or that exceeds its quota by now.
        """
        record = self._reader().get(volume_id)
        charges = self._charges_of(_as_listed(record))
        limits = {resource: self._limit(record.project_id or "", resource) for resource in charges}
        outcome = self._writer().retry(volume_id, charges, limits)
        if isinstance(outcome, OverQuota):
            short = over_quota(outcome.shortages)[0]
            raise TransitionError(short.code, f"volume `{volume_id}` cannot be retried: {short.message}")
        self._relay.run(volume_id)
        return self._writer().get(volume_id)

    def get(self, volume_id: str) -> Record:
        """A volume of the store, deleted or not. Raises VolumeUnknown."""
        return self._reader().get(volume_id)

    def volumes(self, project_id: str | None = None) -> list[Record]:
        """The store's volumes that are not deleted, by age."""
        return self._reader().volumes(project_id)

    def report(self, volume_id: str, status: Literal["available", "error"], *, host: str | None = None) -> Record:
        """Take a volume manager's word on a volume; idempotent. Raises VolumeUnknown, TransitionError."""
        self._writer().report(volume_id, status, host)
        return self._writer().get(volume_id)

    def delete(self, volume_id: str) -> Record:
        """Take a volume out and give its quota back; idempotent. Raises VolumeUnknown, TransitionError."""
        self._writer().delete(volume_id)
        record = self._writer().get(volume_id)
        self._events.tell("deleted", volume_id=volume_id)
        return record

    def status(self) -> Status:
        """What is not settled yet, and why."""
        return self._reader().status()

    def quota(self, project_id: str | None = None) -> list[Quota]:
        """What is used, and how much may be: of one project, or of all that use something."""
        return [
            Quota(
                each.project_id, each.resource, each.in_use, each.reserved, self._limit(each.project_id, each.resource)
            )
            for each in self._reader().usages(project_id)
        ]

    def quota_check(self) -> list[Difference]:
        """Where usages differ from the volumes' charges; empty unless something else wrote to the store."""
        return self._reader().check_usages()

    def quota_sync(self) -> list[Difference]:
        """Set usages to the volumes' charges; what differed."""
        return self._writer().sync_usages()

    def migrate(self) -> None:
        """Bring the store's schema to this release's, from nothing or from an older one."""
        self._writer().migrate()

    def import_inventory(self, inventory: Source) -> int:
        """Load what exists into the store, charging quota without limits; how many entries were read."""
        loaded = load_inventory(inventory)
        return self._writer().import_inventory(loaded, self._charges_of)

    def close(self) -> None:
        """Close the plugins and the store."""
        self._host.close()
        self._reader.close()
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _limit(self, project_id: str, resource: str) -> int:
        return self._site.limit(project_id, resource)

    def _charges_of(self, volume: Volume) -> Mapping[str, int]:
        kind = self._decider.volume_type(volume.volume_type_id)
        spec = Spec(
            size=volume.size,
            availability_zone=volume.availability_zone,
            volume_type_id=volume.volume_type_id,
            volume_type=None if kind is None else kind.name,
        )
        charges, failures = self._charging.charges(spec)
        for each in failures:
            if each.enforcement == "deny":
                raise PluginError(each.message)
        return charges

    def _tell_decided(self, decision: Decision, body: Any, context: Context, began: int) -> None:
        if self._events:
            metrics = {"timer_volrules_decide_ns": perf_counter_ns() - began}
            told = {"decision": decision.to_dict(), "request": body, "context": context.to_dict(), "metrics": metrics}
            self._events.tell("decided", **told)


def _host(site: Site, plugins: Iterable[object], select: Iterable[str], existing: object) -> Host:
    host = Host(site, plugins, {"catalogue": Catalogue(site.document), "existing": existing}, select)
    try:
        host.require_sound()
    except BaseException:
        host.close()
        raise
    return host


def _decider(site: Site, host: Host) -> Decider:
    schema = RequestSchema([_extension(each) for each in host.implementations("volrules_request_schema")])
    digest = fingerprint(site.document, host.plugins.values(), schema.document)
    return Decider(schema, host, Policy(site), digest)


def _extension(by: Implementation) -> dict[str, Any]:
    """What a plugin declares of the request. Raises PluginError for what is no JSON Schema."""
    try:
        declared = json.loads(json.dumps(dict(by.call()), allow_nan=False))
        RequestSchema([declared])
    except FAILURES as error:
        raise PluginError(f"{by.plugin} answers `{by.hook}` with no JSON Schema: {error}") from error
    return cast("dict[str, Any]", declared)


def _hands(site: Site, host: Host) -> Hands:
    return Hands(
        dispatch=host.chosen("volrules_dispatch", site.dispatcher, "dispatcher"),
        create_key=host.chosen("volrules_create_key", site.key_manager, "key_manager"),
        delete_key=host.chosen("volrules_delete_key", site.key_manager, "key_manager"),
    )


def _as_listed(record: Record) -> Volume:
    """The volume as an inventory would list it."""
    return Volume(
        id=record.id,
        size=record.size,
        availability_zone=record.availability_zone,
        volume_type_id=record.volume_type_id,
        project_id=record.project_id,
    )


def _checked_key(key: Any) -> str | None:
    if key is None or (isinstance(key, str) and 0 < len(key) <= 255 and is_well_formed(key)):
        return key
    raise UsageError(f"idempotency key {quoted(key)} must be well-formed text of 1 to 255 characters")
