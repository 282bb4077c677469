"""The request on its way to a decision."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any, Generic, NamedTuple, NoReturn, TypeVar

from volrules.documents import freeze, thaw
from volrules.model.known import FIELDS, DraftFields, Fields, Known

T = TypeVar("T")
_UNKNOWN: Any = object()
_NO_FIELD = f"a draft has no `{{}}`; its fields are {', '.join(FIELDS)}"


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


class Draft(DraftFields):
    """What is known of the request so far; read-only.

    A field that is not known raises :class:`Unresolved`; see there.
    """

    # A window on what the decision knows, as to copy that takes longer than most rules do: whoever makes one sets
    # ``_known``. For each set of fields that may be known there is a subclass, through which nothing else is seen.
    __slots__ = ("_known",)

    _known: Known

    def __new__(cls, known: Mapping[str, Any]) -> Draft:
        held = Known()
        for name, value in known.items():
            if name not in FIELDS:
                raise AttributeError(_NO_FIELD.format(name))
            setattr(held, name, freeze(value) if type(value) is dict else value)
        draft: Draft = new(kind(tuple(each for each in FIELDS if each in known)))
        draft._known = held
        return draft

    # What is a property, nobody sets.
    __class__ = property(type)

    def __getattr__(self, name: str) -> NoReturn:
        if name in FIELDS:
            raise Unresolved(f"the draft's {name} is not known")
        raise AttributeError(_NO_FIELD.format(name), name=name, obj=self)

    def __reduce__(self) -> tuple[Any, ...]:
        return Draft, (_plain(self),)

    def __repr__(self) -> str:
        return f"Draft({', '.join(f'{name}={value!r}' for name, value in _plain(self).items())})"


new = object.__new__
"""Makes a draft of a :func:`kind`."""


def known(draft: Draft) -> dict[str, Any]:
    """The fields that the draft knows."""
    found = ((name, getattr(draft, name, _UNKNOWN)) for name in FIELDS)
    return {name: value for name, value in found if value is not _UNKNOWN}


def _plain(draft: Draft) -> dict[str, Any]:
    """The same, objects as plain ones."""
    return {name: thaw(each) if type(each) is MappingProxyType else each for name, each in known(draft).items()}


@cache
def kind(fields: Fields) -> type[Draft]:
    """The class of the drafts that may know those fields."""
    views = {each: _read_only(each, attrgetter(f"_known.{each}") if each in fields else None) for each in FIELDS}
    return type("Draft", (Draft,), {"__slots__": (), **views})


def _read_only(field: str, reads: Callable[[Draft], Any] | None) -> property:
    """A field; where it is not known, whoever reads it ends in ``__getattr__``."""

    def write(draft: Draft, value: object) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{field}` is resolved by volrules_resolve_* hooks")

    def delete(draft: Draft) -> NoReturn:
        raise AttributeError(f"a draft is read-only: `{field}` stays")

    return property(reads, write, delete)
