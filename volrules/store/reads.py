"""What operators look at: volumes and usages, read through SQLAlchemy Core from either database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Select, and_, select

from volrules.errors import VolumeUnknown
from volrules.store.records import MessageState, Record, Usage
from volrules.store.tables import outbox, quota_usages, volumes

_VOLUME = tuple(volumes.c[name] for name in Record.__dataclass_fields__ if name != "message")
_MESSAGE = (outbox.c.id, outbox.c.state, outbox.c.attempts, outbox.c.last_error)


def get(connection: Connection, volume_id: str) -> Record:
    """The volume of that id, deleted or not."""
    row = connection.execute(_records().where(volumes.c.id == volume_id)).first()
    if row is None:
        raise VolumeUnknown(f"there is no volume `{volume_id}`; `volrules show` lists those there are")
    return _record(row)


def matching(connection: Connection, project_id: str | None, status: str | None, deleted: bool) -> list[Record]:
    """Volumes by age."""
    query = _records().order_by(volumes.c.created_at, volumes.c.id)
    if project_id is not None:
        query = query.where(volumes.c.project_id == project_id)
    if status is not None:
        query = query.where(volumes.c.status == status)
    if not deleted:
        query = query.where(volumes.c.deleted_at.is_(None))
    return [_record(row) for row in connection.execute(query)]


def usages(connection: Connection, project_id: str | None) -> list[Usage]:
    """Usage rows by project and resource."""
    columns = (quota_usages.c[name] for name in Usage.__dataclass_fields__)
    query = select(*columns).order_by(quota_usages.c.project_id, quota_usages.c.resource)
    if project_id is not None:
        query = query.where(quota_usages.c.project_id == project_id)
    return [Usage(*row) for row in connection.execute(query)]


def _records() -> Select[Any]:
    # A volume that was retried has several create messages: the latest counts.
    later = outbox.alias("later")
    is_later = and_(
        later.c.volume_id == volumes.c.id, later.c.operation == "create", later.c.sequence > outbox.c.sequence
    )
    latest = and_(
        outbox.c.volume_id == volumes.c.id,
        outbox.c.operation == "create",
        ~select(later.c.id).where(is_later).correlate(volumes, outbox).exists(),
    )
    return select(*_VOLUME, *_MESSAGE).select_from(volumes.outerjoin(outbox, latest))


def _record(row: Any) -> Record:
    own, message = row[: len(_VOLUME)], row[len(_VOLUME) :]
    return Record(*[*own, None if message[0] is None else MessageState(*message)])
