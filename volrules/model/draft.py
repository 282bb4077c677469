"""The request on its way to a decision."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from operator import itemgetter
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from volrules.model.context import Context
from volrules.model.request import VolumeRequest
from volrules.model.resources import Backup, Image, QosSpecs, Snapshot, Volume, VolumeType

T = TypeVar("T")


class Resolved(NamedTuple, Generic[T]):
    """A resolver's answer that says where the value is from; unlike a bare None, ``Resolved(None, …)`` is an answer.

    The plain pair ``value, origin`` says the same, and takes less time to make.
    ``origin``: request, snapshot, source_volume, backup, image, volume_type, site_default, fallback,
    or the plugin's own word.
    """

    value: T
    origin: str


class Unresolved(AttributeError):
    """A draft's field is not known: not yet resolved, in violation, or its source is not there.

    An implementation that lets this through stays silent, which is what is wanted of it:
    there is nothing to say about what is not known. ``getattr(draft, "size", None)`` asks without it.
    """


class DraftFields:
    """What a draft tells, in the order in which it gets known."""

    __slots__ = ()

    request: VolumeRequest
    context: Context
    snapshot: Snapshot | None
    source_volume: Volume | None
    backup: Backup | None
    image: Image | None
    requested_volume_type: VolumeType | None
    size: int
    availability_zone: str | None
    volume_type: VolumeType | None
    qos_specs: QosSpecs | None
    encryption_key: Mapping[str, Any] | None
    metadata: Mapping[str, str]
    dispatch: Mapping[str, Any]


Fields = tuple[str, ...]
FIELDS: Fields = tuple(DraftFields.__annotations__)
GIVEN: Fields = FIELDS[: FIELDS.index("size")]
"""What is known before the first field is resolved."""
_AT = tuple(property(itemgetter(position)) for position in range(len(FIELDS)))
_UNKNOWN: Any = object()
_NO_FIELD = f"a draft has no `{{}}`; its fields are {', '.join(FIELDS)}"
_new = tuple.__new__


class Draft(DraftFields, tuple[Any, ...]):
    """What is known of the request so far; read-only.

    A field that is not known raises :class:`Unresolved`; see there. That a draft is a tuple, and what is where in it,
    is nobody's business.
    """

    # Each set of known fields has a subclass, in which they have their places.
    __slots__ = ()

    def __new__(cls, known: Mapping[str, Any]) -> Draft:
        for name in known:
            if name not in FIELDS:
                raise AttributeError(_NO_FIELD.format(name))
        fields = tuple(each for each in FIELDS if each in known)
        return _new(kind(fields), map(known.__getitem__, fields))

    # A draft is itself, not what is in it.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def __ne__(self, other: object) -> bool:
        return self is not other

    def __getattr__(self, name: str) -> NoReturn:
        if name in FIELDS:
            raise Unresolved(f"the draft's {name} is not known")
        raise AttributeError(_NO_FIELD.format(name), name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` is resolved by volrules_resolve_* hooks")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` stays")

    def __reduce__(self) -> tuple[Any, ...]:
        return Draft, (known(self),)

    def __repr__(self) -> str:
        return f"Draft({', '.join(f'{name}={value!r}' for name, value in known(self).items())})"


def known(draft: DraftFields) -> dict[str, Any]:
    """The fields that the draft knows."""
    found = ((name, getattr(draft, name, _UNKNOWN)) for name in FIELDS)
    return {name: value for name, value in found if value is not _UNKNOWN}


@cache
def kind(fields: Fields) -> type[Draft]:
    """The class of the drafts that know those fields."""
    return type("Draft", (Draft,), {"__slots__": (), **dict(zip(fields, _AT, strict=False))})
