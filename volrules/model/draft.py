"""The request on its way to a decision."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Generic, NamedTuple, NoReturn, Self, TypeVar

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


class _Unknown:
    """Stands behind a field, and is met where the draft does not know it."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, draft: Draft | None, owner: type) -> Self:
        if draft is None:
            return self
        raise Unresolved(f"the draft's {self._name} is not known")


def _unknown() -> Any:
    return _Unknown()


class Draft:
    """What is known of the request so far; read-only.

    A field that is not known raises :class:`Unresolved`; see there. ``known``: not copied.
    What vendors' plugins are shown is a copy: what they might do to it, by whatever trick, changes no decision.
    """

    # Not by __getattr__: where a class has one, Python finds every attribute more slowly.
    request: VolumeRequest = _unknown()
    context: Context = _unknown()
    snapshot: Snapshot | None = _unknown()
    source_volume: Volume | None = _unknown()
    backup: Backup | None = _unknown()
    image: Image | None = _unknown()
    requested_volume_type: VolumeType | None = _unknown()
    size: int = _unknown()
    availability_zone: str | None = _unknown()
    volume_type: VolumeType | None = _unknown()
    qos_specs: QosSpecs | None = _unknown()
    encryption_key: Mapping[str, Any] | None = _unknown()
    metadata: Mapping[str, str] = _unknown()
    dispatch: Mapping[str, Any] = _unknown()

    def __init__(self, known: dict[str, Any]) -> None:
        object.__setattr__(self, "__dict__", known)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` is resolved by volrules_resolve_* hooks")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{name}` stays")

    def __repr__(self) -> str:
        return f"Draft({', '.join(f'{name}={value!r}' for name, value in vars(self).items())})"
