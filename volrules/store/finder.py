"""Answers look-ups of sources from the store; what is another project's is not there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from volrules.hookspecs import hookimpl
from volrules.model import Backup, Context, Image, Snapshot, Volume
from volrules.model.visibility import visible
from volrules.store.contract import Store

_Resource = TypeVar("_Resource", Volume, Snapshot, Backup, Image)


class StoreFinder:
    """A plugin over a store; ``reader`` gives the store when the first look-up needs it."""

    def __init__(self, reader: Callable[[], Store]) -> None:
        self._reader = reader

    @hookimpl(trylast=True)
    def volrules_find_volume(self, volume_id: str, context: Context) -> Volume | None:
        """The stored volume of that id."""
        return _seen(self._reader().find_volume(volume_id), context)

    @hookimpl(trylast=True)
    def volrules_find_snapshot(self, snapshot_id: str, context: Context) -> Snapshot | None:
        """The stored snapshot of that id."""
        return _seen(self._reader().find_snapshot(snapshot_id), context)

    @hookimpl(trylast=True)
    def volrules_find_backup(self, backup_id: str, context: Context) -> Backup | None:
        """The stored backup of that id."""
        return _seen(self._reader().find_backup(backup_id), context)

    @hookimpl(trylast=True)
    def volrules_find_image(self, image_id: str, context: Context) -> Image | None:
        """The stored image of that id, else the only one of that name that the caller sees."""
        found = _seen(self._reader().find_image(image_id), context)
        if found is not None:
            return found
        named = [each for each in self._reader().find_images_named(image_id) if visible(each, context)]
        return named[0] if len(named) == 1 else None


def _seen(resource: _Resource | None, context: Context) -> _Resource | None:
    return resource if resource is not None and visible(resource, context) else None
