"""What an engine keeps in its store: volumes and quota through the ledger, messages through the relay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic

from volrules.charging import Charging, over_quota
from volrules.decide import Decider
from volrules.errors import PluginError, StoreError, TransitionError
from volrules.events import Events
from volrules.host import Implementation
from volrules.inventory import Inventory
from volrules.ledger import Committed, Ledger
from volrules.model import Context, Decision, Receipt, Spec, Volume
from volrules.order import Decided
from volrules.relay import Hands, Relay, Settlement
from volrules.site import Site
from volrules.store import open_store
from volrules.store.contract import OverQuota, Record
from volrules.store.lazily import LazyStore


@dataclass(frozen=True, slots=True)
class Quota:
    """What a project uses of a resource, and how much it may; ``limit`` -1: unlimited."""

    project_id: str
    resource: str
    in_use: int
    reserved: int
    limit: int


class Books:
    """One site's store, with who writes to it; opened when it is first needed. Safe to share between threads."""

    def __init__(
        self,
        site: Site,
        url: str,
        *,
        decider: Decider,
        charging: Charging,
        events: Events,
        chosen: tuple[Implementation, ...],
    ) -> None:
        """``chosen``: who dispatches, makes keys and deletes them. Raises SiteError where they outlast the leases."""
        self.reader = LazyStore(lambda: open_store(url, read_only=True, retention=site.retention))
        self.writer = LazyStore(lambda: open_store(url, create=True, retention=site.retention))
        self.relay = Relay(self.writer, Hands(*chosen), events, site.relay)
        self._ledger = Ledger(site, charging, self.writer)
        self._site = site
        self._decider = decider
        self._charging = charging
        self._events = events

    def judge(self, decision: Decision, context: Context) -> Decision:
        """The decision with what quota would say now; reads only."""
        return self._ledger.judge(decision, context, self.reader())

    def create(self, decided: Decided) -> Receipt:
        """Create what was decided on, and try once to dispatch it. Raises StoreError: nothing was written then."""
        since = monotonic()
        committed = self._ledger.commit(decided.decision, decided.order, self.relay.lease())
        return self._handed_on([(committed, decided)], since)[0]

    def create_all(self, decided: Sequence[Decided]) -> list[Receipt | Exception]:
        """Create several that were decided on, sharing commits; each with its own receipt, or its own fault."""
        since = monotonic()
        committed = self._ledger.commit_all([(each.decision, each.order) for each in decided], self.relay.lease())
        entered = [
            (each, its) for each, its in zip(committed, decided, strict=True) if not isinstance(each, StoreError)
        ]
        receipts = iter(self._handed_on(entered, since))
        return [each if isinstance(each, StoreError) else next(receipts) for each in committed]

    def _handed_on(self, entered: Sequence[tuple[Committed, Decided]], since: float) -> list[Receipt]:
        """Tell of what was committed, and try once to dispatch what is new; the receipts say how far it came."""
        for (receipt, message), decided in entered:
            self._events.decided(decided._replace(decision=receipt.decision))
            if message is not None and self._events:
                self._events.tell("created", receipt=receipt.to_dict())
        created = [message for (_, message), _ in entered if message is not None]
        settled = self.relay.settle_inline(created, since) if created else {}
        # By their volumes: what was created may have been replayed at once, by an order that repeats its key.
        by_volume = {each.volume_id: settled[each.id] for each in created}
        return [_settled(receipt, by_volume.get(receipt.volume_id or "")) for (receipt, _), _ in entered]

    def retry(self, volume_id: str) -> Record:
        """Charge a volume whose create has failed once more, and try at once to settle it; how it stands then.

        Raises VolumeUnknown, and TransitionError for one that has not failed or that exceeds its quota by now.
        """
        record = self.reader().get(volume_id)
        charges = self._charges_of(_as_listed(record))
        limits = {resource: self._limit(record.project_id or "", resource) for resource in charges}
        outcome = self.writer().retry(volume_id, charges, limits)
        if isinstance(outcome, OverQuota):
            short = over_quota(outcome.shortages)[0]
            raise TransitionError(short.code, f"volume `{volume_id}` cannot be retried: {short.message}")
        self.relay.run(volume_id)
        return self.writer().get(volume_id)

    def quota(self, project_id: str | None = None) -> list[Quota]:
        """What is used, and how much may be: of one project, or of all that use something."""
        return [
            Quota(
                each.project_id, each.resource, each.in_use, each.reserved, self._limit(each.project_id, each.resource)
            )
            for each in self.reader().usages(project_id)
        ]

    def take_in(self, inventory: Inventory) -> int:
        """Load what exists, charging quota without limits; how many entries were read."""
        return self.writer().import_inventory(inventory, self._charges_of)

    def close(self) -> None:
        """Close the store."""
        self.reader.close()
        self.writer.close()

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


def _settled(receipt: Receipt, settlement: Settlement | None) -> Receipt:
    if settlement is None:
        return receipt
    return replace(receipt, dispatch=settlement.state, status=settlement.status or receipt.status)


def _as_listed(record: Record) -> Volume:
    """The volume as an inventory would list it."""
    return Volume(
        id=record.id,
        size=record.size,
        availability_zone=record.availability_zone,
        volume_type_id=record.volume_type_id,
        project_id=record.project_id,
    )
