"""The outbox: one holder at a time, a volume's messages in order, nothing lost."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from volrules.store.contract import Claimed, Store

from .builders import (
    a_lease,
    a_snapshot,
    a_volume,
    an_encrypted_entry,
    an_entry,
    bring_in,
    charges_of,
    existing,
    settle,
)


def copying(key_id: str) -> dict[str, str]:
    return {"action": "copy", "source_key_id": key_id}


def make_key(store: Store, volume_id: str, key_id: str) -> None:
    (message,) = store.claim("me", 60, 1, volume_id)
    assert store.keyed(message.id, message.token, key_id) == "held"
    assert store.settle(message.id, message.token, "dispatched")


def existing_key_deletion(store: Store) -> list[Claimed]:
    volume = a_volume(encryption_key_id="k1")
    bring_in(store, volume)
    store.delete(volume.id)
    return store.claim("me", 60, 1, volume.id)


def test_a_claimed_message_tells_all_that_a_relay_needs(store: Store) -> None:
    entry = an_entry(message='{"a": 1}')
    store.create(entry)
    (message,) = store.claim("me", 60, 10)
    assert (message.id, message.volume_id, message.sequence) == (entry.message_id, entry.volume_id, 1)
    assert (message.operation, message.state, message.attempts, message.body) == ("create", "pending", 1, '{"a": 1}')
    assert (message.project_id, message.user_id, message.encryption_key_id) == ("p1", "u1", None)
    assert not message.deleted
    assert 0 <= message.age < 60


def test_a_message_has_one_holder_at_a_time(store: Store) -> None:
    store.create_many([an_entry() for _ in range(5)])
    mine, others = store.claim("me", 60, 3), store.claim("other", 60, 10)
    assert (len(mine), len(others)) == (3, 2)
    assert not {each.id for each in mine} & {each.id for each in others}


def test_oldest_come_first(store: Store) -> None:
    entries = [an_entry() for _ in range(3)]
    for entry in entries:
        store.create(entry)
        time.sleep(0.002)
    assert [each.id for each in store.claim("me", 60, 10)] == [each.message_id for each in entries]


def test_a_lease_that_ran_out_is_taken_over_and_worth_nothing_to_its_first_holder(store: Store) -> None:
    entry = an_entry(lease=a_lease(seconds=0.01))
    store.create(entry)
    time.sleep(0.03)
    (message,) = store.claim("other", 60, 10)
    assert message.attempts == 2
    assert entry.lease is not None
    assert not store.settle(entry.message_id, entry.lease.token, "dispatched")
    assert not store.postpone(entry.message_id, entry.lease.token, "late", 0)
    assert store.keyed(entry.message_id, entry.lease.token, "k") == "lost"
    assert store.settle(message.id, message.token, "dispatched")


def test_a_settled_message_stays_settled(store: Store) -> None:
    entry = an_entry(lease=a_lease())
    store.create(entry)
    assert entry.lease is not None
    assert store.settle(entry.message_id, entry.lease.token, "dispatched")
    assert not store.settle(entry.message_id, entry.lease.token, "failed", "no")
    assert store.get(entry.volume_id).status == "creating"


def test_what_is_done_of_one_claim_is_settled_together(store: Store) -> None:
    store.create_many([an_entry(), an_encrypted_entry(), an_entry()])
    lost, *mine = store.claim("me", 60, 3)
    (gone,) = existing_key_deletion(store)
    assert store.settle_all([each.id for each in mine], lost.token) == {each.id for each in mine}
    assert store.settle_all([lost.id], "another's") == set()
    assert store.settle_all([gone.id, lost.id], gone.token) == {gone.id}
    assert store.get(gone.volume_id).encryption_key_id is None
    assert store.status().messages == {"pending": 1, "dispatched": 3}
    assert [each.message_id for each in store.status().leases] == [lost.id]


def test_what_was_not_tried_is_given_back_as_it_was(store: Store) -> None:
    store.create_many([an_entry(), an_entry(), an_entry()])
    first, second, third = store.claim("me", 60, 3)
    store.postpone(first.id, first.token, "broker is down", 0)
    (tried,) = store.claim("other", 60, 3)
    store.give_back([tried.id, second.id], first.token)
    assert [each.message_id for each in store.status().leases] == [third.id, tried.id]
    store.give_back([tried.id], tried.token)
    again = {each.id: each.attempts for each in store.claim("me", 60, 3)}
    assert again == {first.id: 2, second.id: 1}
    assert store.status().last_error == "broker is down"
    assert not store.settle_all([second.id], second.token)


def test_which_volumes_are_deleted_is_told_of_many_at_once(store: Store) -> None:
    entries = [an_entry(), an_entry(), an_entry()]
    store.create_many(entries)
    store.delete(entries[1].volume_id)
    assert store.deleted([each.volume_id for each in entries]) == {entries[1].volume_id}
    assert store.deleted([entries[0].volume_id, "no such volume"]) == set()
    assert store.deleted([]) == set()


def test_a_postponed_message_comes_again_later_with_its_error(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    (message,) = store.claim("me", 60, 10)
    assert store.postpone(message.id, message.token, "broker is down", 0.05)
    assert store.claim("me", 60, 10) == []
    assert store.status().last_error == "broker is down"
    time.sleep(0.07)
    (again,) = store.claim("me", 60, 10)
    assert (again.id, again.attempts) == (message.id, 2)


def test_a_key_is_noted_and_kept_when_the_message_comes_again(store: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    (message,) = store.claim("me", 60, 10)
    assert store.keyed(message.id, message.token, "k1") == "held"
    assert store.postpone(message.id, message.token, "broker is down", 0)
    (again,) = store.claim("me", 60, 10)
    assert (again.state, again.encryption_key_id) == ("keyed", "k1")
    assert store.get(entry.volume_id).encryption_key_id == "k1"


def test_a_volume_deleted_in_flight_is_known_before_it_is_dispatched(store: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    (message,) = store.claim("me", 60, 10)
    store.delete(entry.volume_id)
    assert store.keyed(message.id, message.token, "k1") == "deleted"
    assert store.settle(message.id, message.token, "failed", "deleted")
    (key_deletion,) = store.claim("me", 60, 10)
    assert (key_deletion.operation, key_deletion.encryption_key_id, key_deletion.deleted) == ("delete", "k1", True)


def test_a_delete_waits_behind_its_create(store: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    store.delete(entry.volume_id)
    (create,) = store.claim("me", 60, 10)
    assert (create.operation, create.deleted) == ("create", True)
    assert store.claim("other", 60, 10) == []
    store.settle(create.id, create.token, "failed", "deleted")
    (delete,) = store.claim("me", 60, 10)
    assert (delete.operation, delete.sequence) == ("delete", 2)
    assert store.settle(delete.id, delete.token, "dispatched")
    assert store.get(entry.volume_id).encryption_key_id is None
    assert store.claim("me", 60, 10) == []


def test_a_plain_volume_has_no_key_to_delete(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    settle(store, entry.volume_id)
    store.delete(entry.volume_id)
    assert store.claim("me", 60, 10) == []


def test_an_imported_volume_with_a_key_has_one_to_delete(store: Store) -> None:
    volume = a_volume(encryption_key_id="k1")
    bring_in(store, volume)
    store.delete(volume.id)
    (message,) = store.claim("me", 60, 10)
    assert (message.operation, message.encryption_key_id) == ("delete", "k1")


def test_a_key_is_not_deleted_before_the_copy_that_waits_for_it(store: Store) -> None:
    source, copy = an_encrypted_entry(), an_encrypted_entry(plan=copying("k1"))
    store.create(source)
    make_key(store, source.volume_id, "k1")
    store.create(copy)
    store.delete(source.volume_id)
    (waiting,) = store.claim("me", 60, 10)
    assert waiting.volume_id == copy.volume_id
    assert store.claim("me", 60, 10) == []
    store.keyed(waiting.id, waiting.token, "k2")
    (message,) = store.claim("me", 60, 10)
    assert (message.operation, message.encryption_key_id) == ("delete", "k1")


def test_a_key_is_not_deleted_while_a_snapshot_needs_it(store: Store) -> None:
    volume = a_volume(encryption_key_id="k1")
    snapshot = a_snapshot(volume, encryption_key_id="k1")
    bring_in(store, snapshot)
    store.delete(volume.id)
    assert store.claim("me", 60, 10) == []
    store.import_inventory(existing(replace(snapshot, volume=None, status="deleted")), charges_of)
    assert len(store.claim("me", 60, 10)) == 1


def test_a_retry_comes_behind_the_deletion_of_the_first_key(store: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    settle(store, entry.volume_id, "failed", "refused")
    store.retry(entry.volume_id, {"volumes": 1}, {})
    operations = []
    while messages := store.claim("me", 60, 10):
        operations += [each.operation for each in messages]
        for each in messages:
            store.settle(each.id, each.token, "dispatched")
    assert operations == ["delete", "create"]


def test_status_tells_what_waits_and_in_whose_hands(store: Store) -> None:
    assert store.status().messages == {}
    entry = an_entry(lease=a_lease(seconds=60, owner="inline"))
    store.create_many([entry, an_entry()])
    settle(store, store.create(an_entry()).volume_id)  # type: ignore[union-attr]
    status = store.status()
    assert status.messages == {"pending": 2, "dispatched": 1}
    assert status.oldest is not None
    (lease,) = status.leases
    assert (lease.message_id, lease.owner) == (entry.message_id, "inline")
    assert 0 < lease.seconds_left <= 60


@pytest.mark.parametrize(("retention", "kept"), [(0.0, False), (60.0, True)])
def test_purging_removes_what_has_served_its_time(opener: object, retention: float, kept: bool) -> None:
    store: Store = opener(retention=retention)  # type: ignore[operator]
    settled = an_entry(idempotency_key="k", fingerprint="f")
    store.create_many([settled, an_entry()])
    settle(store, settled.volume_id)
    time.sleep(0.01)
    assert bool(store.purge()) is not kept
    assert (store.replay("p1", "k", "f") is not None) is kept
    assert (store.get(settled.volume_id).message is not None) is kept
    assert store.status().messages["pending"] == 1


def test_hastening_makes_what_was_put_off_due_now_and_leaves_leases_alone(store: Store) -> None:
    store.create_many([an_entry(), an_entry()])
    first, second = store.claim("me", 60, 10)
    store.postpone(first.id, first.token, "later", 3600)
    store.hasten()
    (again,) = store.claim("me", 60, 10)
    assert again.id == first.id
    assert store.settle(second.id, second.token, "dispatched")
