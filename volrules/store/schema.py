"""Which schema a database has, and the statements that make this release's at once."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from volrules.errors import StoreError

REVISION = "0001"
VERSION_TABLE = "volrules_version"
TABLES = frozenset(["volumes", "snapshots", "backups", "images", "quota_usages", "outbox", "idempotency_keys"])

MAKE_VERSION_TABLE = f"""
CREATE TABLE {VERSION_TABLE} (
    version_num VARCHAR(32) NOT NULL,
    CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num)
)
"""
STAMP = f"INSERT INTO {VERSION_TABLE} (version_num) VALUES ('{REVISION}')"
READ_VERSION = f"SELECT version_num FROM {VERSION_TABLE}"


def refuse_others(version: str | None, tables: set[str], name: str) -> None:
    """Raise StoreError for another program's tables and for a newer schema.

    ``version``: what the version table says, None without one; ``name``: the database, as errors show it.
    """
    if version is None and tables & TABLES:
        others = ", ".join(sorted(tables & TABLES))
        raise StoreError(f"`{name}` holds another program's tables ({others}); give volrules a database of its own")
    if version is not None and version > REVISION:
        raise StoreError(f"`{name}` has the schema {version} of a newer volrules; upgrade volrules")


def is_current(version: str | None, tables: set[str], name: str) -> bool:
    """Whether the database can be used as it is; False when it holds nothing yet.

    Raises StoreError also for an older schema, which has to be brought up first.
    """
    refuse_others(version, tables, name)
    if version is not None and version < REVISION:
        raise StoreError(f"`{name}` has the older schema {version}; run `volrules store init`")
    return version is not None


def statements(dialect: Any) -> Iterator[str]:
    """All that makes an empty database one of this release, for an SQLAlchemy dialect."""
    from sqlalchemy.schema import CreateIndex, CreateTable

    from volrules.store.tables import metadata

    for table in metadata.sorted_tables:
        yield str(CreateTable(table).compile(dialect=dialect))
        for index in sorted(table.indexes, key=lambda each: str(each.name)):
            yield str(CreateIndex(index).compile(dialect=dialect))
    yield MAKE_VERSION_TABLE
    yield STAMP
