"""The first schema."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None

_SORTED = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_AMOUNTS = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")
_INSTANT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Lay out all tables."""
    _backups()
    _idempotency_keys()
    _images()
    _outbox()
    _quota_usages()
    _snapshots()
    _volumes()
    if op.get_bind().dialect.name == "postgresql":
        for file in ("sources_1.sql", "create_1.sql", "create_many_1.sql"):
            _functions(file)


def _backups() -> None:
    op.create_table(
        "backups",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("volume_id", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("status", sa.Text),
        sa.Column("project_id", sa.Text),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("deleted_at", _INSTANT),
    )


def _idempotency_keys() -> None:
    op.create_table(
        "idempotency_keys",
        sa.Column("project_id", sa.Text, primary_key=True),
        sa.Column("idempotency_key", sa.Text, primary_key=True),
        sa.Column("fingerprint", sa.Text, nullable=False),
        sa.Column("volume_id", sa.Text, nullable=False),
        sa.Column("receipt", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
    )
    op.create_index("idempotency_keys_by_age", "idempotency_keys", ["created_at"])


def _images() -> None:
    op.create_table(
        "images",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text),
        sa.Column("status", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("min_disk", sa.BigInteger),
        sa.Column("virtual_size", sa.BigInteger),
        sa.Column("project_id", sa.Text),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("deleted_at", _INSTANT),
    )
    op.create_index("images_by_name", "images", ["name"])


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("volume_id", sa.Text, nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("operation", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_at", _INSTANT, nullable=False),
        sa.Column("lease_owner", sa.Text),
        sa.Column("lease_until", _INSTANT),
        sa.Column("lease_token", sa.Text),
        sa.Column("last_error", sa.Text),
        sa.Column("source_key_id", sa.Text),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("settled_at", _INSTANT),
    )
    op.create_index("outbox_by_volume", "outbox", ["volume_id", "sequence"], unique=True)
    where = sa.text("source_key_id IS NOT NULL")
    op.create_index("outbox_copying", "outbox", ["source_key_id"], sqlite_where=where, postgresql_where=where)
    where = sa.text("settled_at IS NOT NULL")
    op.create_index("outbox_settled", "outbox", ["settled_at"], sqlite_where=where, postgresql_where=where)
    where = sa.text("state IN ('pending', 'keyed')")
    op.create_index("outbox_unsettled", "outbox", ["next_attempt_at"], sqlite_where=where, postgresql_where=where)


def _quota_usages() -> None:
    op.create_table(
        "quota_usages",
        sa.Column("project_id", _SORTED, primary_key=True),
        sa.Column("resource", _SORTED, primary_key=True),
        sa.Column("in_use", sa.BigInteger, nullable=False),
        sa.Column("reserved", sa.BigInteger, nullable=False),
    )


def _snapshots() -> None:
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("volume_id", sa.Text),
        sa.Column("volume_size", sa.BigInteger),
        sa.Column("status", sa.Text),
        sa.Column("volume_type_id", sa.Text),
        sa.Column("encryption_key_id", sa.Text),
        sa.Column("project_id", sa.Text),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("deleted_at", _INSTANT),
    )
    op.create_index("snapshots_by_key", "snapshots", ["encryption_key_id"])


def _volumes() -> None:
    op.create_table(
        "volumes",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("project_id", sa.Text),
        sa.Column("user_id", sa.Text),
        sa.Column("size", sa.BigInteger),
        sa.Column("status", sa.Text),
        sa.Column("attach_status", sa.Text, nullable=False),
        sa.Column("availability_zone", sa.Text),
        sa.Column("volume_type_id", sa.Text),
        sa.Column("encryption_key_id", sa.Text),
        sa.Column("snapshot_id", sa.Text),
        sa.Column("source_volid", sa.Text),
        sa.Column("host", sa.Text),
        sa.Column("display_name", sa.Text),
        sa.Column("display_description", sa.Text),
        sa.Column("charges", _AMOUNTS, nullable=False),
        sa.Column("encrypted", sa.Boolean, nullable=False),
        sa.Column("shared", sa.Boolean, nullable=False),
        sa.Column("created_at", _INSTANT, nullable=False),
        sa.Column("released_at", _INSTANT),
        sa.Column("deleted_at", _INSTANT),
    )
    op.create_index("volumes_by_project", "volumes", ["project_id", "created_at"])


def _functions(file: str) -> None:
    text = files("volrules.store.postgresql").joinpath(file).read_text("utf-8")
    # Past SQLAlchemy and without values, so that nothing in the text is taken for a parameter.
    driver: Any = op.get_bind().connection.driver_connection
    driver.execute(text)
