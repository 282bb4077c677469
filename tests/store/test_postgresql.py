"""What is particular to PostgreSQL: connections that are lost, locks that are waited for, forks, the schema."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from volrules.errors import StoreError, StoreUnavailable, StoreUncertain, UsageError
from volrules.store import open_store
from volrules.store.contract import Created, Store
from volrules.store.postgresql import attempts, connection

from .builders import a_volume, an_entry, bring_in, from_source, in_use
from .children import in_child
from .server import Server

Opened = Callable[..., Store]


@pytest.fixture
def opened(postgresql_url: str) -> Iterator[Opened]:
    stores: list[Store] = []

    def open_it(url: str = postgresql_url, **options: object) -> Store:
        stores.append(open_store(url, **{"retention": 60.0, **options}))  # type: ignore[arg-type]
        return stores[-1]

    yield open_it
    for store in stores:
        store.close()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "LOCK_SECONDS", 0.1)
    monkeypatch.setattr(attempts, "FIRST_PAUSE", 0.001)


def terminate_everybody(server: Server) -> None:
    server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'volrules'")


# -- the schema ------------------------------------------------------------------------------------------------------


def test_a_database_that_is_not_laid_out_says_what_to_do(opened: Opened, another_database: str) -> None:
    store = opened(another_database)
    for step in (store.volumes, lambda: store.create(an_entry()), lambda: store.find_volume("v")):
        with pytest.raises(StoreError, match="volrules store init"):
            step()


def test_migrating_lays_out_and_migrating_again_changes_nothing(opened: Opened, another_database: str) -> None:
    store = opened(another_database)
    store.migrate()
    store.create(an_entry())
    store.migrate()
    assert len(store.volumes()) == 1


def test_migrations_at_once_take_turns(opened: Opened, another_database: str) -> None:
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda _: opened(another_database).migrate(), range(4)))
    assert opened(another_database).volumes() == []


def test_the_migrations_lead_to_the_tables(server: Server) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import NullPool, create_engine

    from volrules.store.schema import VERSION_TABLE
    from volrules.store.tables import metadata

    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: psycopg.connect(server.url("shared")), poolclass=NullPool
    )
    with engine.connect() as core:
        context = MigrationContext.configure(core, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []


@pytest.mark.parametrize(
    ("statements", "sentence"),
    [
        (["CREATE TABLE volumes (id text)"], "another program's tables"),
        (
            ["CREATE TABLE volrules_version (version_num text)", "INSERT INTO volrules_version VALUES ('9999')"],
            "newer volrules",
        ),
    ],
    ids=["foreign", "newer"],
)
def test_a_database_that_is_not_ours_is_left_alone(
    opened: Opened, server: Server, another_database: str, statements: list[str], sentence: str
) -> None:
    for statement in statements:
        server.execute(statement, "another")
    store = opened(another_database)
    for step in (store.volumes, store.migrate, lambda: store.create(an_entry())):
        with pytest.raises(StoreError, match=sentence):
            step()


# -- connections -----------------------------------------------------------------------------------------------------


def test_connections_lost_between_two_steps_are_replaced(opened: Opened, server: Server) -> None:
    store = opened()
    entry = an_entry()
    store.create(entry)
    for step in (
        lambda: store.create(an_entry()),
        lambda: store.report(entry.volume_id, "available"),
        lambda: store.find_volume(entry.volume_id),
        lambda: store.get(entry.volume_id),
        store.usages,
    ):
        terminate_everybody(server)
        step()
    assert in_use(store)["volumes"] == 2


def test_a_connection_lost_before_the_answer_does_not_create_twice(
    opened: Opened, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from volrules.store.postgresql import creating

    store = opened()
    create = creating.create

    def create_and_lose(*arguments: object) -> object:
        create(*arguments)  # type: ignore[arg-type]
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(creating, "create", create_and_lose)
    entries = [an_entry() for _ in range(3)]
    assert store.create_many(entries) == [Created(each.volume_id) for each in entries]
    assert in_use(store)["volumes"] == 3


def test_a_create_that_is_still_on_its_way_is_waited_for(
    opened: Opened, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    from volrules.store.postgresql import creating

    store, entry, create = opened(), an_entry(), creating.create
    slow = psycopg.connect(server.url("shared"))
    lost: list[object] = []

    def lose_the_first(this: psycopg.Connection[tuple[object, ...]], entries: list[object]) -> object:
        if lost:
            return create(this, entries)  # type: ignore[arg-type]
        lost.append(create(slow, entries))  # type: ignore[arg-type]
        threading.Timer(0.2, slow.commit).start()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(creating, "create", lose_the_first)
    assert store.create(entry) == Created(entry.volume_id)
    slow.close()
    assert in_use(store)["volumes"] == 1


@pytest.mark.usefixtures("impatient")
def test_a_server_that_is_not_there_says_so_without_the_password(opened: Opened) -> None:
    store = opened("postgresql://tester:secret@127.0.0.1:1/nowhere")
    for step in (store.volumes, store.migrate, lambda: store.create(an_entry()), lambda: store.delete("v")):
        with pytest.raises(StoreUnavailable, match="nothing was written") as error:
            step()
        assert error.value.retryable
        assert "secret" not in str(error.value)
    assert "secret" not in repr(store)


@pytest.mark.parametrize("url", ["postgresql://u:secret@[/d", "postgresql://u:secret@/d?no=1"])
def test_a_url_that_libpq_does_not_read_is_refused(opened: Opened, url: str) -> None:
    with pytest.raises(UsageError) as error:
        opened(url)
    assert "secret" not in "".join(traceback.format_exception(error.value))


@pytest.mark.usefixtures("impatient")
def test_a_server_lost_in_a_commit_leaves_the_caller_in_doubt_and_says_so(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from volrules.store.postgresql import creating

    store = opened()
    store.volumes()

    def lose(*_: object) -> object:
        monkeypatch.setattr("volrules.store.postgresql.creator.connect", refuse)
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    def refuse(*_: object, **__: object) -> object:
        raise psycopg.OperationalError("connection refused")

    monkeypatch.setattr(creating, "create", lose)
    with pytest.raises(StoreUncertain) as error:
        store.create(an_entry())
    assert not error.value.retryable


def test_without_psycopg_the_extra_is_named(postgresql_url: str) -> None:
    def open_without() -> str:
        for name in [each for each in sys.modules if each.startswith(("psycopg", "volrules.store.postgresql"))]:
            del sys.modules[name]
        sys.modules["psycopg"] = None  # type: ignore[assignment]
        try:
            open_store(postgresql_url, retention=60)
        except StoreError as error:
            return str(error)
        return ""

    assert "volrules[postgresql]" in in_child(open_without)


def test_a_read_only_store_cannot_write(opened: Opened) -> None:
    entry = an_entry()
    opened().create(entry)
    store = opened(read_only=True)
    for write in (lambda: store.create(an_entry()), lambda: store.delete(entry.volume_id), store.sync_usages):
        with pytest.raises(StoreError, match="read-only"):
            write()


def test_a_text_that_postgresql_does_not_take_spoils_no_other_create(opened: Opened) -> None:
    store = opened()
    first, bad, last = an_entry(), an_entry(project_id="a\0b"), an_entry()
    outcomes = store.create_many([first, bad, last])
    assert (outcomes[0], outcomes[2]) == (Created(first.volume_id), Created(last.volume_id))
    assert isinstance(outcomes[1], StoreError)
    assert {each.id for each in store.volumes()} == {first.volume_id, last.volume_id}


def test_odd_names_of_resources_are_taken_as_they_are(opened: Opened) -> None:
    store = opened()
    charges = {'a"b': 1, "a\\b": 2, "a,b": 3, "{a}": 4, "ä b\n": 5, "NULL": 6, "": 7}
    store.create(an_entry(charges=charges))
    store.create_many([an_entry(charges=charges) for _ in range(2)])
    assert in_use(store) == {resource: 3 * amount for resource, amount in charges.items()}
    assert store.check_usages() == []


# -- locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
def test_a_lock_that_is_held_too_long_is_busy(opened: Opened, server: Server) -> None:
    store = opened()
    store.create(an_entry())
    with psycopg.connect(server.url("shared")) as other:
        other.execute("SELECT * FROM quota_usages FOR UPDATE")
        with pytest.raises(StoreUnavailable, match="nothing was written"):
            store.create(an_entry())
    assert in_use(store)["volumes"] == 1


def test_a_deadlock_is_run_again(opened: Opened, server: Server) -> None:
    store = opened()
    volume = a_volume()
    bring_in(store, volume)
    other = psycopg.connect(server.url("shared"))
    other.execute("SELECT * FROM quota_usages FOR UPDATE")
    with ThreadPoolExecutor(1) as threads:
        create = threads.submit(store.create, from_source(volume))
        while other.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone() == (0,):
            time.sleep(0.01)
        with contextlib.suppress(psycopg.errors.DeadlockDetected):
            other.execute("SELECT * FROM volumes FOR UPDATE")
        other.rollback()
        assert isinstance(create.result(), Created)
    other.close()
    assert store.check_usages() == []


def test_a_source_being_deleted_is_waited_for(opened: Opened, server: Server) -> None:
    store = opened()
    volume = a_volume()
    bring_in(store, volume)
    other = psycopg.connect(server.url("shared"))
    other.execute("UPDATE volumes SET deleted_at = now()")
    with ThreadPoolExecutor(1) as threads:
        create = threads.submit(store.create, from_source(volume))
        time.sleep(0.1)
        other.commit()
        assert not isinstance(create.result(), Created)
    other.close()


# -- forks -----------------------------------------------------------------------------------------------------------


def test_a_store_opened_before_a_fork_works_on_both_sides(opened: Opened) -> None:
    store = opened()
    store.create(an_entry())
    children = [in_child(lambda: store.create(an_entry())) for _ in range(3)]
    assert all(isinstance(each, Created) for each in children)
    store.create(an_entry())
    assert in_use(store)["volumes"] == 5


def test_a_child_says_no_word_on_its_parents_connections(opened: Opened) -> None:
    store = opened()

    def session() -> object:
        return store._database.read(lambda it: it.rows("SELECT pg_backend_pid()"))  # type: ignore[attr-defined]

    mine = session()
    pid = os.fork()
    if pid == 0:
        os._exit(0 if session() != mine else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert session() == mine
