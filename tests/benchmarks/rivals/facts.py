"""What the other engines are asked, and what they should answer.

Five rules: a size above zero, a size that the source fits into, a zone that is offered, a type that is known,
metadata within bounds. The facts are made ready beforehand, at no charge: the size as a number, the zone filled in,
the source looked up.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from volrules.testing import a_request, a_volume

from .. import samples

Facts = dict[str, Any]
Body = dict[str, Any]
ZONES = samples.SITE["availability_zones"]
TYPES = [each["name"] for each in samples.SITE["volume_types"]]
LONGEST = 255

CODES = {
    "size": {"size.not_positive"},
    "source": {"size.below_source_volume"},
    "zone": {"availability_zone.not_offered"},
    "type": {"volume_type.not_found"},
    "metadata": {"metadata.blank_key", "metadata.key_too_long", "metadata.value_too_long"},
}
"""The rules, by the names that the policies call them, with the violation codes that they stand for."""

_SOURCE = a_volume()
_OK: Body = samples.BODIES["plain"]["volume"]
BODIES: tuple[Body, ...] = (
    a_request(**_OK),
    a_request(size=5),
    a_request(**_OK, source_volid=_SOURCE["id"]),
    a_request(**{**_OK, "size": 0}),
    a_request(**{**_OK, "size": -3}),
    a_request(size=9, source_volid=_SOURCE["id"]),
    a_request(**{**_OK, "availability_zone": "mars"}),
    a_request(**{**_OK, "volume_type": "floppy"}),
    a_request(**{**_OK, "metadata": {"": "x"}}),
    a_request(**{**_OK, "metadata": {"k" * 256: "x"}}),
    a_request(**{**_OK, "metadata": {"k": "v" * 256}}),
    a_request(**{**_OK, "metadata": {"k" * 255: "v" * 255}}),
)
PLAIN = BODIES[0]


class Rival(NamedTuple):
    """An engine with the rules compiled: facts to the names of the rules that are broken.

    ``accepts``: yes or no alone, where the engine can say that by a shorter way.
    """

    name: str
    broken: Callable[[Facts], set[str]]
    accepts: Callable[[Facts], bool] | None = None


def facts(body: Body) -> Facts:
    """A body's facts; what it does not have is left out."""
    get = body["volume"].get
    source = _SOURCE["size"] if get("source_volid") else None
    zone, kind = get("availability_zone") or ZONES[0], get("volume_type")
    asked = {"size": get("size"), "source": source, "zone": zone, "type": kind, "metadata": get("metadata") or {}}
    return {key: value for key, value in asked.items() if value is not None}
