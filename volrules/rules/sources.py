"""Rules 1 and 4: one source at most, and one that can be copied from.

Source: Cinder's create flow, which allows snapshots that are available, volumes that are available or in-use,
and images that are active.
"""

from __future__ import annotations

from collections.abc import Iterator

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Context, Draft, VolumeRequest
from volrules.violations import Violation

# (request attribute, key in the body, draft field, code, statuses to copy from)
_SOURCES = (
    ("snapshot_id", "snapshot_id", "snapshot", "snapshot.not_available", ("available",)),
    ("source_volid", "source_volid", "source_volume", "source_volume.not_available", ("available", "in-use")),
    ("backup_id", "backup_id", "backup", "backup.not_available", ("available",)),
    ("image_id", "imageRef", "image", "image.not_active", ("active",)),
)


@hookimpl
def volrules_validate_request(request: VolumeRequest, context: Context) -> Iterator[Violation]:
    """At most one source."""
    named = [key for attribute, key, *_ in _SOURCES if getattr(request, attribute) is not None]
    if len(named) > 1:
        listed = ", ".join(f"`{key}`" for key in named)
        yield built_in("sources.exclusive", "/volume", f"{listed} are given together; keep one of them", given=named)


@hookimpl
def volrules_validate_sources(draft: Draft) -> Iterator[Violation]:
    """A source whose status allows copying from it."""
    for _, key, field, code, statuses in _SOURCES:
        source = getattr(draft, field)
        if source is not None and source.status is not None and source.status not in statuses:
            expected = " or ".join(statuses)
            message = f"{field.replace('_', ' ')} `{source.id}` is `{source.status}`; wait until it is {expected}"
            yield built_in(code, f"/volume/{key}", message, id=source.id, status=source.status, expected=statuses)
