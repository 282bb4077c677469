"""Sources: read for a decision, and read again in the transaction."""

from __future__ import annotations

from dataclasses import replace

import pytest

from volrules.model import Backup, Image, Snapshot, Volume
from volrules.store.contract import Created, SourceChanged, Store

from .builders import (
    a_backup,
    a_snapshot,
    a_volume,
    an_entry,
    an_image,
    bring_in,
    existing,
    from_source,
    in_use,
)

Source = Volume | Snapshot | Backup | Image


def find(store: Store, source: Source) -> Source | None:
    finders = {
        Volume: store.find_volume,
        Snapshot: store.find_snapshot,
        Backup: store.find_backup,
        Image: store.find_image,
    }
    return finders[type(source)](source.id)  # type: ignore[no-any-return, operator]


def kind(source: Source) -> str:
    return type(source).__name__.lower()


FULL = Volume("v", size=3, status="in-use", availability_zone="az", volume_type_id="t", encryption_key_id="k", host="h")
SOURCES = [
    a_volume(),
    FULL,
    replace(FULL, project_id="p2", shared=True),
    Volume("bare"),
    a_snapshot(a_volume(host="h1")),
    Snapshot("bare"),
    Snapshot("s", "gone", 5, "error", "t", "k", "p1", shared=True),
    a_backup(a_volume()),
    Backup("bare"),
    an_image(),
    Image("bare"),
]


@pytest.mark.parametrize("source", SOURCES, ids=kind)
def test_what_is_imported_is_found_as_it_was(store: Store, witness: Store, source: Source) -> None:
    bring_in(store, source)
    assert find(witness, source) == source


def test_what_is_not_there_is_not_found(store: Store) -> None:
    for source in SOURCES:
        assert find(store, source) is None


def test_a_created_volume_is_a_source_too(store: Store) -> None:
    entry = an_entry(size=7, spec={"availability_zone": "az1", "volume_type_id": "t1"})
    store.create(entry)
    store.report(entry.volume_id, "available", "h1")
    assert store.find_volume(entry.volume_id) == Volume(entry.volume_id, 7, "available", "az1", "t1", None, "h1", "p1")


def test_a_deleted_volume_is_found_neither_by_itself_nor_behind_its_snapshot(store: Store) -> None:
    volume = a_volume()
    snapshot, backup = a_snapshot(volume), a_backup(volume)
    bring_in(store, snapshot, backup)
    store.delete(volume.id)
    assert store.find_volume(volume.id) is None
    assert store.find_snapshot(snapshot.id) == replace(snapshot, volume=None)
    assert store.find_backup(backup.id) == replace(backup, volume=None)


def test_images_are_found_by_a_name_that_only_one_has(store: Store) -> None:
    debian, twin, other = an_image(name="debian"), an_image(name="twin"), an_image(name="twin")
    bring_in(store, debian, twin, other)
    assert store.find_image("debian") == debian
    assert store.find_image("twin") is None
    assert set(store.find_images_named("twin")) == {twin, other}


@pytest.mark.parametrize("source", [a_volume(), a_snapshot(a_volume()), a_backup(a_volume()), an_image()], ids=kind)
def test_an_unchanged_source_lets_the_create_through(store: Store, source: Source) -> None:
    bring_in(store, source)
    entry = from_source(source)
    assert store.create(entry) == Created(entry.volume_id)


@pytest.mark.parametrize("source", [a_volume(), a_snapshot(a_volume()), a_backup(a_volume()), an_image()], ids=kind)
@pytest.mark.parametrize("key", [None, "k"])
def test_a_source_deleted_meanwhile_rejects_the_create(store: Store, source: Source, key: str | None) -> None:
    bring_in(store, source)
    bring_in(store, replace(source, status="deleted"))
    used = in_use(store)
    outcome = store.create(from_source(source, idempotency_key=key))
    assert outcome == SourceChanged(kind(source), source.id, "deleted")
    assert in_use(store) == used
    assert store.replay("p1", "k", "") is None


def test_a_listed_source_that_the_store_never_had_is_deleted(store: Store) -> None:
    source = an_image()
    assert store.create(from_source(source)) == SourceChanged("image", source.id, "deleted")


CHANGES = [
    (a_volume(), {"size": 11}, "size"),
    (a_volume(), {"status": "error"}, "status"),
    (a_volume(), {"host": "elsewhere"}, "host"),
    (a_volume(), {"encryption_key_id": "k2", "volume_type_id": "t2"}, "volume_type_id, encryption_key_id"),
    (a_snapshot(), {"status": "error_deleting"}, "status"),
    (a_snapshot(), {"volume_size": 99}, "volume_size"),
    (a_backup(), {"size": 1}, "size"),
    (an_image(), {"min_disk": 50}, "min_disk"),
    (an_image(), {"shared": True}, "shared"),
]


@pytest.mark.parametrize(
    ("source", "change", "what"), CHANGES, ids=lambda each: "-".join(each) if isinstance(each, dict) else None
)
def test_a_source_changed_meanwhile_rejects_the_create(
    store: Store, source: Source, change: dict[str, object], what: str
) -> None:
    bring_in(store, replace(source, **change))
    used = in_use(store)
    outcome = store.create(from_source(source))
    assert outcome == SourceChanged(kind(source), source.id, what)
    assert in_use(store) == used


def test_a_source_volume_may_be_attached_meanwhile(store: Store) -> None:
    source = a_volume(status="available")
    bring_in(store, replace(source, status="in-use"))
    assert isinstance(store.create(from_source(source)), Created)


@pytest.mark.parametrize("of", [a_snapshot, a_backup])
def test_the_volume_behind_a_source_counts(store: Store, of: type) -> None:
    source = of(a_volume(host="h1"))
    bring_in(store, source)
    store.report(source.volume.id, "available", "h2")
    assert store.create(from_source(source)) == SourceChanged(kind(source), source.id, "volume")
    store.delete(source.volume.id)
    assert store.create(from_source(source)) == SourceChanged(kind(source), source.id, "volume")


def test_importing_twice_charges_once(store: Store) -> None:
    volume = a_volume(size=10)
    for size in (10, 10, 25):
        assert store.import_inventory(existing(replace(volume, size=size)), lambda each: {"gigabytes": each.size}) == 1
    assert in_use(store) == {"gigabytes": 25}
    assert store.check_usages() == []


def test_charges_are_asked_for_before_the_import_locks_anything(store: Store) -> None:
    known, new = a_volume(), a_volume()
    bring_in(store, known)
    assert store.import_inventory(existing(new), lambda _: {"volumes": len(store.volumes())}) == 1
    assert store.get(new.id).charges == {"volumes": 1}


def test_importing_moves_the_charge_with_its_volume(store: Store) -> None:
    volume = a_volume()
    bring_in(store, volume)
    bring_in(store, replace(volume, project_id="p2"))
    assert (in_use(store, "p1"), in_use(store, "p2")) == ({}, {"volumes": 1, "gigabytes": 10})


def test_a_volume_without_a_project_is_nobodys_to_pay(store: Store) -> None:
    bring_in(store, a_volume(project_id=None))
    assert store.usages() == []


def test_importing_knows_no_limit_and_creates_do(store: Store) -> None:
    bring_in(store, a_volume(size=1000))
    assert not isinstance(store.create(an_entry(size=1, limits={"gigabytes": 10})), Created)
