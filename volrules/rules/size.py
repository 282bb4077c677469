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
        for field, attribute, _ in _SOURCES:
            source = getattr(draft, field)
            if source is not None and getattr(source, attribute) is not None:
                return getattr(source, attribute), field
    return request.size, "request"


@hookimpl
def volrules_validate_size(draft: Draft) -> Iterator[Violation] | None:
    """A positive size, and one that the source fits into."""
    size: int | None = draft.size
    fits = size is not None and size > 0 and (not draft.request.sources or size >= _least(draft))
    return None if fits else _objections(draft, size)


def _least(draft: Draft) -> int:
    """The size of the source."""
    source, snapshot, backup = draft.source_volume, draft.snapshot, draft.backup
    return max(
        0 if source is None else source.size or 0,
        0 if snapshot is None else snapshot.volume_size or 0,
        0 if backup is None else backup.size or 0,
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
