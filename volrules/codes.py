"""The catalogue of the violation codes that volrules itself reports: published, stable, one row a code.

Kinds are Cinder's exception names where Cinder has one (cinder/exception.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from volrules.violations import Enforcement, Recovery, Violation, violation


class Code(NamedTuple):
    """One row. ``softenable``: whether the site may set its enforcement to warn or audit.

    A code without which no spec would exist, or that the ledger enforces, cannot be softened.
    """

    code: str
    rule: int | None
    kind: str
    recovery: Recovery
    softenable: bool
    summary: str
    enforcement: Enforcement = "deny"


_ROWS = (
    Code("schema.<keyword>", None, "ValidationError", "fix_request", False, "the body does not fit the request schema"),
    Code("sources.exclusive", 1, "InvalidInput", "fix_request", False, "more than one source is named"),
    Code("policy.not_authorized", 2, "PolicyNotAuthorized", "ask_operator", True, "no role allows creating volumes"),
    Code("snapshot.not_found", 3, "SnapshotNotFound", "fix_request", False, "no such snapshot for this caller"),
    Code("source_volume.not_found", 3, "VolumeNotFound", "fix_request", False, "no such volume for this caller"),
    Code("backup.not_found", 3, "BackupNotFound", "fix_request", False, "no such backup for this caller"),
    Code("image.not_found", 3, "ImageNotFound", "fix_request", False, "no such image, or several of that name"),
    Code("volume_type.not_found", 3, "VolumeTypeNotFound", "fix_request", False, "the site has no such volume type"),
    Code("snapshot.not_available", 4, "InvalidSnapshot", "wait_and_retry", True, "the snapshot's status"),
    Code("source_volume.not_available", 4, "InvalidVolume", "wait_and_retry", True, "the source volume's status"),
    Code("backup.not_available", 4, "InvalidBackup", "wait_and_retry", True, "the backup's status"),
    Code("image.not_active", 4, "InvalidInput", "wait_and_retry", True, "the image's status"),
    Code("size.missing", 5, "InvalidInput", "fix_request", False, "no size is given and no source has one"),
    Code("size.not_positive", 5, "InvalidInput", "fix_request", False, "the size is zero or below"),
    Code("size.below_source_volume", 5, "InvalidInput", "fix_request", True, "smaller than the source volume"),
    Code("size.below_snapshot", 5, "InvalidInput", "fix_request", True, "smaller than the snapshot"),
    Code("size.below_backup", 5, "InvalidInput", "fix_request", True, "smaller than the backup"),
    Code("image.too_large", 6, "InvalidInput", "fix_request", True, "the image's bytes do not fit"),
    Code("image.min_disk", 6, "InvalidInput", "fix_request", True, "smaller than the image's min_disk"),
    Code("image.virtual_size", 6, "InvalidInput", "fix_request", True, "the image's virtual size does not fit"),
    Code("availability_zone.not_offered", 7, "InvalidInput", "fix_request", True, "the site does not offer the zone"),
    Code("availability_zone.not_snapshots", 7, "InvalidInput", "fix_request", True, "not the snapshot's volume's zone"),
    Code(
        "availability_zone.not_source_volumes", 7, "InvalidInput", "fix_request", True, "not the source volume's zone"
    ),
    Code(
        "volume_type.overridden",
        8,
        "InvalidInput",
        "fix_request",
        True,
        "the source's type replaces the one named",
        "warn",
    ),
    Code(
        "volume_type.not_declared", 8, "VolumeTypeNotFound", "ask_operator", False, "the site lacks the source's type"
    ),
    Code("volume_type.backup_volume_gone", 8, "VolumeNotFound", "ask_operator", False, "the backup's volume is gone"),
    Code("volume_type.size_too_small", 9, "InvalidInput", "fix_request", True, "below the type's minimum size"),
    Code("volume_type.size_too_large", 9, "InvalidInput", "fix_request", True, "above the type's maximum size"),
    Code("volume_type.not_in_zone", 9, "InvalidTypeAvailabilityZones", "fix_request", True, "not offered in the zone"),
    Code("volume_type.no_multiattach", 9, "InvalidInput", "fix_request", True, "the type does not allow multiattach"),
    Code("volume_type.multiattach_encrypted", 9, "InvalidVolume", "fix_request", True, "multiattach with encryption"),
    Code("metadata.blank_key", 12, "InvalidVolumeMetadata", "fix_request", True, "a metadata key is empty"),
    Code("metadata.key_too_long", 12, "InvalidVolumeMetadataSize", "fix_request", True, "a key beyond 255 characters"),
    Code(
        "metadata.value_too_long", 12, "InvalidVolumeMetadataSize", "fix_request", True, "a value beyond 255 characters"
    ),
    Code("quota.per_volume_gigabytes", 13, "VolumeSizeExceedsLimit", "fix_request", True, "above the per-volume limit"),
    Code("quota.gigabytes", 13, "VolumeSizeExceedsAvailableQuota", "ask_operator", False, "gigabytes are used up"),
    Code("quota.volumes", 13, "VolumeLimitExceeded", "ask_operator", False, "volumes are used up"),
    Code("quota.resource", 13, "OverQuota", "ask_operator", False, "a plugin's resource is used up"),
    Code(
        "source.changed", None, "SourceChanged", "wait_and_retry", False, "a source changed while the volume was made"
    ),
    Code("idempotency.mismatch", None, "IdempotencyMismatch", "fix_request", False, "the key came with another body"),
    Code("plugin.failed", None, "PluginFailed", "ask_operator", False, "a plugin raised, hung or answered nonsense"),
)

CODES: Mapping[str, Code] = MappingProxyType({row.code: row for row in _ROWS})


def built_in(code: str, path: str, message: str, **params: Any) -> Violation:
    """A violation of the catalogue: kind and recovery are its row's. Raises KeyError for a code that has no row."""
    row = CODES[code]
    return violation(code, path, message, kind=row.kind, recovery=row.recovery, **params)
