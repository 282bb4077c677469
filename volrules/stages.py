"""The pipeline as tables: which hooks a decision calls, in which order, and what may be answered.

Source: the order in which Cinder's create flow looks at a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from volrules.documents import EMPTY, freeze
from volrules.model import Backup, Image, QosSpecs, Snapshot, Volume, VolumeType


class LookUp(NamedTuple):
    """Rule 3 for one kind of source: the request's attribute, the draft's field, the hook and its record."""

    asked: str
    field: str
    hook: str
    record: type[Any]
    noun: str

    @property
    def code(self) -> str:
        """The violation's code where nothing is found."""
        return f"{self.field.removeprefix('requested_')}.not_found"


SNAPSHOT = LookUp("snapshot_id", "snapshot", "volrules_find_snapshot", Snapshot, "snapshot")
VOLUME = LookUp("source_volid", "source_volume", "volrules_find_volume", Volume, "volume")
BACKUP = LookUp("backup_id", "backup", "volrules_find_backup", Backup, "backup")
IMAGE = LookUp("image_id", "image", "volrules_find_image", Image, "image")
VOLUME_TYPE = LookUp("volume_type", "requested_volume_type", "volrules_find_volume_type", VolumeType, "volume type")
LOOK_UPS = (SNAPSHOT, VOLUME, BACKUP, IMAGE, VOLUME_TYPE)


class Stage(NamedTuple):
    """One field, resolved and then validated. ``check`` turns an answer into the field's value or raises TypeError."""

    field: str
    resolve: str | None
    validate: str | None
    check: Callable[[Any], Any]


def _size(value: Any) -> Any:
    return _of(value, (int, type(None)), "a size is a number of GiB")


def _text(value: Any) -> Any:
    return _of(value, (str, type(None)), "a zone is a text")


def _type(value: Any) -> Any:
    return _of(value, (VolumeType, str, type(None)), "a type is a VolumeType, its id or its name")


def _qos(value: Any) -> Any:
    return _of(value, (QosSpecs, type(None)), "QoS specs are a QosSpecs")


def _key(value: Any) -> Any:
    return _shaped(value, {"create": (), "copy": ("source_key_id",)}, "action") if value is not None else None


def _dispatch(value: Any) -> Any:
    return _shaped(value, {"scheduler": (), "host": ("host",)}, "target")


def _metadata(value: Any) -> Any:
    if not isinstance(value, Mapping) or not all(isinstance(each, str) for pair in value.items() for each in pair):
        raise TypeError("metadata is an object of texts")
    return value if value is EMPTY else freeze(value)


def _nothing(value: Any) -> Any:
    return value


def _of(value: Any, kinds: tuple[type, ...], expected: str) -> Any:
    if not isinstance(value, kinds) or isinstance(value, bool):
        raise TypeError(f"{expected}, not {type(value).__name__}")
    return value


def _shaped(value: Any, shapes: Mapping[str, tuple[str, ...]], discriminator: str) -> Any:
    word = value.get(discriminator) if isinstance(value, Mapping) else None
    members = {discriminator, *shapes.get(word, ())} if isinstance(word, str) and word in shapes else None
    if members is None or set(value) != members or not all(isinstance(each, str) and each for each in value.values()):
        raise TypeError(f"expected an object with `{discriminator}` of {', '.join(shapes)} and what belongs to it")
    return freeze(value)


STAGES = (
    Stage("size", "volrules_resolve_size", "volrules_validate_size", _size),
    Stage("image", None, "volrules_validate_image", _nothing),
    Stage("availability_zone", "volrules_resolve_availability_zone", "volrules_validate_availability_zone", _text),
    Stage("volume_type", "volrules_resolve_volume_type", "volrules_validate_volume_type", _type),
    Stage("qos_specs", "volrules_resolve_qos_specs", "volrules_validate_qos_specs", _qos),
    Stage("encryption_key", "volrules_resolve_encryption_key", "volrules_validate_encryption_key", _key),
    Stage("metadata", "volrules_resolve_metadata", "volrules_validate_metadata", _metadata),
    Stage("dispatch", "volrules_resolve_dispatch", None, _dispatch),
    Stage("volume", None, "volrules_validate_volume", _nothing),
)
