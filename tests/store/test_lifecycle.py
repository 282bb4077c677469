"""What becomes of a volume: every step idempotent, usage always the sum of the charges."""

from __future__ import annotations

import pytest

from volrules.errors import TransitionError, VolumeUnknown
from volrules.store.contract import Created, Difference, OverQuota, Store

from .builders import (
    a_lease,
    a_volume,
    an_encrypted_entry,
    an_entry,
    bring_in,
    in_use,
    settle,
)


def test_a_report_sets_status_and_host_and_keeps_the_host_otherwise(store: Store, witness: Store) -> None:
    entry = an_entry()
    store.create(entry)
    for status, host, then in [("available", "h1", "h1"), ("available", "h1", "h1"), ("error", None, "h1")]:
        store.report(entry.volume_id, status, host)  # type: ignore[arg-type]
        record = witness.get(entry.volume_id)
        assert (record.status, record.host) == (status, then)


def test_a_report_of_error_keeps_the_charge(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    store.report(entry.volume_id, "error")
    assert in_use(store) == {"volumes": 1, "gigabytes": 5}
    store.report(entry.volume_id, "available")
    assert store.get(entry.volume_id).status == "available"


def test_deleting_gives_the_quota_back_once(store: Store, witness: Store) -> None:
    entry = an_entry()
    store.create(entry)
    for _ in range(2):
        store.delete(entry.volume_id)
        assert in_use(witness) == {}
    record = witness.get(entry.volume_id)
    assert (record.status, dict(record.charges)) == ("deleted", {})
    assert record.deleted_at is not None
    assert (witness.volumes(), len(witness.volumes(deleted=True))) == ([], 1)


def test_a_volume_in_use_is_not_deleted_until_it_is_detached(store: Store) -> None:
    volume = a_volume(status="in-use")
    bring_in(store, volume)
    with pytest.raises(TransitionError) as error:
        store.delete(volume.id)
    assert error.value.code == "volume.in_use"
    store.report(volume.id, "available")
    store.delete(volume.id)
    assert in_use(store) == {}


def test_a_deleted_volume_takes_no_report(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    store.delete(entry.volume_id)
    with pytest.raises(TransitionError) as error:
        store.report(entry.volume_id, "available")
    assert error.value.code == "volume.deleted"


def test_a_released_volume_is_not_available_any_more(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    settle(store, entry.volume_id, "failed", "no such host")
    with pytest.raises(TransitionError) as error:
        store.report(entry.volume_id, "available")
    assert error.value.code == "volume.released"
    store.report(entry.volume_id, "error")


def test_an_unknown_volume_is_an_error(store: Store) -> None:
    store.create(an_entry())
    for step in (
        store.get,
        store.delete,
        lambda each: store.report(each, "error"),
        lambda each: store.retry(each, {}, {}),
    ):
        with pytest.raises(VolumeUnknown):
            step("nobody")


def test_volumes_are_listed_by_age_project_and_status(store: Store) -> None:
    entries = [an_entry(project_id=project_id) for project_id in ("p1", "p2", "p1")]
    for entry in entries:
        store.create(entry)
    store.report(entries[2].volume_id, "available")
    first, second, third = (entry.volume_id for entry in entries)
    assert [each.id for each in store.volumes("p1")] == [first, third]
    assert [each.id for each in store.volumes(status="creating")] == [first, second]


def test_a_failed_create_is_released_in_one_go(store: Store, witness: Store) -> None:
    entry = an_encrypted_entry()
    store.create(entry)
    settle(store, entry.volume_id, "failed", "no such host")
    record = witness.get(entry.volume_id)
    assert (record.status, dict(record.charges), in_use(witness)) == ("error", {}, {})
    assert record.message is not None
    assert (record.message.state, record.message.last_error) == ("failed", "no such host")
    (key_deletion,) = store.claim("me", 60, 10)
    assert (key_deletion.operation, key_deletion.volume_id) == ("delete", entry.volume_id)


def test_a_failure_after_the_hosts_report_releases_nothing(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    store.report(entry.volume_id, "available", "h1")
    settle(store, entry.volume_id, "failed", "no answer")
    record = store.get(entry.volume_id)
    assert (record.status, in_use(store)) == ("available", {"volumes": 1, "gigabytes": 5})
    assert record.message is not None
    assert record.message.state == "dispatched"


def test_a_failed_create_can_be_tried_again_under_quota(store: Store) -> None:
    entry = an_entry(size=5)
    store.create(entry)
    settle(store, entry.volume_id, "failed", "no such host")
    charges, limits = {"volumes": 1, "gigabytes": 5}, {"gigabytes": 4}
    assert isinstance(store.retry(entry.volume_id, charges, limits), OverQuota)
    assert store.get(entry.volume_id).status == "error"
    assert store.retry(entry.volume_id, charges, {}) == Created(entry.volume_id)
    record = store.get(entry.volume_id)
    assert (record.status, record.charges, in_use(store)) == ("creating", charges, charges)
    assert record.message is not None
    assert (record.message.state, record.message.attempts) == ("pending", 0)
    settle(store, entry.volume_id)
    with pytest.raises(TransitionError) as error:
        store.retry(entry.volume_id, charges, {})
    assert error.value.code == "volume.not_failed"


def test_usages_need_no_repair_after_our_own_steps(store: Store) -> None:
    bring_in(store, a_volume())
    entries = [an_entry(lease=a_lease()) for _ in range(4)]
    store.create_many(entries)
    store.delete(entries[0].volume_id)
    store.settle(entries[1].message_id, entries[1].lease.token, "failed", "refused")  # type: ignore[union-attr]
    store.report(entries[2].volume_id, "error")
    assert store.check_usages() == [] == store.sync_usages()


def test_usages_that_somebody_else_changed_are_found_and_set_right(store: Store, tamper: object) -> None:
    store.create(an_entry(size=5))
    tamper("UPDATE quota_usages SET in_use = 9, reserved = 2 WHERE resource = 'gigabytes'")  # type: ignore[operator]
    tamper("DELETE FROM quota_usages WHERE resource = 'volumes'")  # type: ignore[operator]
    tamper("INSERT INTO quota_usages VALUES ('p2', 'volumes', 3, 0)")  # type: ignore[operator]
    found = [
        Difference("p1", "gigabytes", 9, 2, 5),
        Difference("p1", "volumes", 0, 0, 1),
        Difference("p2", "volumes", 3, 0, 0),
    ]
    assert store.check_usages() == found
    assert store.sync_usages() == found
    assert store.check_usages() == []
    assert in_use(store) == {"volumes": 1, "gigabytes": 5}
