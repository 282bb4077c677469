"""The composition root: a site and its plugins become an engine that checks and creates."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from volrules.catalogue import Catalogue
from volrules.charging import Charging
from volrules.decide import Decider
from volrules.enforcement import enforcement
from volrules.errors import PluginError, UsageError
from volrules.events import Events
from volrules.fingerprint import fingerprint
from volrules.host import Host
from volrules.inventory import Inventory, load_inventory
from volrules.ledger import Ledger, Order
from volrules.model import Context, Decision, Receipt, Spec, Volume
from volrules.relay import Hands, Relay, Settled
from volrules.requests import RequestSchema
from volrules.site import Site, load_site
from volrules.store import open_store
from volrules.store.contract import Difference, Record, Status
from volrules.store.finder import StoreFinder
from volrules.store.lazily import LazyStore

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

    def __init__(self, site: Site, inventory: Inventory | None, store_url: str, plugins: Iterable[object]) -> None:
        self._site = site
        self._inventory = inventory
        self._reader = LazyStore(lambda: open_store(store_url, read_only=True, retention=site.retention))
        self._writer = LazyStore(lambda: open_store(store_url, create=True, retention=site.retention))
        self._host = _host(site, plugins, inventory or StoreFinder(self._reader))
        self._events = Events(self._host)
        self._charging = Charging(self._host)
        self._decider = _decider(site, self._host)
        self._ledger = Ledger(site, self._charging, self._writer)
        self._relay = Relay(self._writer, _hands(site, self._host), self._events)

    @classmethod
    def open(
        cls,
        site: Source | None = None,
        *,
        inventory: Source | None = None,
        store: str | None = None,
        plugins: Iterable[object] = (),
    ) -> Self:
        """Open a site: a path or a mapping, None for the defaults.

        ``inventory``: what exists already, a path or a mapping, for checks; without one the store answers.
        ``store``: a URL in place of the site's; it is opened when it is first needed.
        ``plugins``: objects or classes beside the installed ones, named by their ``name`` or class.
        Raises SiteError, InventoryError, PluginError.
        """
        loaded = load_site(site)
        existing = None if inventory is None else load_inventory(inventory)
        return cls(loaded, existing, store or loaded.store, plugins)

    def check(self, body: Any, context: Caller = None, *, id: Any = None) -> Decision:  # noqa: A002
        """Decide a volume-create body; writes nothing.

        ``context``: a request line's. ``id``: handed through. Against a store, quota is told too.
        Raises UsageError for a bad context, StoreError.
        """
        caller = Context.from_dict(context)
        decision = self._decider.decide(body, caller, id)
        if self._inventory is None:
            decision = self._ledger.judge(decision, caller, self._reader())
        self._tell_decided(decision)
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
        decision = self._decider.decide(body, order.context, id)
        self._tell_decided(decision)
        receipt, message = self._ledger.commit(decision, order, self._relay.lease())
        if message is None:
            return receipt
        if self._events:
            self._events.tell("created", receipt=receipt.to_dict())
        return self._relay.settle_inline(receipt, message)

    def relay(self) -> Mapping[Settled, int]:
        """Settle every message that is due: how many were dispatched, left pending, or failed."""
        return self._relay.run()

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
        charges, failed = self._charging.charges(spec)
        if failed:
            raise PluginError(failed[0].message)
        return charges

    def _tell_decided(self, decision: Decision) -> None:
        if self._events:
            self._events.tell("decided", decision=decision.to_dict())


def _host(site: Site, plugins: Iterable[object], existing: object) -> Host:
    host = Host(site, plugins, {"catalogue": Catalogue(site.document), "existing": existing})
    host.require_sound()
    return host


def _decider(site: Site, host: Host) -> Decider:
    extensions = [each.call() for each in host.implementations("volrules_request_schema")]
    try:
        schema = RequestSchema(extensions)
    except ValueError as error:
        raise PluginError(f"a plugin's request schema is no JSON Schema: {error}") from error
    digest = fingerprint(site.document, host.plugins.values(), schema.document)
    return Decider(schema, host, enforcement(site.enforcement), digest)


def _hands(site: Site, host: Host) -> Hands:
    return Hands(
        dispatch=host.chosen("volrules_dispatch", site.dispatcher, "dispatcher"),
        create_key=host.chosen("volrules_create_key", site.key_manager, "key_manager"),
        delete_key=host.chosen("volrules_delete_key", site.key_manager, "key_manager"),
    )


def _checked_key(key: Any) -> str | None:
    if key is None or (isinstance(key, str) and 0 < len(key) <= 255):
        return key
    raise UsageError(f"idempotency key `{key!r:.80}` must be a text of 1 to 255 characters")
