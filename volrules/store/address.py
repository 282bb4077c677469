"""Store URLs: what they mean, and how they are shown."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from volrules.errors import UsageError

_FORMS = "write `sqlite:///volrules.db`, `sqlite:////absolute/path.db` or `postgresql://user@host/database`"


@dataclass(frozen=True, slots=True)
class SQLiteAddress:
    """A database file."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)


@dataclass(frozen=True, slots=True, repr=False)
class PostgreSQLAddress:
    """A PostgreSQL database; ``url`` is libpq's and may hold a password, so it is never shown."""

    url: str

    def __str__(self) -> str:
        return masked(self.url)

    def __repr__(self) -> str:
        return f"PostgreSQLAddress({self})"


def masked(url: str) -> str:
    """The URL with stars for its password."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.rpartition("@") if "@" in rest else ("", "", rest)
    user, colon, _ = authority.partition(":")
    hidden = f"{user}{colon}{'***' if colon else ''}{slash}"
    return scheme + separator + hidden + re.sub(r"(password=)[^&]*", r"\1***", path)


def parse(url: str) -> SQLiteAddress | PostgreSQLAddress:
    """The address that a store URL means; UsageError for anything else."""
    scheme, separator, rest = url.partition("://")
    if separator and scheme == "sqlite":
        return _sqlite(url, rest)
    if separator and scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return PostgreSQLAddress(f"postgresql://{rest}")
    raise UsageError(f"`{masked(url)}` is no store URL; {_FORMS}")


def _sqlite(url: str, rest: str) -> SQLiteAddress:
    name = rest.removeprefix("/")
    if name in ("", ":memory:"):
        raise UsageError(f"`{url}` would forget every volume at exit; name a file: `sqlite:///volrules.db`")
    if not rest.startswith("/") or "?" in name:
        raise UsageError(f"`{url}` is no store URL; {_FORMS}")
    return SQLiteAddress(Path(name))
