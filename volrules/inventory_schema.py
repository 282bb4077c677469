"""The inventory's sections: one table of fields, read by Cerberus and by JSON Schema alike."""

from __future__ import annotations

from typing import Any, Final

Rules = dict[str, Any]

_ID: Final[Rules] = {"type": "string", "empty": False, "required": True}
_REFERENCE: Final[Rules] = {"type": "string", "empty": False, "nullable": True}
_TEXT: Final[Rules] = {"type": "string", "nullable": True}
_SIZE: Final[Rules] = {"type": "integer", "min": 0, "max": 2**63 - 1, "nullable": True}
_COMMON: Final[Rules] = {
    "id": _ID,
    "status": _TEXT,
    "project_id": _REFERENCE,
    "shared": {"type": "boolean", "nullable": True},
}

FIELDS: Final[dict[str, Rules]] = {
    "volumes": {
        **_COMMON,
        "size": _SIZE,
        "availability_zone": _TEXT,
        "volume_type_id": _REFERENCE,
        "encryption_key_id": _REFERENCE,
        "host": _TEXT,
    },
    "snapshots": {
        **_COMMON,
        "volume_id": _REFERENCE,
        "volume_size": _SIZE,
        "volume_type_id": _REFERENCE,
        "encryption_key_id": _REFERENCE,
    },
    "images": {**_COMMON, "name": _TEXT, "size": _SIZE, "min_disk": _SIZE, "virtual_size": _SIZE},
    "backups": {**_COMMON, "volume_id": _REFERENCE, "size": _SIZE},
}
UUIDS: Final = ("id", "volume_id", "volume_type_id")
"""The fields that are brought to a uuid's canonical form."""
INVENTORY: Final[Rules] = {section: {"type": "list", "nullable": True} for section in FIELDS}
