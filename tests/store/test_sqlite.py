"""What is particular to SQLite: the file, the log beside it, forks, and the disk."""

from __future__ import annotations

import fcntl
import hashlib
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from volrules.errors import StoreError, StoreUnavailable, VolumeUnknown
from volrules.store import open_store
from volrules.store.contract import Created, Store
from volrules.store.sqlite import connection as sqlite_connection
from volrules.store.sqlite import lock

from .builders import a_volume, an_entry, charges_of, existing, in_use
from .children import Child, in_child, killed_after

Files = dict[str, tuple[str, int]]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "volrules.db"


@pytest.fixture
def opened(path: Path) -> Iterator[Callable[..., Store]]:
    stores: list[Store] = []

    def open_it(**options: object) -> Store:
        stores.append(open_store(f"sqlite:///{path}", **{"retention": 60.0, **options}))  # type: ignore[arg-type]
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


def files(path: Path) -> Files:
    """Every file in the folder with its content; in a child, as closing a file drops a process's locks on it."""

    def look() -> Files:
        return {
            each.name: (hashlib.sha256(each.read_bytes()).hexdigest(), each.stat().st_mtime_ns)
            for each in path.parent.iterdir()
        }

    return in_child(look)  # type: ignore[no-any-return]


def read_everything(store: Store, volume_id: str) -> None:
    assert store.find_volume(volume_id) is not None
    assert store.find_snapshot("nothing") is None
    assert store.get(volume_id).id == volume_id
    assert store.volumes()
    assert store.usages()
    assert store.check_usages() == []
    assert store.status().messages
    assert store.replay("p1", "k", "f") is None


# -- a file that is not there ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{}, {"create": True}, {"read_only": True}], ids=str)
def test_a_file_that_is_not_there_reads_as_empty_and_is_not_made(
    opened: Callable[..., Store], path: Path, options: dict[str, bool]
) -> None:
    store = opened(**options)
    assert store.find_volume("v") is None
    assert store.find_image("i") is None
    assert store.replay("p1", "k", "f") is None
    assert (store.volumes(), store.usages(), store.check_usages()) == ([], [], [])
    assert store.status().messages == {}
    with pytest.raises(VolumeUnknown):
        store.get("v")
    assert list(path.parent.iterdir()) == []


def test_steps_on_a_file_that_is_not_there_find_nothing(opened: Callable[..., Store], path: Path) -> None:
    store = opened()
    assert (store.claim("me", 60, 10), store.settle("m", "t", "failed"), store.purge()) == ([], False, 0)
    with pytest.raises(VolumeUnknown):
        store.delete("v")
    assert list(path.parent.iterdir()) == []


def test_without_leave_to_make_the_file_a_create_is_refused(opened: Callable[..., Store], path: Path) -> None:
    with pytest.raises(StoreError, match="volrules store init"):
        opened().create(an_entry())
    with pytest.raises(StoreError, match="volrules store init"):
        opened().import_inventory(existing(a_volume()), charges_of)
    assert list(path.parent.iterdir()) == []


def test_a_store_opened_before_its_file_was_made_sees_it_afterwards(opened: Callable[..., Store]) -> None:
    early, silent = opened(), opened(read_only=True)
    assert early.volumes() == silent.volumes() == []
    entry = an_entry()
    opened(create=True).create(entry)
    assert early.get(entry.volume_id) == silent.get(entry.volume_id)
    early.delete(entry.volume_id)


