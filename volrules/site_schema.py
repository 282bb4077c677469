"""The site document's shape and defaults, as Cerberus rules."""

from __future__ import annotations

from typing import Any, Final

from volrules.violations import ENFORCEMENTS

Rules = dict[str, Any]

_LARGEST: Final = 2**63 - 1
_TEXT: Final[Rules] = {"type": "string", "empty": False}
_TEXT_OR_NULL: Final[Rules] = {**_TEXT, "nullable": True}
_NAME: Final[Rules] = {**_TEXT, "required": True, "maxlength": 255}
_SPEC_VALUES: Final[Rules] = {"type": "dict", "valuesrules": {"type": ["string", "integer"]}}
_DURATION: Final[Rules] = {"type": ["string", "integer"]}  # what it says is checked apart
_LIMIT: Final[Rules] = {"type": "integer", "min": -1, "max": _LARGEST}

ENCRYPTION: Final[Rules] = {
    "provider": {**_TEXT, "required": True},
    "cipher": _TEXT_OR_NULL,
    "key_size": {"type": "integer", "min": 1, "max": _LARGEST, "nullable": True},
    "control_location": {"type": "string", "allowed": ["front-end", "back-end"]},
}
VOLUME_TYPE: Final[Rules] = {
    "type": "dict",
    "schema": {
        "id": _TEXT_OR_NULL,
        "name": _NAME,
        "qos_specs": _TEXT_OR_NULL,
        "encryption": {"type": "dict", "nullable": True, "schema": ENCRYPTION},
        "extra_specs": _SPEC_VALUES,
    },
}
QOS_SPECS: Final[Rules] = {
    "type": "dict",
    "schema": {
        "id": _TEXT_OR_NULL,
        "name": _NAME,
        "consumer": {"type": "string", "allowed": ["front-end", "back-end", "both"]},
        "specs": _SPEC_VALUES,
    },
}
PROJECT_QUOTAS: Final[Rules] = {"type": "dict", "valuesrules": _LIMIT}

PLUGIN: Final[Rules] = {
    "type": "dict",
    "schema": {
        "enabled": {"type": "boolean", "default": True},
        "failure_policy": {"type": "string", "allowed": ["fail", "ignore"], "default": "fail"},
        "timeout": {"type": "number", "nullable": True, "min": 0.001, "default": 10},
        "options": {"type": "dict", "default": {}},
    },
}
RULE: Final[Rules] = {
    "type": "dict",
    "schema": {"enforcement": {"type": "string", "allowed": list(ENFORCEMENTS), "default": "deny"}},
}
WAIVER: Final[Rules] = {
    "type": "dict",
    "schema": {
        "code": {**_TEXT, "required": True},
        "project": {**_TEXT_OR_NULL, "default": None},
        "reason": {**_TEXT, "required": True},
        "owner": {**_TEXT, "required": True},
        "expires": {**_TEXT, "required": True},
    },
}
DEFAULT_QUOTAS: Final[Rules] = {
    "type": "dict",
    "allow_unknown": _LIMIT,  # the names are checked where the volume types are known
    "default": {},
    "schema": {
        "volumes": {**_LIMIT, "default": 10},
        "gigabytes": {**_LIMIT, "default": 1000},
        "per_volume_gigabytes": {**_LIMIT, "default": -1},
    },
}
RELAY: Final[Rules] = {
    "type": "dict",
    "default": {},
    "schema": {
        "attempts": {"type": "integer", "min": 1, "max": _LARGEST, "default": 300},
        "deadline": {**_DURATION, "default": "1d"},
        "lease": {**_DURATION, "default": "60s"},
        "longest_wait": {**_DURATION, "default": "5m"},
        "workers": {"type": "integer", "min": 1, "max": 64, "default": 4},
    },
}

# The rows of these are checked apart, since there may be very many.
ROWS: Final[dict[tuple[str, ...], Rules]] = {
    ("volume_types",): VOLUME_TYPE,
    ("qos_specs",): QOS_SPECS,
    ("quotas", "projects"): PROJECT_QUOTAS,
}
SITE: Final[Rules] = {
    "availability_zones": {"type": "list", "nullable": True, "schema": _TEXT, "default": None},
    "default_availability_zone": {**_TEXT_OR_NULL, "default": None},
    "storage_availability_zone": {**_TEXT, "default": "nova"},
    "cloned_volume_same_az": {"type": "boolean", "default": True},
    "snapshot_same_host": {"type": "boolean", "default": True},
    "default_volume_type": {**_TEXT_OR_NULL, "default": None},
    "volume_types": {"type": "list", "default": []},
    "qos_specs": {"type": "list", "default": []},
    "quotas": {
        "type": "dict",
        "default": {},
        "schema": {"default": DEFAULT_QUOTAS, "projects": {"type": "dict", "default": {}}},
    },
    "dispatcher": {**_TEXT, "default": "spool"},
    "key_manager": {**_TEXT, "default": "local"},
    "store": {**_TEXT, "default": "sqlite:///volrules.db"},
    "retention": {**_DURATION, "default": "7d"},
    "relay": RELAY,
    "required": {"type": "list", "schema": _TEXT, "default": []},
    "plugins": {"type": "dict", "valuesrules": PLUGIN, "default": {}},
    "rules": {"type": "dict", "valuesrules": RULE, "default": {}},
    "waivers": {"type": "list", "schema": WAIVER, "default": []},
}
