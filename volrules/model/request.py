"""The volume-create request: the body as it came, and what its fields mean."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NoReturn, Self

from volrules.documents import EMPTY, freeze, thaw

HINTS = "OS-SCH-HNT:scheduler_hints"
FIELDS = frozenset(
    [
        "name",
        "description",
        "display_name",
        "display_description",
        "size",
        "volume_type",
        "metadata",
        "snapshot_id",
        "source_volid",
        "backup_id",
        "consistencygroup_id",
        "group_id",
        "availability_zone",
        "imageRef",
        "image_id",
        "multiattach",
    ]
)
_TRUE = frozenset(["true", "True", "TRUE", "on", "On", "ON", "yes", "Yes", "YES", "y", "t", "1"])
_UUIDS = ("snapshot_id", "source_volid", "backup_id")
_SOURCE_KEYS = frozenset([*_UUIDS, "image_id", "imageRef"])
_SOURCELESS = FIELDS - _SOURCE_KEYS
_HYPHENS = slice(8, 24, 5)
_new = object.__new__


def is_uuid(text: str) -> bool:
    """Whether the text is a uuid in any spelling that the API takes."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def canonical_uuid(text: str) -> str:
    """The hyphenated lower-case form of a uuid; any other text as it is."""
    # Nearly all are canonical already, and parsing one costs more than reading the rest of a request. Whatever has this
    # length, these hyphens and no capitals is either in canonical form, or no uuid.
    if len(text) == 36 and text[_HYPHENS] == "----" and text == text.lower():
        return text
    return str(uuid.UUID(text)) if is_uuid(text) else text


def _image(reference: str) -> str:
    """The image's id or name; of a URL its last segment (Nova's image links)."""
    if "/" not in reference:
        return reference
    last = reference.rstrip("/").rpartition("/")[2]
    return last if "://" in reference or is_uuid(last) else reference


class _Open(Mapping[str, Any]):
    """A request that is being read."""

    __slots__ = (
        "_hints",
        "_read_only",
        "_volume",
        "availability_zone",
        "backup_id",
        "image_id",
        "leaves_size_open",
        "metadata",
        "size",
        "snapshot_id",
        "source_volid",
        "sources",
        "volume_type",
    )

    _volume: Mapping[str, Any]
    _hints: Mapping[str, Any]
    _read_only: Mapping[str, Any] | None
    size: int | None
    leaves_size_open: bool
    availability_zone: str | None
    volume_type: str | None
    metadata: Mapping[str, str]
    snapshot_id: str | None
    source_volid: str | None
    backup_id: str | None
    image_id: str | None
    sources: tuple[str, ...]

    def __getitem__(self, key: str) -> Any:
        return self._body()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._body())

    def __len__(self) -> int:
        return len(self._body())

    @property
    def name(self) -> str | None:
        """The volume's name, stripped."""
        return self._stripped("name", "display_name")

    @property
    def description(self) -> str | None:
        """The volume's description, stripped."""
        return self._stripped("description", "display_description")

    @property
    def consistencygroup_id(self) -> str | None:
        """Passed through to the spec."""
        given = self._volume.get("consistencygroup_id")
        return given and canonical_uuid(given)

    @property
    def group_id(self) -> str | None:
        """Passed through to the spec."""
        return self._volume.get("group_id")

    @property
    def multiattach(self) -> bool:
        """Whether attaching to several servers is asked for."""
        wanted = self._volume.get("multiattach")
        if wanted is None:
            return False
        return wanted in _TRUE if isinstance(wanted, str) else bool(wanted)

    @property
    def scheduler_hints(self) -> Mapping[str, Any]:
        """The scheduler hints, read-only."""
        return self._hints

    @property
    def extra(self) -> Mapping[str, Any]:
        """The keys that plugins declared, read-only."""
        volume = self._volume
        if FIELDS.issuperset(volume):
            return EMPTY
        given = {key: each for key, each in volume.items() if key not in FIELDS and each is not None}
        extra: Mapping[str, Any] = freeze(given)
        return extra

    def spelled(self, attribute: str) -> str:
        """What the body calls the attribute: ``imageRef`` or ``image_id`` for the image, else the attribute's name."""
        return "imageRef" if attribute == "image_id" and not self._volume.get("image_id") else attribute

    def _fill(self, body: Mapping[str, Any]) -> None:
        # INVARIANT: nothing of the caller's body is kept that the caller could still change.
        volume = body["volume"]
        names_none = _SOURCELESS.issuperset(volume)
        volume = dict(volume) if names_none or FIELDS.issuperset(volume) else dict(freeze(volume))
        self._volume = volume
        self._hints = EMPTY if len(body) == 1 else freeze(body[HINTS] or EMPTY)
        self._read_only = None
        get = volume.get
        size = get("size")
        self.size = int(size.lstrip("0") or "0") if type(size) is str else size
        self.leaves_size_open = size is None or size == 0
        self.availability_zone = get("availability_zone")
        self.volume_type = get("volume_type") or None
        metadata = get("metadata")
        self.metadata = EMPTY
        if metadata:
            self.metadata = volume["metadata"] = MappingProxyType(dict(metadata))
        self.snapshot_id = self.source_volid = self.backup_id = self.image_id = None
        self.sources = () if names_none else self._named_sources(volume)

    def _named_sources(self, volume: Mapping[str, Any]) -> tuple[str, ...]:
        sources = []
        for name in _UUIDS:
            given = volume.get(name)
            if given:
                setattr(self, name, canonical_uuid(given))
                sources.append(name)
        reference = volume.get("image_id") or volume.get("imageRef")
        if reference and (image_id := _image(reference)):
            self.image_id = image_id
            sources.append("image_id")
        return tuple(sources)

    def _body(self) -> Mapping[str, Any]:
        if self._read_only is None:
            volume = {"volume": self._volume}
            read_only: Mapping[str, Any] = freeze({**volume, HINTS: self._hints} if self._hints else volume)
            object.__setattr__(self, "_read_only", read_only)
            return read_only
        return self._read_only

    def _stripped(self, newer: str, older: str) -> str | None:
        text: str | None = self._volume.get(newer)
        if text is None:
            text = self._volume.get(older)
        return None if text is None else text.strip()


class VolumeRequest(_Open):
    """A body that the request schema accepts, as it was when it came; read-only.

    As a mapping it is the body verbatim, read-only. Its attributes are the fields with their meaning:
    spellings joined, ids in canonical form, sizes as integers (GiB), ``null`` and "" as None where they mean not given.

    ``size``: may be zero or below. ``leaves_size_open``: whether a source may give the size, which is not given
    or the JSON integer 0. ``sources``: the attributes that name one (snapshot_id, source_volid, backup_id, image_id).
    """

    __slots__ = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Self:
        """The request that the body is."""
        # Filled while it is open, and then closed: to get round its own guard would cost more than all the rest.
        request = _new(_Open)
        request._fill(body)
        request.__class__ = cls
        return request  # type: ignore[return-value]  # which it is by now

    def __reduce__(self) -> tuple[Any, ...]:
        return VolumeRequest.of, (thaw(self),)

    def __repr__(self) -> str:
        return f"VolumeRequest({thaw(self)!r})"

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"a request is read-only: `{name}` is as the caller wrote it")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a request is read-only: `{name}` stays")
