"""Rule 7: the availability zone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, Volume
from volrules.violations import Violation
from volrules.wording import clip, did_you_mean

_PATH = "/volume/availability_zone"


class AvailabilityZone:
    """Resolves and validates the zone by what the site declares."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        offered = options["offered"]
        self._offered = None if offered is None else frozenset(offered)
        default, last_resort = options["default"], options["last_resort"]
        self._otherwise = (default, "site_default") if default else (last_resort, "fallback")
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
    def volrules_resolve_availability_zone(self, draft: Draft) -> tuple[str | None, str]:
        """What the request says, else the source's zone, else the site's default, else its last resort."""
        asked = draft.request.availability_zone
        if asked is not None:
            return asked, "request"
        if draft.request.sources:
            origin, volume = _source(draft)
            if volume is not None and volume.availability_zone:
                return volume.availability_zone, origin
        return self._otherwise

    @hookimpl
    def volrules_validate_availability_zone(self, draft: Draft) -> Iterator[Violation] | None:
        """A zone that the site offers, and with ``cloned_volume_same_az`` the one that the source is in."""
        zone, offered = draft.availability_zone, self._offered
        if offered is not None and zone not in offered:
            return self._objections(draft, zone)
        if draft.request.sources and self._same_as_source and not _suits(zone, _source(draft)[1]):
            return self._objections(draft, zone)
        return None

    def _objections(self, draft: Draft, zone: str | None) -> Iterator[Violation]:
        if self._offered is not None and zone not in self._offered:
            hint = did_you_mean(zone, self._offered or ())
            message = f"availability zone `{clip(zone)}` is not offered; {hint}"
            yield built_in("availability_zone.not_offered", _PATH, message, availability_zone=zone)
        origin, volume = _source(draft)
        if volume is not None and self._same_as_source and not _suits(zone, volume):
            theirs = volume.availability_zone
            name = origin.replace("_", " ")
            message = f"availability zone `{clip(zone)}` is not that of the {name} (`{theirs}`); ask for `{theirs}`"
            code = f"availability_zone.not_{origin}s"
            yield built_in(code, _PATH, message, availability_zone=zone, expected=theirs)


def _suits(zone: str | None, source: Volume | None) -> bool:
    return source is None or source.availability_zone in (None, "", zone)


def _source(draft: Draft) -> tuple[str, Volume | None]:
    """The volume whose zone counts, and what it is to the request."""
    if draft.snapshot is not None:
        return "snapshot", draft.snapshot.volume
    return "source_volume", draft.source_volume
