"""Rule 11: an encrypted type gets a key of its own: a copy of the source's, or a new one. Only planned here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volrules.documents import freeze
from volrules.hookspecs import hookimpl
from volrules.model import Draft

_NONE: tuple[Mapping[str, Any] | None, str] = (None, "volume_type")
_CREATE: tuple[Mapping[str, Any] | None, str] = (freeze({"action": "create"}), "volume_type")


@hookimpl(trylast=True)
def volrules_resolve_encryption_key(draft: Draft) -> tuple[Mapping[str, Any] | None, str]:
    """Copy the key of the snapshot, the source volume or the backup's volume; create one where there is none."""
    kind = draft.volume_type
    if kind is None or kind.encryption is None:
        return _NONE
    backed_up = None if draft.backup is None else draft.backup.volume
    for origin, holder in (("snapshot", draft.snapshot), ("source_volume", draft.source_volume), ("backup", backed_up)):
        if holder is not None and holder.encryption_key_id:
            return freeze({"action": "copy", "source_key_id": holder.encryption_key_id}), origin
    return _CREATE
