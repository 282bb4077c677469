"""Rule 8: the volume type, which a snapshot or a backup settles, and a source volume suggests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, VolumeType
from volrules.violations import Violation

_PATH = "/volume/volume_type"


class VolumeTypeRule:
    """Resolves the type by what the sources have and the site declares as its default."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        default = options["default"]
        self._otherwise = (default, "site_default" if default else "fallback")

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """The default is the site's."""
        return {"default": {"meta": {"site": "default_volume_type"}}}

    @hookimpl(trylast=True)
    def volrules_resolve_volume_type(self, draft: Draft) -> tuple[VolumeType | str | None, str] | None:
        """A snapshot's or backup's type, even none; else the one named; else the source's, even none; else the default.

        None where the backup's volume, which has the type, is gone: see the validator.
        """
        if draft.request.sources:
            return self._of_source(draft)
        return (draft.requested_volume_type, "request") if draft.requested_volume_type else self._otherwise

    def _of_source(self, draft: Draft) -> tuple[VolumeType | str | None, str] | None:
        snapshot, backup, source = draft.snapshot, draft.backup, draft.source_volume
        if snapshot is not None:
            return snapshot.volume_type_id, "snapshot"
        if backup is not None and backup.volume_id is not None:
            return None if backup.volume is None else (backup.volume.volume_type_id, "backup")
        if draft.requested_volume_type is not None:
            return draft.requested_volume_type, "request"
        return self._otherwise if source is None else (source.volume_type_id, "source_volume")

    @hookimpl
    def volrules_validate_volume_type(self, draft: Draft) -> Iterator[Violation] | None:
        """A backup's volume that is there, and a notice where the type named is not the one taken."""
        if not draft.request.sources or (draft.backup is None and draft.requested_volume_type is None):
            return None
        return _remarks(draft)


def _remarks(draft: Draft) -> Iterator[Violation]:
    backup = draft.backup
    if backup is not None and backup.volume_id is not None and backup.volume is None:
        message = f"volume `{backup.volume_id}` of backup `{backup.id}` is gone, and with it the volume type"
        advice = "; ask the operator to restore it"
        yield built_in("volume_type.backup_volume_gone", "/volume/backup_id", message + advice, backup=backup.id)
    requested, resolved = draft.requested_volume_type, draft.volume_type
    if requested is not None and requested != resolved:
        taken = "no type" if resolved is None else f"`{resolved.name}`"
        message = f"volume type `{requested.name}` gives way to {taken}, which is the source's; leave volume_type out"
        yield built_in("volume_type.overridden", _PATH, message, requested=requested.id)
