"""Statements and round trips of creates and of a relay, counted exactly: one more is a failure here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from psycopg.pq.abc import PGconn

from volrules.store.contract import Entry, Store
from volrules.store.outbox import CLAIM

from .builders import a_snapshot, a_volume, an_encrypted_entry, an_entry, bring_in, from_source

SOURCE = a_snapshot(a_volume())
KEY = {"idempotency_key": "k", "fingerprint": "f"}
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
PLAIN = ["BEGIN IMMEDIATE", "INSERT INTO volumes", "INSERT INTO outbox", *2 * ["INSERT INTO quota_usages"], "COMMIT"]


def keyed(statements: list[str]) -> list[str]:
    return [statements[0], "SELECT idempotency_keys", "INSERT INTO idempotency_keys", *statements[1:]]


@pytest.fixture
def sqlite_store(store: Store) -> Store:
    store.create(an_entry(project_id="another"))
    bring_in(store, SOURCE)
    return store


@pytest.fixture
def postgresql_store(store: Store) -> Store:
    bring_in(store, SOURCE)
    for _ in range(10):  # until psycopg has prepared its statements
        store.create(an_entry(project_id="another"))
        store.create_many([an_entry(project_id="another") for _ in range(3)])
    return store


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements that SQLite runs meanwhile, by their first words."""
    ran: list[str] = []
    connection = store._database._writer  # type: ignore[attr-defined]
    connection.set_trace_callback(lambda statement: ran.append(_shortly(statement)))
    yield ran
    connection.set_trace_callback(None)


def _shortly(statement: str) -> str:
    words = " ".join(statement.split())
    if words.startswith("SELECT"):
        found = re.search(r"FROM (\w+)", words)
        return f"SELECT {found[1] if found else ''}"
    return " ".join(words.split()[:3]) if words.startswith("INSERT") else words


@ON_SQLITE
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (an_entry(), PLAIN),
        (an_encrypted_entry(), PLAIN),
        (an_entry(**KEY), keyed(PLAIN)),
        (from_source(SOURCE), [PLAIN[0], "SELECT snapshots", *PLAIN[1:]]),
    ],
    ids=["plain", "encrypted", "idempotent", "cloned"],
)
def test_a_create_on_sqlite_runs_these_statements(sqlite_store: Store, entry: Entry, expected: list[str]) -> None:
    with statements(sqlite_store) as ran:
        sqlite_store.create(entry)
    assert ran == expected


@ON_SQLITE
def test_creates_that_share_a_commit_on_sqlite_share_its_statements(sqlite_store: Store) -> None:
    with statements(sqlite_store) as ran:
        sqlite_store.create_many([an_entry() for _ in range(3)])
    assert ran == ["BEGIN IMMEDIATE", *3 * PLAIN[1:-1], "COMMIT"]


@ON_SQLITE
def test_only_creates_of_which_one_is_refused_are_written_under_savepoints(sqlite_store: Store) -> None:
    with statements(sqlite_store) as ran:
        sqlite_store.create_many([an_entry(), an_entry(limits={"volumes": 0})])
    guarded = ["BEGIN IMMEDIATE", "SAVEPOINT job", *PLAIN[1:-1], "RELEASE job", "SAVEPOINT job"]
    assert ran[ran.index("ROLLBACK") + 1 :][: len(guarded)] == guarded
    assert ran[-1] == "COMMIT"


@contextmanager
def round_trips(connection: PGconn, log: Path) -> Iterator[list[str]]:
    """What psycopg sends meanwhile, message by message; each Sync or Query is a round trip."""
    sent: list[str] = []
    with log.open("w") as file:
        connection.trace(file.fileno())
        yield sent
        connection.untrace()
    lines = [line.split("\t") for line in log.read_text().splitlines()]
    sent += [line[-1].split()[0] if len(line) < 4 else line[3] for line in lines if "F" in line]


def creating(store: Store) -> PGconn:
    connection: PGconn = store._database._creator._connection.pgconn  # type: ignore[attr-defined]
    return connection


@ON_POSTGRESQL
@pytest.mark.parametrize(
    "entries",
    [[an_entry()], [an_encrypted_entry()], [an_entry(**KEY)], [from_source(SOURCE)], [an_entry() for _ in range(16)]],
    ids=["plain", "encrypted", "idempotent", "cloned", "sixteen"],
)
def test_a_create_on_postgresql_is_one_statement_and_one_round_trip(
    postgresql_store: Store, tmp_path: Path, entries: list[Entry]
) -> None:
    with round_trips(creating(postgresql_store), tmp_path / "trace") as sent:
        postgresql_store.create_many(entries)
    assert sent == ["Bind", "Describe", "Execute", "Sync"]


@ON_POSTGRESQL
def test_a_refusal_on_postgresql_is_one_round_trip_too(postgresql_store: Store, tmp_path: Path) -> None:
    with round_trips(creating(postgresql_store), tmp_path / "trace") as sent:
        postgresql_store.create(an_entry(limits={"volumes": 0}))
    assert sent == ["Bind", "Describe", "Execute", "Sync"]


def relay_a_batch(store: Store, count: int) -> None:
    """What a relay asks of its store for a batch of messages."""
    messages = store.claim("me", 60, count)
    assert len(messages) == count
    store.deleted([each.volume_id for each in messages])
    assert len(store.settle_all([each.id for each in messages], messages[0].token)) == count


@ON_SQLITE
def test_on_sqlite_a_batch_is_claimed_and_settled_in_one_statement_each(sqlite_store: Store) -> None:
    sqlite_store.create_many([an_entry(project_id="another") for _ in range(9)])
    with statements(sqlite_store) as ran:
        relay_a_batch(sqlite_store, 10)
    kinds = [each.split()[0] for each in ran]
    assert kinds == ["BEGIN", "WITH", "COMMIT", "BEGIN", "UPDATE", "COMMIT"]


@ON_POSTGRESQL
def test_on_postgresql_a_batch_is_three_round_trips(store: Store, tmp_path: Path) -> None:
    store.create_many([an_entry() for _ in range(30)])
    for _ in range(8):  # until psycopg has prepared its statements
        relay_a_batch(store, 3)
    with store._database.pool.lent() as connection:  # type: ignore[attr-defined]
        pgconn = connection.pgconn
    with round_trips(pgconn, tmp_path / "trace") as sent:
        relay_a_batch(store, 3)
    assert sent == 3 * ["Bind", "Describe", "Execute", "Sync"]


@ON_POSTGRESQL
def test_on_postgresql_a_claim_walks_the_index_of_what_waits_and_sorts_nothing(store: Store) -> None:
    store.create_many([an_entry() for _ in range(500)])
    values = {"owner": "me", "seconds": 60, "token": "t", "limit": 3, "volume_id": None, "every_volume": True}
    database = store._database  # type: ignore[attr-defined]
    plan = "\n".join(line for (line,) in database.read(lambda it: it.rows(f"EXPLAIN {CLAIM}", values)))
    assert "Index Scan using outbox_unsettled" in plan
    assert "Sort" not in plan