def test_two_first_creates_at_once_make_one_file(opened: Callable[..., Store]) -> None:
    stores = [opened(create=True) for _ in range(4)]
    threads = [threading.Thread(target=store.create, args=[an_entry()]) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(stores[0].volumes()) == 4


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/no/such.db", create=True, retention=60)
    with store, pytest.raises(StoreUnavailable, match="such"):
        store.create(an_entry())


def test_a_create_waits_for_neither_sqlalchemy_nor_alembic_to_be_imported(
    opened: Callable[..., Store], path: Path
) -> None:
    with opened(create=True) as store:
        store.create(an_entry())
    program = """
import sys
from volrules.model import Spec
from volrules.store import open_store
from volrules.store.contract import Entry, Lease

entry = Entry("v", "m", "p1", None, Spec(size=1), {"volumes": 1}, {}, "{}", "{}", lease=Lease("me", "t", 60))
with open_store(sys.argv[1], create=True, retention=60) as store:
    store.find_volume("v")
    store.create(entry)
    store.settle("m", "t", "dispatched")
print(sorted({"sqlalchemy", "alembic", "psycopg"} & set(sys.modules)))
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-P", "-c", program, f"sqlite:///{path}"]
    assert subprocess.run(command, env=environment, capture_output=True, check=True).stdout.strip() == b"[]"


# -- reading changes nothing -----------------------------------------------------------------------------------------


def test_a_silent_reader_changes_no_byte_after_a_clean_end(opened: Callable[..., Store], path: Path) -> None:
    entry = an_entry()
    with opened(create=True) as store:
        store.create(entry)
    before = files(path)
    in_child(lambda: read_everything(opened(read_only=True), entry.volume_id))
    assert files(path) == before


def test_a_silent_reader_changes_no_byte_of_what_a_killed_writer_left(opened: Callable[..., Store], path: Path) -> None:
    entry = an_entry()
    killed_after(lambda: opened(create=True).create(entry))
    before = files(path)
    assert {"volrules.db-wal", "volrules.db-shm"} <= set(before)
    in_child(lambda: read_everything(opened(read_only=True), entry.volume_id))
    assert files(path) == before


def test_a_silent_reader_changes_no_byte_of_a_log_without_its_index(opened: Callable[..., Store], path: Path) -> None:
    entry = an_entry()
    killed_after(lambda: opened(create=True).create(entry))
    path.with_name("volrules.db-shm").unlink()
    before = files(path)
    in_child(lambda: read_everything(opened(read_only=True), entry.volume_id))
    assert files(path) == before


def test_a_silent_reader_changes_no_byte_beside_a_living_writer(opened: Callable[..., Store], path: Path) -> None:
    entry = an_entry()
    go, done = os.pipe(), os.pipe()

    def reads_when_told() -> None:
        os.read(go[0], 1)
        read_everything(opened(read_only=True), entry.volume_id)
        os.write(done[1], b".")

    reader = Child(reads_when_told)
    opened(create=True).create(entry)
    before = files(path)
    opened(create=True).create(an_entry())
    before = files(path)
    os.write(go[1], b".")
    os.read(done[0], 1)
    assert files(path) == before
    reader.result()


def test_a_silent_reader_sees_each_commit_of_writers_that_come_and_go(opened: Callable[..., Store]) -> None:
    reader = opened(read_only=True)
    for count in range(1, 6):
        if count % 2:
            killed_after(lambda: opened(create=True).create(an_entry()))
        else:
            with opened(create=True) as writer:
                writer.create(an_entry())
        assert len(reader.volumes()) == count


def test_a_writer_may_follow_a_silent_reader_in_one_process(opened: Callable[..., Store]) -> None:
    killed_after(lambda: opened(create=True).create(an_entry()))
    reader, writer = opened(read_only=True), opened(create=True)
    assert len(reader.volumes()) == 1
    writer.create(an_entry())
    assert len(reader.volumes()) == len(writer.volumes()) == 2
    writer.close()
    assert len(reader.volumes()) == 2
    writer.create(an_entry())
    assert len(reader.volumes()) == 3


def test_a_read_only_store_refuses_to_write(opened: Callable[..., Store]) -> None:
    entry = an_entry()
    opened(create=True).create(entry)
    store = opened(read_only=True)
    for write in (lambda: store.create(an_entry()), lambda: store.delete(entry.volume_id), store.sync_usages):
        with pytest.raises(StoreError, match="read-only"):
            write()


# -- forks -----------------------------------------------------------------------------------------------------------


def test_a_store_opened_before_a_fork_works_on_both_sides(opened: Callable[..., Store]) -> None:
    store = opened(create=True)
    store.create(an_entry())
    children = [in_child(lambda: store.create(an_entry())) for _ in range(3)]
    assert all(isinstance(each, Created) for each in children)
    store.create(an_entry())
    assert in_use(store)["volumes"] == 5
    assert store.check_usages() == []


def test_a_fork_waits_for_the_threads_that_write(opened: Callable[..., Store]) -> None:
    store = opened(create=True)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            store.create(an_entry())
            store.find_volume("nothing")

    threads = [threading.Thread(target=write_on) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        made = [in_child(lambda: store.create(an_entry())) for _ in range(20)]
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert all(isinstance(each, Created) for each in made)
    assert store.check_usages() == []


# -- the disk and others who use it ----------------------------------------------------------------------------------


def test_a_database_that_another_program_writes_to_is_busy(
    opened: Callable[..., Store], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_connection, "BUSY_SECONDS", 0.05)
    store = opened(create=True)
    store.create(an_entry())
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreUnavailable, match="nothing was written") as error:
        store.create(an_entry())
    assert error.value.retryable
    other.execute("ROLLBACK")
    other.close()
    assert isinstance(store.create(an_entry()), Created)
    assert len(store.volumes()) == 2


def test_a_full_disk_writes_nothing(opened: Callable[..., Store], path: Path) -> None:
    store = opened(create=True)
    store.create(an_entry())
    (writer,) = _writers(store)
    writer.execute(f"PRAGMA max_page_count = {writer.execute('PRAGMA page_count').fetchone()[0]}")
    outcomes = store.create_many([an_entry(message="x" * 10000) for _ in range(40)])
    assert all(isinstance(each, StoreUnavailable) and "full" in str(each) for each in outcomes)
    store.close()
    assert len(store.volumes()) == 1
    assert store.check_usages() == []


def test_a_read_only_disk_writes_nothing(opened: Callable[..., Store]) -> None:
    store = opened(create=True)
    store.create(an_entry())
    (writer,) = _writers(store)
    writer.execute("PRAGMA query_only = ON")
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.create(an_entry())
    assert len(store.volumes()) == 1


def test_what_is_no_database_is_named(path: Path, opened: Callable[..., Store]) -> None:
    path.write_text("not a database, but long enough to be told from an empty one" * 100)
    for store in (opened(create=True), opened(read_only=True)):
        with pytest.raises(StoreError, match="no SQLite database"):
            store.volumes()


def test_an_empty_file_is_an_empty_store(path: Path, opened: Callable[..., Store]) -> None:
    path.touch()
    assert opened(read_only=True).volumes() == opened().volumes() == []
    assert isinstance(opened(create=True).create(an_entry()), Created)


def _writers(store: Store) -> list[sqlite3.Connection]:
    return [store._database._writer]  # type: ignore[attr-defined]


# -- the line of writers ---------------------------------------------------------------------------------------------


@pytest.fixture
def stopped_writer(opened: Callable[..., Store], path: Path) -> Iterator[Callable[[], None]]:
    """Another writer that has stopped in the middle, on a store that is there; called, it goes on."""
    opened().migrate()
    with path.with_name(f"{path.name}-lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield lambda: fcntl.flock(file, fcntl.LOCK_UN)


def test_a_writer_that_has_stopped_holds_nobody_up_for_ever(
    opened: Callable[..., Store],
    path: Path,
    stopped_writer: Callable[[], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.05)
    store, entry = opened(), an_entry()
    with pytest.raises(StoreUnavailable) as caught:
        store.create(entry)
    assert caught.value.retryable
    assert in_child(lambda: opened().usages()) == []

    stopped_writer()
    assert isinstance(store.create(entry), Created)
    # Whoever has waited in vain lets go of the lock, once it comes.
    assert isinstance(in_child(lambda: opened().create(an_entry())), Created)


def test_who_waits_in_line_writes_as_soon_as_it_is_free(
    opened: Callable[..., Store], stopped_writer: Callable[[], None]
) -> None:
    threading.Timer(0.1, stopped_writer).start()
    assert isinstance(opened().create(an_entry()), Created)


def test_a_store_can_be_closed_beside_a_writer_that_has_stopped(
    opened: Callable[..., Store], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "WAIT_SECONDS", 0.05)
    store = opened(create=True)
    store.create(an_entry())
    with path.with_name(f"{path.name}-lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        store.close()
    assert isinstance(store.create(an_entry()), Created)
