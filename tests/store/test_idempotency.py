"""Idempotency keys: one key and body make one volume, however often and at once they come."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from volrules.store.contract import Created, KeyMismatch, Replayed, Store

from .builders import (
    a_snapshot,
    a_volume,
    an_entry,
    bring_in,
    from_source,
    in_use,
    settle,
)


def test_the_same_key_and_body_replay_the_receipt(store: Store) -> None:
    entry = an_entry(idempotency_key="k", fingerprint="f")
    again = replace(an_entry(idempotency_key="k", fingerprint="f"), receipt="another")
    store.create(entry)
    assert store.create(again) == Replayed(entry.receipt, "creating", "pending")
    assert len(store.volumes()) == 1


def test_the_same_key_with_another_body_is_a_mismatch(store: Store) -> None:
    store.create(an_entry(idempotency_key="k", fingerprint="f"))
    assert store.create(an_entry(idempotency_key="k", fingerprint="g")) == KeyMismatch()
    assert len(store.volumes()) == 1


def test_two_projects_may_use_the_same_key(store: Store) -> None:
    for project_id in ("p1", "p2"):
        entry = an_entry(project_id=project_id, idempotency_key="k", fingerprint=project_id)
        assert store.create(entry) == Created(entry.volume_id)


def test_a_replay_tells_what_the_volume_has_come_to(store: Store) -> None:
    entry = an_entry(idempotency_key="k", fingerprint="f")
    store.create(entry)
    settle(store, entry.volume_id)
    store.report(entry.volume_id, "available", "h1")
    assert store.replay("p1", "k", "f") == Replayed(entry.receipt, "available", "dispatched")


@pytest.mark.parametrize(("key", "fingerprint", "answer"), [("k", "g", KeyMismatch()), ("other", "f", None)])
def test_a_key_can_be_looked_up_beforehand(
    store: Store, key: str, fingerprint: str, answer: KeyMismatch | None
) -> None:
    store.create(an_entry(idempotency_key="k", fingerprint="f"))
    assert store.replay("p1", key, fingerprint) == answer


def test_a_retry_replays_though_its_source_is_gone(store: Store) -> None:
    source = a_snapshot(a_volume())
    bring_in(store, source)
    entry = from_source(source, idempotency_key="k", fingerprint="f")
    store.create(entry)
    bring_in(store, replace(source, status="deleted"))
    again = from_source(source, idempotency_key="k", fingerprint="f")
    assert store.create(again) == Replayed(entry.receipt, "creating", "pending")


def test_a_key_survives_its_volume(store: Store) -> None:
    entry = an_entry(idempotency_key="k", fingerprint="f")
    store.create(entry)
    store.delete(entry.volume_id)
    assert store.create(an_entry(idempotency_key="k", fingerprint="f")) == Replayed(entry.receipt, "deleted", "pending")


def test_sixteen_at_once_make_one_volume_and_equal_receipts(store: Store) -> None:
    entries = [an_entry(idempotency_key="k", fingerprint="f") for _ in range(16)]
    with ThreadPoolExecutor(16) as threads:
        outcomes = list(threads.map(store.create, entries))
    (made,) = [each for each in outcomes if isinstance(each, Created)]
    (receipt,) = {each.receipt for each in outcomes if isinstance(each, Replayed)}
    assert made.volume_id in receipt
    assert len([each for each in outcomes if isinstance(each, Replayed)]) == 15
    assert in_use(store) == {"volumes": 1, "gigabytes": 5}


def test_the_same_key_twice_in_one_commit(store: Store) -> None:
    first, second = (an_entry(idempotency_key="k", fingerprint="f") for _ in range(2))
    assert store.create_many([first, second]) == [
        Created(first.volume_id),
        Replayed(first.receipt, "creating", "pending"),
    ]
