"""A site document with everything filled in that the operator may leave out."""

from __future__ import annotations

import re
import uuid
from typing import Any

from volrules.model.request import canonical_uuid
from volrules.reading.cerberus_strict import StrictValidator
from volrules.site_schema import ROWS, SITE

_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_DURATION = re.compile(r"([0-9]{1,9})([smhdw]?)", re.ASCII)
# uuid5 names, see the site's documentation; they must never change.
_ID_NAMES = {"volume_types": "volume_type", "qos_specs": "qos_specs"}


def filled(document: dict[str, Any]) -> dict[str, Any]:
    """The normalised document: every default, every id; takes only what the checks found nothing wrong with.

    ``retention`` and the relay's times are in seconds. Filling in twice changes nothing.
    """
    settings: dict[str, Any] = StrictValidator(SITE).normalized(_without_rows(document))
    settings["volume_types"] = [_volume_type(row) for row in document.get("volume_types", ())]
    settings["qos_specs"] = [_qos_specs(row) for row in document.get("qos_specs", ())]
    settings["quotas"]["projects"] = document.get("quotas", {}).get("projects", {})
    settings["retention"] = seconds(settings["retention"])
    relay = settings["relay"]
    settings["relay"] = {**relay, **{key: seconds(relay[key]) for key in ("deadline", "lease", "longest_wait")}}
    return {key: settings[key] for key in SITE}


def seconds(duration: str | int) -> int | None:
    """A duration such as ``7d`` in seconds; a bare number is seconds; None when it is neither or nothing."""
    match = _DURATION.fullmatch(str(duration))
    return (int(match[1]) * _SECONDS[match[2]] or None) if match else None


def default_id(section: str, name: str) -> str:
    """The id of a volume type or QoS specs that was given none."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"volrules:{_ID_NAMES[section]}:{name}"))


def _without_rows(document: dict[str, Any]) -> dict[str, Any]:
    """The document without its many rows: Cerberus would take minutes to copy them."""
    settings = {key: value for key, value in document.items() if (key,) not in ROWS}
    if "quotas" in settings:
        settings["quotas"] = {key: value for key, value in settings["quotas"].items() if ("quotas", key) not in ROWS}
    return settings


def _volume_type(row: dict[str, Any]) -> dict[str, Any]:
    encryption = row.get("encryption")
    if encryption is not None:
        encryption = {"cipher": None, "key_size": None, "control_location": "front-end", **encryption}
    return {
        "id": _id("volume_types", row),
        "name": row["name"],
        "qos_specs": row.get("qos_specs"),
        "encryption": encryption,
        "extra_specs": _texts(row.get("extra_specs", {})),
    }


def _qos_specs(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": _id("qos_specs", row),
        "name": row["name"],
        "consumer": row.get("consumer", "back-end"),
        "specs": _texts(row.get("specs", {})),
    }


def _id(section: str, row: dict[str, Any]) -> str:
    given = row.get("id")
    return default_id(section, row["name"]) if given is None else canonical_uuid(given)


def _texts(specs: dict[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in specs.items()}
