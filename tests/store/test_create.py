"""The one transaction: everything, or nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from volrules.errors import StoreError
from volrules.store.contract import Created, OverQuota, Shortage, Store

from .builders import a_lease, an_encrypted_entry, an_entry, in_use, is_untouched


def test_a_create_commits_volume_usage_and_message_together(store: Store, witness: Store) -> None:
    entry = an_entry(size=5, spec={"name": "data", "availability_zone": "az1", "volume_type_id": "t1"})
    assert store.create(entry) == Created(entry.volume_id)
    record = witness.get(entry.volume_id)
    assert (record.status, record.size, record.display_name, record.availability_zone) == ("creating", 5, "data", "az1")
    assert record.volume_type_id == "t1"
    assert record.charges == {"volumes": 1, "gigabytes": 5} == in_use(witness)
    assert record.message is not None
    assert (record.message.state, record.message.attempts) == ("pending", 0)


def test_landing_on_the_limit_is_fine_and_one_more_is_not(store: Store) -> None:
    limits = {"gigabytes": 10, "volumes": -1}
    assert isinstance(store.create(an_entry(size=10, limits=limits)), Created)
    assert store.create(an_entry(size=1, limits=limits)) == OverQuota((Shortage("gigabytes", 1, 10, 10),))


def test_the_first_charge_of_a_resource_is_bounded_too(store: Store) -> None:
    outcome = store.create(an_entry(size=11, limits={"gigabytes": 10}))
    assert outcome == OverQuota((Shortage("gigabytes", 11, 0, 10),))


def test_a_limit_of_zero_admits_nothing(store: Store) -> None:
    assert isinstance(store.create(an_entry(limits={"volumes": 0})), OverQuota)


def test_over_quota_names_every_resource_that_is_over(store: Store) -> None:
    store.create(an_entry(size=5))
    entry = an_entry(
        charges={"volumes": 1, "gigabytes": 7, "acme.iops": 100, "gigabytes_ssd": 7},
        limits={"volumes": 1, "gigabytes": 10, "acme.iops": 99, "gigabytes_ssd": 7},
    )
    assert store.create(entry) == OverQuota(
        (Shortage("acme.iops", 100, 0, 99), Shortage("gigabytes", 7, 5, 10), Shortage("volumes", 1, 1, 1))
    )


def test_over_quota_leaves_nothing(store: Store, witness: Store) -> None:
    store.create(an_entry(limits={"gigabytes": 1}, idempotency_key="k", fingerprint="f"))
    assert is_untouched(witness)
    assert witness.replay("p1", "k", "f") is None


def test_projects_have_their_own_usage(store: Store) -> None:
    limits = {"volumes": 1}
    assert isinstance(store.create(an_entry(limits=limits)), Created)
    assert isinstance(store.create(an_entry(limits=limits, project_id="p2")), Created)
    assert isinstance(store.create(an_entry(limits=limits)), OverQuota)


def test_a_volume_id_is_taken_once(store: Store) -> None:
    entry = an_entry()
    store.create(entry)
    with pytest.raises(StoreError):
        store.create(replace(entry, message_id="another"))
    assert in_use(store) == {"volumes": 1, "gigabytes": 5}


def test_a_message_may_be_born_leased(store: Store) -> None:
    lease = a_lease()
    entry = an_entry(lease=lease)
    store.create(entry)
    assert store.claim("other", 60, 10) == []
    assert store.settle(entry.message_id, lease.token, "dispatched")
    message = store.get(entry.volume_id).message
    assert message is not None
    assert (message.state, message.attempts) == ("dispatched", 1)


def test_a_plan_for_a_key_makes_the_volume_encrypted(store: Store) -> None:
    plain, encrypted = an_entry(), an_encrypted_entry()
    store.create_many([plain, encrypted])
    assert not store.get(plain.volume_id).encrypted
    assert store.get(encrypted.volume_id).encrypted


def test_creates_that_share_a_commit_keep_their_own_outcomes(store: Store) -> None:
    limits = {"volumes": 2}
    first, second, third = (an_entry(limits=limits) for _ in range(3))
    elsewhere = an_entry(project_id="p2", limits=limits)
    outcomes = store.create_many([first, second, third, elsewhere])
    assert outcomes == [
        Created(first.volume_id),
        Created(second.volume_id),
        OverQuota((Shortage("volumes", 1, 2, 2),)),
        Created(elsewhere.volume_id),
    ]
    assert in_use(store) == {"volumes": 2, "gigabytes": 10}


def test_one_bad_create_does_not_spoil_the_others(store: Store) -> None:
    first, last = an_entry(), an_entry()
    outcomes = store.create_many([first, replace(an_entry(), volume_id=first.volume_id), last])
    assert (outcomes[0], outcomes[2]) == (Created(first.volume_id), Created(last.volume_id))
    assert isinstance(outcomes[1], StoreError)
    assert {each.id for each in store.volumes()} == {first.volume_id, last.volume_id}
    assert store.check_usages() == []


@pytest.mark.parametrize("bad", [{"spec": {"name": "\ud800"}}, {"charges": {"volumes": 2**63}}], ids=["text", "amount"])
def test_a_value_that_no_database_takes_is_its_creates_fault_alone(store: Store, bad: dict[str, object]) -> None:
    first, last = an_entry(), an_entry()
    with pytest.raises(StoreError, match="nothing was written"):
        store.create(an_entry(**bad))
    outcomes = store.create_many([first, an_entry(**bad), last])
    assert (outcomes[0], outcomes[2]) == (Created(first.volume_id), Created(last.volume_id))
    assert isinstance(outcomes[1], StoreError)
    assert in_use(store) == {"volumes": 2, "gigabytes": 10}


def test_no_creates_are_no_outcomes(store: Store) -> None:
    assert store.create_many([]) == []


def test_more_creates_than_fit_one_commit(store: Store) -> None:
    entries = [an_entry() for _ in range(150)]
    assert store.create_many(entries) == [Created(each.volume_id) for each in entries]
    assert in_use(store) == {"volumes": 150, "gigabytes": 750}


def test_a_name_with_nul_spoils_no_create(store: Store) -> None:
    spec = {"name": "a\0b", "description": "\0", "availability_zone": "n\0va"}
    entries = [an_entry(spec=spec), an_entry(spec=spec), an_entry(spec=spec)]
    outcomes = [store.create(entries[0]), *store.create_many(entries[1:])]
    assert outcomes == [Created(each.volume_id) for each in entries]
    assert all(store.get(each.volume_id).size == each.spec.size for each in entries)
