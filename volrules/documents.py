"""Read-only values with a JSON form: what plugins and callers are given cannot be changed by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from types import MappingProxyType, NoneType
from typing import Any, ClassVar, Self

EMPTY: Mapping[str, Any] = MappingProxyType({})
_PLAIN = frozenset({NoneType, bool, int, float, str})
"""Types of values that are as they are. Most values are such, and asking for a Mapping is slow."""


def empty() -> Mapping[str, Any]:
    """The read-only empty object, as a dataclass field's default."""
    return EMPTY


def freeze(value: Any) -> Any:
    """A read-only copy of a JSON value: objects become mapping proxies, arrays tuples; documents are read-only."""
    if type(value) in _PLAIN or isinstance(value, Document):
        return value
    if type(value) is dict or isinstance(value, Mapping):
        frozen = {key: each if type(each) in _PLAIN else freeze(each) for key, each in value.items()}
        return MappingProxyType(frozen) if frozen else EMPTY
    if isinstance(value, list | tuple):
        return tuple(freeze(each) for each in value)
    return value


def thaw(value: Any) -> Any:
    """A plain copy, ready for ``json.dumps``, of what :func:`freeze` made; documents become objects."""
    if type(value) in _PLAIN:
        return value
    if type(value) is MappingProxyType or isinstance(value, Mapping):
        return {key: each if type(each) in _PLAIN else thaw(each) for key, each in value.items()}
    if isinstance(value, Document):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [thaw(each) for each in value]
    return value


class Document:
    """A read-only value that is a JSON object: its members can be read as attributes and by key.

    Of a dataclass the members are the fields. Pickles by way of its JSON form.
    """

    __slots__ = ()

    def __getitem__(self, member: str) -> Any:
        if member not in self.members():
            raise KeyError(member)
        return getattr(self, member)

    def to_dict(self) -> dict[str, Any]:
        """The JSON form: plain dicts and lists, members in the published order."""
        return {member: thaw(getattr(self, member)) for member in self.members()}

    @classmethod
    def from_dict(cls, document: Mapping[str, Any]) -> Self:
        """What ``to_dict`` wrote, as the value it came from."""
        return cls(**{member: freeze(value) for member, value in document.items()})

    @classmethod
    @cache
    def members(cls) -> tuple[str, ...]:
        """The names of the members, in the published order."""
        return tuple(each.name for each in fields(cls))  # type: ignore[arg-type]

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self).from_dict, (self.to_dict(),)


class TupleDocument(Document):
    """A document that is a named tuple, which is made in a quarter of the time of a dataclass."""

    __slots__ = ()
    _fields: ClassVar[tuple[str, ...]]

    @classmethod
    @cache
    def members(cls) -> tuple[str, ...]:
        return cls._fields
