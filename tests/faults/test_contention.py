"""Many writers at one project's quota: exactly as many succeed as fit, nobody fails otherwise, nobody starves."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from volrules.errors import TransitionError
from volrules.store import open_store
from volrules.store.contract import Created, SourceChanged, Store

from ..store.builders import a_volume, an_entry, bring_in, from_source, in_use
from ..store.children import Child
from .client import EACH, FITTING, Counts, creates, entries
from .soundness import assert_sound, query

PROCESSES = 8
LONGEST_WAIT = 5.0


def at_once(work: Callable[[], Any]) -> list[Any]:
    """The results of as many children, begun at the same time."""
    go = time.monotonic() + 0.1

    def wait_and_work() -> Any:
        time.sleep(max(0.0, go - time.monotonic()))
        random.seed()
        return work()

    children = [Child(wait_and_work) for _ in range(PROCESSES)]
    return [each.result() for each in children]


def assert_exactly_what_fits(store: Store, url: str, results: list[Counts]) -> None:
    outcomes = sum((each for each, _ in results), Counter[str]())
    assert outcomes == {"Created": FITTING, "OverQuota": PROCESSES * EACH - FITTING}
    assert in_use(store)["volumes"] == FITTING == len(store.volumes("p1"))
    assert_sound(store, url)
    longest = max(wait for _, wait in results)
    print(f"longest wait of {PROCESSES} writers: {longest:.3f} s")  # noqa: T201
    assert longest < LONGEST_WAIT


def test_processes_forked_from_one_store_fill_the_quota_exactly(store: Store, url: str) -> None:
    store.create(an_entry(project_id="p2"))
    assert_exactly_what_fits(store, url, at_once(lambda: creates(store, entries())))


def test_processes_with_stores_of_their_own_fill_the_quota_exactly(store: Store, url: str) -> None:
    def work() -> Counts:
        with open_store(url, create=True, retention=3600) as mine:
            return creates(mine, entries())

    assert_exactly_what_fits(store, url, at_once(work))


def test_processes_started_separately_fill_the_quota_exactly(store: Store, url: str) -> None:
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([*sys.path, str(root)])}
    command = [sys.executable, "-P", "-m", "tests.faults.client", url]
    started = [subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) for _ in range(PROCESSES)]
    said = [each.communicate()[0].split() for each in started]
    results = [(Counter(Created=int(made), OverQuota=int(over)), float(wait)) for made, over, wait in said]
    assert_exactly_what_fits(store, url, results)


def test_threads_of_one_store_fill_the_quota_exactly(store: Store, url: str) -> None:
    with ThreadPoolExecutor(PROCESSES) as threads:
        results = list(threads.map(lambda _: creates(store, entries()), range(PROCESSES)))
    assert_exactly_what_fits(store, url, results)


def test_type_quotas_and_deletes_in_between_never_exceed_a_limit(store: Store, url: str) -> None:
    limits = {"volumes": 30, "gigabytes": 120, "gigabytes_ssd": 40}

    def work() -> Counter[str]:
        outcomes: Counter[str] = Counter()
        mine: list[str] = []
        for _ in range(EACH):
            size = random.randint(1, 9)
            charges = {"volumes": 1, "gigabytes": size} | ({"gigabytes_ssd": size} if random.random() < 0.5 else {})
            batch = [an_entry(size=size, charges=charges, limits=limits) for _ in range(random.choice([1, 3]))]
            for outcome in store.create_many(batch):
                outcomes[type(outcome).__name__] += 1
                mine += [outcome.volume_id] if isinstance(outcome, Created) else []
            if mine and random.random() < 0.4:
                store.delete(mine.pop(random.randrange(len(mine))))
            used = in_use(store)
            assert all(used.get(resource, 0) <= limit for resource, limit in limits.items()), used
        return outcomes

    outcomes = sum(at_once(work), Counter[str]())
    assert set(outcomes) == {"Created", "OverQuota"}
    assert_sound(store, url)


def test_imports_of_the_same_new_volumes_at_once_charge_once(store: Store, url: str) -> None:
    store.create(an_entry(project_id="p2"))
    volumes = [a_volume() for _ in range(10)]

    def work() -> int:
        for each in volumes:
            bring_in(store, each)
        return 1

    assert sum(at_once(work)) == PROCESSES
    assert in_use(store) == {"volumes": 10, "gigabytes": 100}
    assert_sound(store, url)


def test_imports_and_creates_in_opposite_orders_do_not_deadlock(store: Store, url: str) -> None:
    volumes = [a_volume() for _ in range(6)]
    bring_in(store, *volumes)

    def work() -> int:
        for _ in range(10):
            random.shuffle(volumes)
            bring_in(store, *volumes)
            store.create_many([from_source(each) for each in volumes])
            store.sync_usages()
        return 1

    assert sum(at_once(work)) == PROCESSES
    assert_sound(store, url)


# -- races -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["delete", "import"])
def test_a_source_that_goes_meanwhile_yields_no_volume_afterwards(store: Store, url: str, way: str) -> None:
    source = a_volume()
    bring_in(store, source)

    def create_on() -> list[tuple[float, bool]]:
        made = []
        for _ in range(60):
            begun = time.monotonic()
            outcome = store.create(from_source(source, spec={"source_volid": source.id}))
            assert isinstance(outcome, Created | SourceChanged)
            made.append((begun, isinstance(outcome, Created)))
        return made

    children = [Child(create_on) for _ in range(4)]
    time.sleep(0.05)
    if way == "delete":
        store.delete(source.id)
    else:
        bring_in(store, replace(source, status="deleted"))
    gone = time.monotonic()
    made = [each for child in children for each in child.result()]
    assert not [begun for begun, created in made if created and begun > gone]
    late = f"""
        SELECT v.id FROM volumes v JOIN volumes s ON s.id = v.source_volid
        WHERE s.id = '{source.id}' AND v.created_at > s.deleted_at
    """
    assert query(url, late) == []
    assert_sound(store, url)


def test_a_key_used_by_many_processes_makes_one_volume(store: Store, url: str) -> None:
    store.create(an_entry(project_id="p2"))

    def work() -> list[str]:
        outcomes = [store.create(an_entry(idempotency_key=f"k{n}", fingerprint="f")) for n in range(10)]
        return [type(each).__name__ for each in outcomes]

    names = Counter(name for each in at_once(work) for name in each)
    assert names == {"Created": 10, "Replayed": 10 * (PROCESSES - 1)}
    assert in_use(store)["volumes"] == 10


def test_relays_at_once_share_the_messages(store: Store) -> None:
    store.create_many([an_entry() for _ in range(80)])

    def work() -> list[str]:
        mine = []
        while batch := store.claim("relay", 60, 5):
            mine += [each.id for each in batch if store.settle(each.id, each.token, "dispatched")]
        return mine

    settled = [each for result in at_once(work) for each in result]
    assert len(settled) == len(set(settled)) == 80


def test_failures_and_retries_at_once_charge_once(store: Store, url: str) -> None:
    made = [an_entry(limits={"volumes": 100}) for _ in range(20)]
    store.create_many(made)

    def work() -> int:
        for _ in range(10):
            for each in store.claim("relay", 60, 3):
                store.settle(each.id, each.token, "failed", "refused")
            for each in store.volumes(status="error"):
                with contextlib.suppress(TransitionError):  # another one was quicker
                    store.retry(each.id, {"volumes": 1}, {})
        return 1

    assert sum(at_once(work)) == PROCESSES
    assert_sound(store, url)
