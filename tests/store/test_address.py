"""Store URLs: what they mean, and that no password is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from volrules.errors import UsageError
from volrules.store import open_store
from volrules.store.address import PostgreSQLAddress, SQLiteAddress, masked, parse


@pytest.mark.parametrize(
    ("url", "path"),
    [("sqlite:///volrules.db", "volrules.db"), ("sqlite:////var/lib/v.db", "/var/lib/v.db"), ("sqlite:///a/b", "a/b")],
)
def test_an_sqlite_url_names_a_file(url: str, path: str) -> None:
    assert parse(url) == SQLiteAddress(Path(path))


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+psycopg"])
def test_a_postgresql_url_means_psycopg(scheme: str) -> None:
    assert parse(f"{scheme}://u@h/d") == PostgreSQLAddress("postgresql://u@h/d")


@pytest.mark.parametrize(
    "url",
    ["", "volrules.db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "sqlite://host/x.db", "mysql://u:secret@h/d"],
)
def test_anything_else_is_refused_with_a_way_out(url: str) -> None:
    with pytest.raises(UsageError, match="sqlite:///") as error:
        open_store(url, retention=60)
    assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:secret@host/db",
        "postgresql://user:sec@ret@host:5432/db",
        "postgresql://:secret@/db",
        "postgresql://host/db?user=u&password=secret",
        "postgresql://user:se/cret@host/db?password=secret",
    ],
)
def test_no_password_is_shown(url: str) -> None:
    for shown in (masked(url), str(parse(url)), repr(parse(url))):
        assert "sec" not in shown
        assert "cret" not in shown
        assert "db" in shown
