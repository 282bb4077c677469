"""What a decision knows on its way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from volrules.model.context import Context
from volrules.model.request import VolumeRequest
from volrules.model.resources import Backup, Image, QosSpecs, Snapshot, Volume, VolumeType


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


class Known(DraftFields):
    """The draft as the decision itself keeps it, for itself alone to fill in; a field that it does not know is not set.

    ``foreign``: the sources, by field, that vendors' plugins have answered for. ``slot``: where calls note themselves.
    """

    # Slots, and nothing that stands in for what is not set: nothing is found sooner.
    __slots__ = (*FIELDS, "foreign", "slot")

    foreign: Collection[str]
    slot: Any

    def forget(self, field: str) -> Known:
        """Itself, to go on with, where a field is not known any more."""
        delattr(self, field)
        return self

    def without(self, field: str) -> Known:
        """Another one to go on with, where a field is not known any more; who has seen it here goes on seeing it."""
        copied = Known()
        for each in Known.__slots__:
            if each != field and hasattr(self, each):
                setattr(copied, each, getattr(self, each))
        self.slot = None
        return copied


Ask = Callable[[Known], Any]
"""Asks of a draft: the answer, or what the implementation raises."""
