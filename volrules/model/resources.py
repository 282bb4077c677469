"""What exists already, with Cinder's field names: sizes in GiB, except an image's bytes.

None means unknown: there is nothing to inherit and nothing to compare.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from volrules.documents import Document, empty, freeze, thaw
from volrules.jsonvalue import faults, pointer

_TYPES: Mapping[str, tuple[type, ...]] = {
    "str": (str,),
    "str | None": (str, type(None)),
    "int | None": (int, type(None)),
    "bool": (bool,),
}


class _Resource(Document):
    """Whoever makes one, a plugin included, makes it of the right types, TypeError otherwise; objects are frozen."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    @classmethod
    def own(cls, record: Self) -> Self:
        """The record; one of a vendor's own kind without what is only its own."""
        return record if type(record) is cls else cls(**{each: getattr(record, each) for each in cls.members()})

    def __post_init__(self) -> None:
        for name, each in self.__dataclass_fields__.items():
            value, kinds = getattr(self, name), _TYPES.get(each.type)
            if kinds is None:
                object.__setattr__(self, name, _nested(each.type, value))
            elif not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
                raise TypeError(f"{name} of a {type(self).__name__} is {each.type}, not {type(value).__name__}")


def _nested(declared: str, value: Any) -> Any:
    """An object as what is declared, read-only: a record, or a mapping of texts or of anything."""
    optional = declared.endswith(" | None")
    if value is None and optional:
        return None
    record = _RECORDS.get(declared.removesuffix(" | None"))
    if record is not None and isinstance(value, record):
        return record.own(value)
    if not isinstance(value, Mapping):
        raise TypeError(f"a {declared} is expected, not {type(value).__name__}")
    if declared == "Mapping[str, str]" and not all(isinstance(text, str) for text in value.values()):
        raise TypeError("an object of texts is expected")
    for path, reason in faults(thaw(value)):
        raise TypeError(f"its `{pointer(path)}` {reason}")
    return freeze(value) if record is None else record(**value)


@dataclass(frozen=True, slots=True)
class Volume(_Resource):
    """A volume that exists; ``host`` is where it lives."""

    id: str
    size: int | None = None
    status: str | None = None
    availability_zone: str | None = None
    volume_type_id: str | None = None
    encryption_key_id: str | None = None
    host: str | None = None
    project_id: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot(_Resource):
    """A snapshot; ``volume`` is the volume it was taken of, None when that is gone or unknown."""

    id: str
    volume_id: str | None = None
    volume_size: int | None = None
    status: str | None = None
    volume_type_id: str | None = None
    encryption_key_id: str | None = None
    project_id: str | None = None
    shared: bool = False
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Backup(_Resource):
    """A backup; ``volume`` is the volume it was made of, None when that is gone or unknown."""

    id: str
    volume_id: str | None = None
    size: int | None = None
    status: str | None = None
    project_id: str | None = None
    shared: bool = False
    volume: Volume | None = None


@dataclass(frozen=True, slots=True)
class Image(_Resource):
    """An image; ``size`` and ``virtual_size`` in bytes, ``min_disk`` in GiB."""

    id: str
    name: str | None = None
    status: str | None = None
    size: int | None = None
    min_disk: int | None = None
    virtual_size: int | None = None
    project_id: str | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True)
class QosSpecs(_Resource):
    """QoS specs of a volume type; ``consumer``: front-end, back-end or both."""

    id: str
    name: str
    consumer: str = "back-end"
    specs: Mapping[str, Any] = field(default_factory=empty)


@dataclass(frozen=True, slots=True)
class VolumeType(_Resource):
    """A volume type that the site declares.

    ``encryption``: None, or provider, cipher, key_size (bits) and control_location.
    """

    id: str
    name: str
    extra_specs: Mapping[str, str] = field(default_factory=empty)
    encryption: Mapping[str, Any] | None = None
    qos_specs: QosSpecs | None = None

    @property
    def multiattach(self) -> bool:
        """Whether volumes of this type may be attached more than once (Cinder's ``<is> True``)."""
        return self.extra_specs.get("multiattach") == "<is> True"

    def __post_init__(self) -> None:
        super(VolumeType, self).__post_init__()
        for bound in ("provisioning:min_vol_size", "provisioning:max_vol_size"):
            try:
                int(self.extra_specs.get(bound, 0))
            except ValueError as error:
                raise TypeError(f"{bound} of volume type {self.name} is no number of GiB") from error


_RECORDS: Mapping[str, type[_Resource]] = {"Volume": Volume, "QosSpecs": QosSpecs}
