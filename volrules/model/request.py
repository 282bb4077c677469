"""The volume-create request: the body as it came, and what its fields mean."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from volrules.documents import EMPTY, freeze

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


def is_uuid(text: str) -> bool:
    """Whether the text is a uuid in any spelling that the API takes."""
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def canonical_uuid(text: str) -> str:
    """The hyphenated lower-case form of a uuid; any other text as it is."""
    return str(uuid.UUID(text)) if is_uuid(text) else text


class VolumeRequest(Mapping[str, Any]):
    """A body that the request schema accepts.

    As a mapping it is the body verbatim, read-only. Its attributes are the fields with their meaning:
    spellings joined, ids in canonical form, sizes as integers (GiB), ``null`` and "" as None where they mean not given.
    """

    __slots__ = ("_body", "_frozen", "_volume")

    def __init__(self, body: Mapping[str, Any]) -> None:
        self._body = body
        self._volume: Mapping[str, Any] = body["volume"]
        self._frozen: Mapping[str, Any] | None = None

    def _read_only(self) -> Mapping[str, Any]:
        if self._frozen is None:
            self._frozen = freeze(self._body)
        return self._frozen

    def __getitem__(self, key: str) -> Any:
        return self._read_only()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._body)

    def __len__(self) -> int:
        return len(self._body)

    @property
    def name(self) -> str | None:
        """The volume's name, stripped."""
        return self._stripped("name", "display_name")

    @property
    def description(self) -> str | None:
        """The volume's description, stripped."""
        return self._stripped("description", "display_description")

    @property
    def size(self) -> int | None:
        """The size asked for, in GiB; may be zero or below."""
        size = self._volume.get("size")
        return int(size.lstrip("0") or "0") if isinstance(size, str) else size

    @property
    def leaves_size_open(self) -> bool:
        """Whether the size may come from a source: not given, or the JSON integer 0."""
        size = self._volume.get("size")
        return size is None or size == 0

    @property
    def volume_type(self) -> str | None:
        """Name or id of the type asked for."""
        return self._volume.get("volume_type") or None

    @property
    def availability_zone(self) -> str | None:
        """The zone asked for."""
        return self._volume.get("availability_zone")

    @property
    def snapshot_id(self) -> str | None:
        """The snapshot to create from."""
        return self._uuid("snapshot_id")

    @property
    def source_volid(self) -> str | None:
        """The volume to clone."""
        return self._uuid("source_volid")

    @property
    def backup_id(self) -> str | None:
        """The backup to restore."""
        return self._uuid("backup_id")

    @property
    def consistencygroup_id(self) -> str | None:
        """Passed through to the spec."""
        return self._uuid("consistencygroup_id")

    @property
    def group_id(self) -> str | None:
        """Passed through to the spec."""
        return self._volume.get("group_id")

    @property
    def image_id(self) -> str | None:
        """The image's id or name; of a URL its last segment (Nova's image links)."""
        reference: str | None = self._volume.get("image_id") or self._volume.get("imageRef")
        if not reference or "/" not in reference:
            return reference or None
        last = reference.rstrip("/").rpartition("/")[2]
        return last if "://" in reference or is_uuid(last) else reference

    @property
    def metadata(self) -> Mapping[str, str]:
        """The metadata asked for, read-only."""
        metadata = self._volume.get("metadata")
        return freeze(metadata) if metadata else EMPTY

    @property
    def multiattach(self) -> bool:
        """Whether attaching to several servers is asked for."""
        wanted = self._volume.get("multiattach")
        return wanted in _TRUE if isinstance(wanted, str) else bool(wanted)

    @property
    def scheduler_hints(self) -> Mapping[str, Any]:
        """The scheduler hints, read-only."""
        hints: Mapping[str, Any] = freeze(self._body.get(HINTS) or EMPTY)
        return hints

    @property
    def extra(self) -> Mapping[str, Any]:
        """The keys that plugins declared, read-only."""
        extra: Mapping[str, Any] = freeze({key: each for key, each in self._volume.items() if key not in FIELDS})
        return extra

    def _stripped(self, newer: str, older: str) -> str | None:
        text: str | None = self._volume.get(newer)
        if text is None:
            text = self._volume.get(older)
        return None if text is None else text.strip()

    def _uuid(self, field: str) -> str | None:
        text = self._volume.get(field)
        return None if text is None else canonical_uuid(text)
