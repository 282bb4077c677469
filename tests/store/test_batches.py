"""Creates that come together: each has the outcome that it would have if they came one after another."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as some

from volrules.errors import StoreError
from volrules.model import Snapshot
from volrules.store.contract import Created, Entry, Outcome, Replayed, Store
from volrules.store.tables import Instant, metadata

from ..faults.soundness import query
from .builders import a_lease, a_snapshot, a_volume, an_entry, bring_in, from_source

SOUND = a_snapshot(a_volume())
CHANGED = replace(SOUND, volume_size=11)
GONE = a_snapshot()
LIMITS = some.sampled_from([-1, 0, 1, 2, 5, 9])
worlds = itertools.count()


@dataclass(frozen=True)
class Create:
    """A create of a project, wherever that is."""

    project: str = "p1"
    size: int = 1
    iops: int = 0
    limits: tuple[tuple[str, int], ...] = ()
    key: str | None = None
    body: str = "f"
    source: Snapshot | None = None

    def entry(self, world: str) -> Entry:
        changes: dict[str, Any] = {
            "project_id": f"{world}-{self.project}",
            "charges": {"volumes": 1, "gigabytes": self.size} | ({"acme.iops": self.iops} if self.iops else {}),
            "limits": dict(self.limits),
            "idempotency_key": self.key,
            "fingerprint": self.body,
        }
        return an_entry(**changes) if self.source is None else from_source(self.source, **changes)


creates = some.builds(
    Create,
    project=some.sampled_from(["p1", "p2"]),
    size=some.integers(1, 4),
    iops=some.sampled_from([0, 0, 3]),
    limits=some.dictionaries(some.sampled_from(["volumes", "gigabytes", "acme.iops"]), LIMITS).map(
        lambda limits: tuple(limits.items())
    ),
    key=some.sampled_from([None, None, "k1", "k2"]),
    body=some.sampled_from(["f", "f", "g"]),
    source=some.sampled_from([None, None, None, SOUND, SOUND, CHANGED, GONE]),
)


class World:
    """Projects of their own, with what comes of the creates there."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.name = f"w{next(worlds)}"
        self._places: dict[str, int] = {}

    def alone(self, wanted: Sequence[Create]) -> list[Any]:
        return [self._told(self.store.create(each)) for each in self._entries(wanted)]

    def together(self, wanted: Sequence[Create]) -> list[Any]:
        return [self._told(each) for each in self.store.create_many(self._entries(wanted))]

    def usages(self) -> dict[tuple[str, str], int]:
        return {
            (project, each.resource): each.in_use
            for project in ("p1", "p2")
            for each in self.store.usages(f"{self.name}-{project}")
            if each.in_use
        }

    def _entries(self, wanted: Sequence[Create]) -> list[Entry]:
        entries = [each.entry(self.name) for each in wanted]
        self._places |= {each.receipt: place for place, each in enumerate(entries, len(self._places))}
        return entries

    def _told(self, outcome: Outcome | StoreError) -> Any:
        """The outcome without what is another one in every world: ids, and receipts but for whose they are."""
        if isinstance(outcome, Created):
            return "created"
        return replace(outcome, receipt=self._places[outcome.receipt]) if isinstance(outcome, Replayed) else outcome


ONE_OF_TWO = (("volumes", 2),)
OF_TEN = (("gigabytes", 10),)


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(before=some.lists(creates, max_size=3), wanted=some.lists(creates, min_size=2, max_size=8))
@example(before=[], wanted=[Create(), Create(size=2), Create("p2")])
@example(before=[Create(size=9)], wanted=[Create(limits=OF_TEN), Create("p2", size=10, limits=OF_TEN)])
@example(before=[Create(size=9)], wanted=[Create(limits=OF_TEN), Create(limits=OF_TEN)])
@example(before=[], wanted=[Create(size=10), Create(limits=OF_TEN)])
@example(
    before=[], wanted=[Create(size=6, limits=OF_TEN), Create(size=5, limits=OF_TEN), Create(size=4, limits=OF_TEN)]
)
@example(before=[], wanted=[Create(limits=ONE_OF_TWO), Create(), Create(limits=ONE_OF_TWO), Create()])
@example(before=[], wanted=[Create(key="k1"), Create(key="k1"), Create("p2", key="k1"), Create(key="k1", body="g")])
@example(before=[], wanted=[Create(key="k1", limits=(("volumes", 0),)), Create(key="k1"), Create(key="k1")])
@example(before=[Create(key="k1")], wanted=[Create(), Create(key="k1"), Create(key="k2")])
@example(before=[Create(key="k1")], wanted=[Create(), Create(key="k1", body="g"), Create(key="k2")])
@example(before=[], wanted=[Create(source=SOUND), Create(source=SOUND), Create(key="k1", source=SOUND)])
@example(before=[], wanted=[Create(), Create(source=CHANGED), Create(source=SOUND)])
@example(before=[], wanted=[Create(), Create(source=GONE), Create(iops=3, limits=(("acme.iops", -1),))])
def test_creates_together_come_out_as_one_after_another(
    store: Store, before: list[Create], wanted: list[Create]
) -> None:
    bring_in(store, SOUND)
    first, second = World(store), World(store)
    assert first.alone(before) == second.alone(before)
    assert first.together(wanted) == second.alone(wanted)
    assert first.usages() == second.usages()
    assert store.check_usages() == []


def rows(url: str, entry: Entry) -> list[tuple[Any, ...]]:
    """All that a create has written, but for when, and for the ids that no two creates share."""
    own = {entry.volume_id: "its volume", entry.message_id: "its message", entry.receipt: "its receipt"}
    tables = ("volumes", "outbox", "idempotency_keys")
    found = [row for table in tables for row in query(url, f"{_all_of(table)} = '{entry.volume_id}'")]
    return [tuple(own.get(str(value), value) for value in row) for row in found]


def _all_of(table: str) -> str:
    columns = [
        f"{each.name} IS NULL" if isinstance(each.type, Instant) else each.name
        for each in metadata.tables[table].columns
    ]
    return f"SELECT {', '.join(columns)} FROM {table} WHERE {'id' if table == 'volumes' else 'volume_id'}"


def test_what_is_written_together_is_what_is_written_alone(store: Store, url: str) -> None:
    spec = {
        "name": "data",
        "description": "of the month",
        "availability_zone": "az1",
        "volume_type_id": "t1",
        "snapshot_id": SOUND.id,
        "source_volid": "v1",
        "encryption_key": {"action": "copy", "source_key_id": "k1"},
    }
    changes = {"spec": spec, "message": "[]", "fingerprint": "f", "lease": a_lease()}
    alone, *together = [an_entry(project_id=each, idempotency_key="k", **changes) for each in ("p1", "p2", "p3")]
    plain = an_entry(project_id="p4")
    store.create(alone)
    store.create_many([*together, plain])
    assert len(rows(url, alone)) == 3
    for each in together:
        assert rows(url, each) == [
            tuple(each.project_id if value == "p1" else value for value in row) for row in rows(url, alone)
        ]
    assert len(rows(url, plain)) == 2
