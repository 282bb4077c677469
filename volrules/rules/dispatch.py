"""Rule 14: who makes the volume."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from volrules.documents import freeze
from volrules.hookspecs import hookimpl
from volrules.model import Draft

_SCHEDULER: tuple[Mapping[str, Any], str] = (freeze({"target": "scheduler"}), "fallback")


class Dispatch:
    """A copy is made where its source lives; everything else is the scheduler's to place."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._snapshot_same_host = options["snapshot_same_host"]

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """Whether a snapshot's copies stay on its host is the site's to say."""
        return {"snapshot_same_host": {"meta": {"site": "snapshot_same_host"}}}

    @hookimpl(trylast=True)
    def volrules_resolve_dispatch(self, draft: Draft) -> tuple[Mapping[str, Any], str]:
        """The host of the snapshot's volume or of the source volume, else the scheduler."""
        if not draft.request.sources:
            return _SCHEDULER
        snapshot = draft.snapshot if self._snapshot_same_host else None
        origin, volume = ("source_volume", draft.source_volume) if snapshot is None else ("snapshot", snapshot.volume)
        if volume is None or not volume.host:
            return _SCHEDULER
        return MappingProxyType({"target": "host", "host": volume.host}), origin
