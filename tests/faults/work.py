"""What children do until they are killed, each kind of step alone, and all of them at random."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Callable

from volrules.errors import TransitionError
from volrules.model import Snapshot, Volume
from volrules.store.contract import Created, Entry, Store

from ..store.builders import (
    a_lease,
    a_snapshot,
    a_volume,
    an_encrypted_entry,
    an_entry,
    an_id,
    bring_in,
    charges_of,
    existing,
    from_source,
    settle,
)

SOURCE = Volume("11111111-1111-1111-1111-111111111111", size=10, status="available", project_id="p1")
SNAPSHOT = Snapshot("22222222-2222-2222-2222-222222222222", SOURCE.id, 10, "available", project_id="p1", volume=SOURCE)
LIMITS = {"volumes": 10**6, "gigabytes": 10**7}
Step = Callable[[Store], object]


def prepare(store: Store) -> None:
    """The sources that the work clones."""
    bring_in(store, SNAPSHOT)


def any_entry() -> Entry:
    """Plain, cloned, encrypted or idempotent, as it comes; now and then one that is over quota."""
    project_id = random.choice(["p1", "p2"])
    options = {"project_id": project_id, "limits": LIMITS if random.random() < 0.9 else {"volumes": 0}}
    return random.choice(
        [
            lambda: an_entry(size=random.randint(1, 9), **options),
            lambda: from_source(SNAPSHOT, **options),
            lambda: an_encrypted_entry(**options),
            lambda: an_entry(idempotency_key=an_id(), fingerprint="f", lease=a_lease(), **options),
        ]
    )()


def work_on(store: Store, acknowledge: int) -> None:
    """Create, settle, report and delete for ever, telling each create once it is committed."""
    while True:
        entries = [any_entry() for _ in range(random.choice([1, 1, 1, 8]))]
        for entry, outcome in zip(entries, store.create_many(entries), strict=True):
            if isinstance(outcome, Created):
                os.write(acknowledge, f"{entry.volume_id}\n".encode())
        _then(store)


def _then(store: Store) -> None:
    for message in store.claim("worker", 0.05, random.randint(0, 3)):
        store.settle(message.id, message.token, random.choice(["dispatched", "failed"]), "said so")
    for each in store.claim("worker", 0, 1):
        with contextlib.suppress(TransitionError):  # it may be deleted or released by now
            random.choice([store.delete, lambda it: store.report(it, "error")])(each.volume_id)


# -- single steps, each on a store that ``prepare`` and its own beginning have made ready -----------------------------


def _with_volume(step: Callable[[Store, str], object], **changes: object) -> tuple[Step, Step]:
    volume_id = an_id()

    def begin(store: Store) -> None:
        store.create(an_encrypted_entry(volume_id=volume_id, **changes))

    return begin, lambda store: step(store, volume_id)


def _nothing(store: Store) -> None:
    pass


def _failed(store: Store, volume_id: str) -> None:
    settle(store, volume_id, "failed", "refused")


def _keyed(store: Store, volume_id: str) -> None:
    (message,) = store.claim("me", 60, 1, volume_id)
    store.keyed(message.id, message.token, "k1")
    store.postpone(message.id, message.token, "later", 0)


def _retried(store: Store, volume_id: str) -> None:
    _failed(store, volume_id)
    store.retry(volume_id, {"volumes": 1, "gigabytes": 5}, {})


def steps() -> dict[str, tuple[Step, Step]]:
    """Name → what makes ready, and the step to be killed in."""
    return {
        "plain": (_nothing, lambda it: it.create(an_entry())),
        "cloned": (_nothing, lambda it: it.create(from_source(SNAPSHOT))),
        "encrypted": (_nothing, lambda it: it.create(an_encrypted_entry())),
        "idempotent": (_nothing, lambda it: it.create(an_entry(idempotency_key=an_id(), fingerprint="f"))),
        "over quota": (_nothing, lambda it: it.create(an_entry(limits={"volumes": 0}))),
        "several": (_nothing, lambda it: it.create_many([any_entry() for _ in range(4)])),
        "imported": (_nothing, lambda it: it.import_inventory(existing(a_snapshot(a_volume())), charges_of)),
        "synced": (_nothing, lambda it: it.sync_usages()),
        "deleted": _with_volume(lambda it, volume_id: it.delete(volume_id)),
        "reported": _with_volume(lambda it, volume_id: it.report(volume_id, "available", "h1")),
        "dispatched": _with_volume(settle),
        "keyed": _with_volume(_keyed),
        "failed": _with_volume(_failed),
        "retried": _with_volume(_retried),
    }
