"""Rule 5: the size, in GiB. Equal to the source's size is fine."""

from __future__ import annotations

from collections.abc import Iterator

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft
from volrules.violations import Violation

_PATH = "/volume/size"
# (draft field, the size that it has, code)
_SOURCES = (
    ("source_volume", "size", "size.below_source_volume"),
    ("snapshot", "volume_size", "size.below_snapshot"),
    ("backup", "size", "size.below_backup"),
)


@hookimpl(trylast=True)
def volrules_resolve_size(draft: Draft) -> tuple[int | None, str]:
    """What the request says; where it leaves the size open, what the source has."""
    request = draft.request
    if request.leaves_size_open and request.sources:
        source, snapshot, backup = draft.source_volume, draft.snapshot, draft.backup
        if source is not None and source.size is not None:
            return source.size, "source_volume"
        if snapshot is not None and snapshot.volume_size is not None:
            return snapshot.volume_size, "snapshot"
        if backup is not None and backup.size is not None:
            return backup.size, "backup"
    return request.size, "request"


@hookimpl
def volrules_validate_size(draft: Draft) -> Iterator[Violation] | None:
    """A positive size, and one that the source fits into."""
    size: int | None = draft.size
    fits = size is not None and size > 0 and (not draft.request.sources or _fits(draft, size))
    return None if fits else _objections(draft, size)


def _fits(draft: Draft, size: int) -> bool:
    source, snapshot, backup = draft.source_volume, draft.snapshot, draft.backup
    return (
        (source is None or source.size is None or source.size <= size)
        and (snapshot is None or snapshot.volume_size is None or snapshot.volume_size <= size)
        and (backup is None or backup.size is None or backup.size <= size)
    )


def _objections(draft: Draft, size: int | None) -> Iterator[Violation]:
    if size is None:
        yield built_in("size.missing", _PATH, "no size is given and no source has one; give a size in GiB")
        return
    if size <= 0:
        yield built_in("size.not_positive", _PATH, f"size `{size}` is not greater than 0; ask for 1 or more", size=size)
    for field, attribute, code in _SOURCES:
        source = getattr(draft, field)
        least = None if source is None else getattr(source, attribute)
        if least is not None and size < least:
            name = field.replace("_", " ")
            message = f"size {size} GiB is smaller than its {name} `{source.id}` ({least} GiB); ask for {least} or more"
            yield built_in(code, _PATH, message, size=size, minimum=least, source=source.id)
