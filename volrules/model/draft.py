"""The request on its way to a decision."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar, cast

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


GIVEN = ("request", "context", "snapshot", "source_volume", "backup", "image", "requested_volume_type")
"""What is known before the first field is resolved."""
FIELDS = (
    *GIVEN,
    "size",
    "availability_zone",
    "volume_type",
    "qos_specs",
    "encryption_key",
    "metadata",
    "dispatch",
)
_UNKNOWN: Any = object()


class Known:
    """What a decision knows so far, for itself alone to fill in; a field that it does not know is not set.

    ``foreign``: the sources, by field, that vendors' plugins have answered for.
    """

    # Slots, and nothing that stands in for what is not set: nothing is found sooner.
    __slots__ = (*FIELDS, "foreign")

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
    foreign: Collection[str]


class Draft(Known):
    """What is known of the request so far; read-only.

    A field that is not known raises :class:`Unresolved`; see there.
    """

    __slots__ = ()

    def __init__(self, known: Mapping[str, Any]) -> None:
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def __getattr__(self, name: str) -> NoReturn:
        if name in FIELDS:
            raise Unresolved(f"the draft's {name} is not known")
        raise AttributeError(f"a draft has no `{name}`; its fields are {', '.join(FIELDS)}", name=name, obj=self)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` is resolved by volrules_resolve_* hooks")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` stays")

    def __repr__(self) -> str:
        return f"Draft({', '.join(f'{name}={value!r}' for name, value in known(self).items())})"


def known(draft: Known) -> dict[str, Any]:
    """The fields that the draft knows."""
    found = ((name, getattr(draft, name, _UNKNOWN)) for name in FIELDS)
    return {name: value for name, value in found if value is not _UNKNOWN}


def shown(draft: Known, fields: Iterable[str]) -> Draft:
    """A copy for a plugin, with those of the fields that are known.

    Whatever a plugin might do to it, by whatever trick, changes no decision.
    """
    try:
        return Draft({name: getattr(draft, name) for name in fields})
    except AttributeError:
        return Draft(known(draft))


def shown_whole(draft: Known) -> Draft:
    """The same where all fields are likely to be known."""
    copy = Known()
    try:  # each by itself, which takes a quarter of the time of going by their names
        copy.request = draft.request
        copy.context = draft.context
        copy.snapshot = draft.snapshot
        copy.source_volume = draft.source_volume
        copy.backup = draft.backup
        copy.image = draft.image
        copy.requested_volume_type = draft.requested_volume_type
        copy.size = draft.size
        copy.availability_zone = draft.availability_zone
        copy.volume_type = draft.volume_type
        copy.qos_specs = draft.qos_specs
        copy.encryption_key = draft.encryption_key
        copy.metadata = draft.metadata
        copy.dispatch = draft.dispatch
    except AttributeError:
        return Draft(known(draft))
    copy.__class__ = Draft
    return cast("Draft", copy)
