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

# By the request's attribute: the draft's field, the code, and the statuses to copy from.
_SOURCES = {
    "snapshot_id": ("snapshot", "snapshot.not_available", ("available",)),
    "source_volid": ("source_volume", "source_volume.not_available", ("available", "in-use")),
    "backup_id": ("backup", "backup.not_available", ("available",)),
    "image_id": ("image", "image.not_active", ("active",)),
}


@hookimpl
def volrules_validate_request(request: VolumeRequest, context: Context) -> Violation | None:
    """At most one source."""
    if len(request.sources) <= 1:
        return None
    given = [request.spelled(each) for each in request.sources]
    listed = ", ".join(f"`{key}`" for key in given)
    return built_in("sources.exclusive", "/volume", f"{listed} are given together; keep one of them", given=given)


@hookimpl
def volrules_validate_sources(draft: Draft) -> Iterator[Violation] | None:
    """A source whose status allows copying from it."""
    for attribute in draft.request.sources:
        field, _, statuses = _SOURCES[attribute]
        source = getattr(draft, field, None)
        if source is not None and source.status not in statuses:
            return _unfit(draft)
    return None


def _unfit(draft: Draft) -> Iterator[Violation]:
    for attribute in draft.request.sources:
        field, code, statuses = _SOURCES[attribute]
        source = getattr(draft, field, None)
        if source is not None and source.status is not None and source.status not in statuses:
            path = f"/volume/{draft.request.spelled(attribute)}"
            expected = " or ".join(statuses)
            message = f"{field.replace('_', ' ')} `{source.id}` is `{source.status}`; wait until it is {expected}"
            yield built_in(code, path, message, id=source.id, status=source.status, expected=statuses)
