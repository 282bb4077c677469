"""Rule 7: the availability zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, Resolved, Volume
from volrules.violations import Violation
from volrules.wording import clip, did_you_mean

_PATH = "/volume/availability_zone"


class AvailabilityZone:
    """Resolves and validates the zone by what the site declares."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        offered = options["offered"]
        self._offered = None if offered is None else frozenset(offered)
        self._default = options["default"]
        self._last_resort = options["last_resort"]
        self._same_as_source = options["same_as_source"]

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """All of it is the site's."""
        return {
            "offered": {"meta": {"site": "availability_zones"}},
            "default": {"meta": {"site": "default_availability_zone"}},
            "last_resort": {"meta": {"site": "storage_availability_zone"}},
            "same_as_source": {"meta": {"site": "cloned_volume_same_az"}},
        }

    @hookimpl(trylast=True)
    def volrules_resolve_availability_zone(self, draft: Draft) -> Resolved[str | None]:
        """What the request says, else the source's zone, else the site's default, else its last resort."""
        asked = draft.request.availability_zone
        if asked is not None:
            return Resolved(asked, "request")
        for origin, volume, _, _ in _origins(draft):
            if volume.availability_zone:
                return Resolved(volume.availability_zone, origin)
        if self._default:
            return Resolved(self._default, "site_default")
        return Resolved(self._last_resort, "fallback")

    @hookimpl
    def volrules_validate_availability_zone(self, draft: Draft) -> Iterator[Violation]:
        """A zone that the site offers, and with ``cloned_volume_same_az`` the one that the source is in."""
        zone = draft.availability_zone
        if self._offered is not None and zone not in self._offered:
            hint = did_you_mean(zone or "", self._offered)
            message = f"availability zone `{clip(zone)}` is not offered; {hint}"
            yield built_in("availability_zone.not_offered", _PATH, message, availability_zone=zone)
        if not self._same_as_source:
            return
        for _, volume, name, code in _origins(draft):
            theirs = volume.availability_zone
            if theirs and theirs != zone:
                message = f"availability zone `{clip(zone)}` is not the one of {name} (`{theirs}`); ask for `{theirs}`"
                yield built_in(code, _PATH, message, availability_zone=zone, expected=theirs)


def _origins(draft: Draft) -> Iterator[tuple[str, Volume, str, str]]:
    snapshot, source = draft.snapshot, draft.source_volume
    if snapshot is not None and snapshot.volume is not None:
        name = f"the volume of snapshot `{snapshot.id}`"
        yield "snapshot", snapshot.volume, name, "availability_zone.not_snapshots"
    if source is not None:
        yield "source_volume", source, f"source volume `{source.id}`", "availability_zone.not_sources"
