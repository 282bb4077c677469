"""The tables: the one description of the schema, for both databases.

Migrations are compared with it by the tests. Column names are those of Cinder's database where Cinder has them.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Dialect, Index, Integer, MetaData, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator

from volrules.store.transaction import instant


class Instant(TypeDecorator[datetime]):
    """A time; in UTC however the database gives it."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


metadata = MetaData()

# INVARIANT: compared byte by byte, as Python sorts, on both databases: one order of locks for all writers.
_Sorted = Text().with_variant(Text(collation="C"), "postgresql")
_Amounts = JSON().with_variant(JSONB(), "postgresql")

volumes = Table(
    "volumes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("project_id", Text),
    Column("user_id", Text),
    Column("size", BigInteger),
    Column("status", Text),
    Column("attach_status", Text, nullable=False),
    Column("availability_zone", Text),
    Column("volume_type_id", Text),
    Column("encryption_key_id", Text),
    Column("snapshot_id", Text),
    Column("source_volid", Text),
    Column("host", Text),
    Column("display_name", Text),
    Column("display_description", Text),
    Column("charges", _Amounts, nullable=False),
    Column("encrypted", Boolean, nullable=False),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("released_at", Instant),
    Column("deleted_at", Instant),
    Index("volumes_by_project", "project_id", "created_at"),
)

snapshots = Table(
    "snapshots",
    metadata,
    Column("id", Text, primary_key=True),
    Column("volume_id", Text),
    Column("volume_size", BigInteger),
    Column("status", Text),
    Column("volume_type_id", Text),
    Column("encryption_key_id", Text),
    Column("project_id", Text),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("snapshots_by_key", "encryption_key_id"),
)

backups = Table(
    "backups",
    metadata,
    Column("id", Text, primary_key=True),
    Column("volume_id", Text),
    Column("size", BigInteger),
    Column("status", Text),
    Column("project_id", Text),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
)

images = Table(
    "images",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text),
    Column("status", Text),
    Column("size", BigInteger),
    Column("min_disk", BigInteger),
    Column("virtual_size", BigInteger),
    Column("project_id", Text),
    Column("shared", Boolean, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("deleted_at", Instant),
    Index("images_by_name", "name"),
)

quota_usages = Table(
    "quota_usages",
    metadata,
    Column("project_id", _Sorted, primary_key=True),
    Column("resource", _Sorted, primary_key=True),
    Column("in_use", BigInteger, nullable=False),
    Column("reserved", BigInteger, nullable=False),
)

_UNSETTLED = text("state IN ('pending', 'keyed')")
_COPYING = text("source_key_id IS NOT NULL")
_SETTLED = text("settled_at IS NOT NULL")

outbox = Table(
    "outbox",
    metadata,
    Column("id", Text, primary_key=True),
    Column("volume_id", Text, nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("operation", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_at", Instant, nullable=False),
    Column("lease_owner", Text),
    Column("lease_until", Instant),
    Column("lease_token", Text),
    Column("last_error", Text),
    Column("source_key_id", Text),
    Column("body", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("settled_at", Instant),
    Index("outbox_by_volume", "volume_id", "sequence", unique=True),
    Index("outbox_unsettled", "next_attempt_at", sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED),
    Index("outbox_copying", "source_key_id", sqlite_where=_COPYING, postgresql_where=_COPYING),
    Index("outbox_settled", "settled_at", sqlite_where=_SETTLED, postgresql_where=_SETTLED),
)

idempotency_keys = Table(
    "idempotency_keys",
    metadata,
    Column("project_id", Text, primary_key=True),
    Column("idempotency_key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("volume_id", Text, nullable=False),
    Column("receipt", Text, nullable=False),
    Column("created_at", Instant, nullable=False),
    Index("idempotency_keys_by_age", "created_at"),
)
