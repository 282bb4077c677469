"""The pipeline as tables: which hooks a decision calls, in which order, and what may be answered.

Source: the order in which Cinder's create flow looks at a request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from volrules.documents import freeze
from volrules.model import Backup, Image, QosSpecs, Snapshot, Volume, VolumeType
from volrules.wording import is_well_formed, quoted

_BITS = 63


class LookUp(NamedTuple):
    """Rule 3 for one kind of source: the request's attribute, the draft's field, the hook and its record.

    ``is_of_volume``: it was made of a volume, which is looked up too.
    """

    asked: str
    field: str
    hook: str
    record: type[Any]
    noun: str
    is_of_volume: bool = False

    @property
    def code(self) -> str:
        """The violation's code where nothing is found."""
        return f"{self.field.removeprefix('requested_')}.not_found"


SNAPSHOT = LookUp("snapshot_id", "snapshot", "volrules_find_snapshot", Snapshot, "snapshot", is_of_volume=True)
VOLUME = LookUp("source_volid", "source_volume", "volrules_find_volume", Volume, "volume")
BACKUP = LookUp("backup_id", "backup", "volrules_find_backup", Backup, "backup", is_of_volume=True)
IMAGE = LookUp("image_id", "image", "volrules_find_image", Image, "image")
VOLUME_TYPE = LookUp("volume_type", "requested_volume_type", "volrules_find_volume_type", VolumeType, "volume type")
SOURCES = {each.asked: each for each in (SNAPSHOT, VOLUME, BACKUP, IMAGE)}
LOOK_UPS = (*SOURCES.values(), VOLUME_TYPE)


class Stage(NamedTuple):
    """One field, resolved and then validated. ``check`` turns an answer into the field's value or raises TypeError."""

    field: str
    resolve: str | None
    validate: str | None
    check: Callable[[Any], Any]


def text(value: Any, noun: str) -> str:
    """A text that is not empty and well-formed; TypeError for anything else."""
    if not isinstance(value, str) or not value or not is_well_formed(value):
        raise TypeError(f"{noun} is well-formed text that is not empty, not {quoted(value)}")
    return str.__str__(value)  # an enumeration's member is one of its own kind


def _size(value: Any) -> Any:
    if value is not None and (type(value) is not int or value.bit_length() > _BITS):
        raise TypeError(f"a size is a number of GiB, not {quoted(value)}")
    return value


def _zone(value: Any) -> Any:
    return value if value is None else text(value, "a zone")


def _type(value: Any) -> Any:
    if isinstance(value, VolumeType):
        return VolumeType.own(value)
    return value if value is None else text(value, "a type's id or name")


def _qos(value: Any) -> Any:
    if value is None:
        return value
    if not isinstance(value, QosSpecs):
        raise TypeError(f"QoS specs are a QosSpecs, not {quoted(value)}")
    return QosSpecs.own(value)


def _key(value: Any) -> Any:
    return value if value is None else _shaped(value, "action", {"create": (), "copy": ("source_key_id",)})


def _dispatch(value: Any) -> Any:
    return _shaped(value, "target", {"scheduler": (), "host": ("host",)})


def _metadata(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise TypeError(f"metadata is an object of texts, not {quoted(value)}")
    for each in (each for pair in value.items() for each in pair):
        if not isinstance(each, str) or not is_well_formed(each):
            raise TypeError(f"metadata is an object of well-formed texts; {quoted(each)} is none")
    return freeze(value)


def _nothing(value: Any) -> Any:
    return value


def _shaped(value: Any, discriminator: str, shapes: Mapping[str, tuple[str, ...]]) -> Any:
    word = value.get(discriminator) if isinstance(value, Mapping) else None
    members = {discriminator, *shapes[word]} if isinstance(word, str) and word in shapes else None
    if members is None or set(value) != members:
        raise TypeError(f"expected an object with `{discriminator}` of {', '.join(shapes)} and what belongs to it")
    return freeze({member: text(each, member) for member, each in value.items()})


STAGES = (
    Stage("size", "volrules_resolve_size", "volrules_validate_size", _size),
    Stage("image", None, "volrules_validate_image", _nothing),
    Stage("availability_zone", "volrules_resolve_availability_zone", "volrules_validate_availability_zone", _zone),
    Stage("volume_type", "volrules_resolve_volume_type", "volrules_validate_volume_type", _type),
    Stage("qos_specs", "volrules_resolve_qos_specs", "volrules_validate_qos_specs", _qos),
    Stage("encryption_key", "volrules_resolve_encryption_key", "volrules_validate_encryption_key", _key),
    Stage("metadata", "volrules_resolve_metadata", "volrules_validate_metadata", _metadata),
    Stage("dispatch", "volrules_resolve_dispatch", None, _dispatch),
    Stage("volume", None, "volrules_validate_volume", _nothing),
)
