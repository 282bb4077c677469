"""Rule 9: what a volume type demands of its volumes, by extra specs.

Source: Cinder's ``provisioning:min_vol_size``, ``provisioning:max_vol_size``, ``RESKEY:availability_zones``
and ``multiattach`` extra specs.
"""

from __future__ import annotations

from collections.abc import Iterator

from volrules.codes import built_in
from volrules.hookspecs import hookimpl
from volrules.model import Draft, VolumeType
from volrules.violations import Violation

_TYPE = "/volume/volume_type"


@hookimpl
def volrules_validate_volume_type(draft: Draft) -> Iterator[Violation] | None:
    """Size within the type's bounds, zone among its zones, multiattach where the type has it and is not encrypted."""
    kind, asked = draft.volume_type, draft.request.multiattach
    demanding = kind is not None and kind.extra_specs
    return _objections(draft, kind, asked=asked) if demanding or asked else None


def _objections(draft: Draft, kind: VolumeType | None, *, asked: bool) -> Iterator[Violation]:
    if kind is not None:
        yield from _bounds(kind, getattr(draft, "size", None))
        yield from _zones(kind, getattr(draft, "availability_zone", None))
    yield from _multiattach(kind, asked=asked)


def _bounds(kind: VolumeType, size: int | None) -> Iterator[Violation]:
    if size is None:
        return
    least = kind.extra_specs.get("provisioning:min_vol_size")
    most = kind.extra_specs.get("provisioning:max_vol_size")
    if least is not None and size < int(least):
        message = f"size {size} GiB is below the minimum of volume type `{kind.name}`; ask for {least} or more"
        yield built_in("volume_type.size_too_small", "/volume/size", message, size=size, minimum=int(least))
    if most is not None and size > int(most):
        message = f"size {size} GiB is above the maximum of volume type `{kind.name}`; ask for {most} or less"
        yield built_in("volume_type.size_too_large", "/volume/size", message, size=size, maximum=int(most))


def _zones(kind: VolumeType, zone: str | None) -> Iterator[Violation]:
    listed = kind.extra_specs.get("RESKEY:availability_zones")
    if zone is None or listed is None:
        return
    zones = [each.strip() for each in listed.split(",") if each.strip()]
    if zone not in zones:
        offered = ", ".join(f"`{each}`" for each in zones)
        message = f"volume type `{kind.name}` is not offered in zone `{zone}`; ask for one of {offered}"
        path = "/volume/availability_zone"
        yield built_in("volume_type.not_in_zone", path, message, availability_zone=zone, offered=zones)


def _multiattach(kind: VolumeType | None, *, asked: bool) -> Iterator[Violation]:
    allowed = kind is not None and kind.multiattach
    if asked and not allowed:
        message = "`multiattach` needs a volume type that has it; name such a type or leave multiattach out"
        yield built_in("volume_type.no_multiattach", "/volume/multiattach", message)
    if kind is not None and kind.multiattach and kind.encryption is not None:
        message = (
            f"volume type `{kind.name}` is both encrypted and multiattach, which excludes each other; name another"
        )
        yield built_in("volume_type.multiattach_encrypted", _TYPE, message, volume_type=kind.id)
