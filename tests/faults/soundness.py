"""What must hold at any instant, looked at from outside, after any kill."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable
from typing import Any

import psycopg

from volrules.store.contract import Store

HALF_ROWS = {
    "a volume without its create message": """
        SELECT v.id FROM volumes v WHERE v.user_id IS NOT NULL
        AND NOT EXISTS (SELECT 1 FROM outbox m WHERE m.volume_id = v.id AND m.operation = 'create')
    """,
    "a message without its volume": """
        SELECT m.id FROM outbox m WHERE NOT EXISTS (SELECT 1 FROM volumes v WHERE v.id = m.volume_id)
    """,
    "an idempotency key without its volume": """
        SELECT k.idempotency_key FROM idempotency_keys k
        WHERE NOT EXISTS (SELECT 1 FROM volumes v WHERE v.id = k.volume_id)
    """,
    "a deleted volume that is still charged": """
        SELECT id FROM volumes
        WHERE CAST(charges AS TEXT) <> '{}' AND (deleted_at IS NOT NULL OR released_at IS NOT NULL)
    """,
    "a living volume that is not charged": """
        SELECT id FROM volumes WHERE CAST(charges AS TEXT) = '{}' AND deleted_at IS NULL AND released_at IS NULL
    """,
    "a failed create whose volume is not released": """
        SELECT m.id FROM outbox m JOIN volumes v ON v.id = m.volume_id
        WHERE m.operation = 'create' AND m.state = 'failed' AND v.deleted_at IS NULL AND v.status <> 'error'
        AND NOT EXISTS (SELECT 1 FROM outbox n WHERE n.volume_id = v.id AND n.sequence > m.sequence)
    """,
    "an encrypted volume that is gone while nobody deletes its key": """
        SELECT v.id FROM volumes v
        WHERE v.encrypted AND (v.deleted_at IS NOT NULL OR v.released_at IS NOT NULL)
        AND NOT EXISTS (SELECT 1 FROM outbox m WHERE m.volume_id = v.id AND m.operation = 'delete')
    """,
    "a reservation left behind": "SELECT resource FROM quota_usages WHERE reserved <> 0",
}


def query(url: str, statement: str) -> list[tuple[Any, ...]]:
    """Rows, over a connection of the test's own."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=30)
        try:
            return connection.execute(statement).fetchall()
        finally:
            connection.close()
    with psycopg.connect(url, autocommit=True) as session:
        return session.execute(statement.encode()).fetchall()


def assert_sound(store: Store, url: str, acknowledged: Collection[str] = ()) -> None:
    """Usage equals volumes, no half row, and what was acknowledged is there."""
    assert store.check_usages() == []
    for what, statement in HALF_ROWS.items():
        assert query(url, statement) == [], what
    assert not set(acknowledged) - ids(url), "an acknowledged create is gone"


def ids(url: str) -> set[str]:
    return {volume_id for (volume_id,) in query(url, "SELECT id FROM volumes")}


def texts(said: Iterable[bytes]) -> list[str]:
    return b"".join(said).decode().split()
