"""Which databases are ours, and how they come to be."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from volrules.errors import StoreError
from volrules.store import open_store

from .builders import an_entry


def layout(path: Path) -> list[tuple[str, ...]]:
    with sqlite3.connect(path) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        columns = [(table, *row) for table in tables for row in connection.execute(f"PRAGMA table_info({table})")]
        indexes = list(connection.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index'"))
    connection.close()
    return sorted(map(repr, [*columns, *indexes]))


def test_the_first_create_and_the_migrations_make_the_same_schema(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/created.db", create=True, retention=60) as store:
        store.create(an_entry())
    with open_store(f"sqlite:///{tmp_path}/migrated.db", retention=60) as store:
        store.migrate()
    assert layout(tmp_path / "created.db") == layout(tmp_path / "migrated.db")


def test_migrating_twice_changes_nothing_and_keeps_the_volumes(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path}/x.db", create=True, retention=60) as store:
        store.create(an_entry())
        store.migrate()
        store.migrate()
        assert len(store.volumes()) == 1


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE volrules_version SET version_num = '9999'", "newer volrules"),
        ("UPDATE volrules_version SET version_num = '0000'", "volrules store init"),
        ("DROP TABLE volrules_version", "another program's tables"),
    ],
)
def test_a_schema_that_is_not_this_releases_is_refused(tmp_path: Path, statement: str, sentence: str) -> None:
    url = f"sqlite:///{tmp_path}/x.db"
    with open_store(url, create=True, retention=60) as store:
        store.create(an_entry())
    with sqlite3.connect(tmp_path / "x.db") as connection:
        connection.execute(statement)
    connection.close()
    for options in ({"create": True}, {"read_only": True}):
        with open_store(url, retention=60, **options) as store, pytest.raises(StoreError, match=sentence):
            store.volumes()
    with open_store(url, create=True, retention=60) as store, pytest.raises(StoreError, match=sentence):
        store.create(an_entry())


@pytest.mark.parametrize("version", ["9999", None])
def test_migrating_leaves_others_databases_alone(tmp_path: Path, version: str | None) -> None:
    with sqlite3.connect(tmp_path / "x.db") as connection:
        if version is None:
            connection.execute("CREATE TABLE volumes (id TEXT)")
        else:
            connection.execute("CREATE TABLE volrules_version (version_num TEXT)")
            connection.execute("INSERT INTO volrules_version VALUES (?)", [version])
    connection.close()
    before = layout(tmp_path / "x.db")
    with open_store(f"sqlite:///{tmp_path}/x.db", retention=60) as store, pytest.raises(StoreError):
        store.migrate()
    assert layout(tmp_path / "x.db") == before
