"""Documents with defaults, and what tests ask of the answers."""

from __future__ import annotations

import functools
import json
from typing import Any

import jsonschema
import referencing

from volrules import Engine, hookimpl, violation
from volrules.requests import published

HOOKS_BEFORE = ["validate_request", "authorize"]
HOOKS_OF_FIELDS = [
    *("resolve_size", "validate_size", "validate_image"),
    *("resolve_availability_zone", "validate_availability_zone", "resolve_volume_type", "validate_volume_type"),
    *("resolve_qos_specs", "validate_qos_specs", "resolve_encryption_key", "validate_encryption_key"),
    *("resolve_metadata", "validate_metadata", "resolve_dispatch", "validate_volume"),
]
GIB = 1024**3
HINTS = "OS-SCH-HNT:scheduler_hints"
SNAPSHOT, VOLUME, BACKUP, IMAGE, OTHER = (
    f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "12345"
)
SSD = "aaaaaaaa-aaaa-4aaa-8aaa-aaaaaaaaaaaa"
CRYPT = "cccccccc-cccc-4ccc-8ccc-cccccccccccc"
GONE = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
LUKS = {"provider": "luks", "cipher": "aes-xts-plain64", "key_size": 256, "control_location": "front-end"}


def a_request(*, hints: Any = None, **volume: Any) -> dict[str, Any]:
    """A create body; without a size or a source it asks for 10 GiB."""
    sources = {"size", "snapshot_id", "source_volid", "backup_id"}
    body: dict[str, Any] = {"volume": volume if sources & volume.keys() else {"size": 10, **volume}}
    return body if hints is None else {**body, HINTS: hints}


def a_type(name: str = "ssd", **members: Any) -> dict[str, Any]:
    return {"name": name, **members}


def a_site(**members: Any) -> dict[str, Any]:
    """A site with a plain type, an encrypted one, and two zones."""
    defaults = {
        "availability_zones": ["nova", "az1"],
        "volume_types": [a_type(id=SSD), a_type("crypt", id=CRYPT, encryption=LUKS)],
        "quotas": {"default": {"volumes": -1, "gigabytes": -1}},
    }
    return {**defaults, **members}


def a_volume(volume_id: str = VOLUME, **members: Any) -> dict[str, Any]:
    return {"id": volume_id, "size": 10, "status": "available", **members}


def a_snapshot(snapshot_id: str = SNAPSHOT, **members: Any) -> dict[str, Any]:
    return {"id": snapshot_id, "volume_id": VOLUME, "volume_size": 10, "status": "available", **members}


def a_backup(backup_id: str = BACKUP, **members: Any) -> dict[str, Any]:
    return {"id": backup_id, "volume_id": VOLUME, "size": 10, "status": "available", **members}


def an_image(image_id: str = IMAGE, **members: Any) -> dict[str, Any]:
    return {"id": image_id, "name": "debian", "size": 2 * GIB, "min_disk": 1, "status": "active", **members}


def an_inventory(**sections: Any) -> dict[str, Any]:
    """One volume with a snapshot and a backup, and one image."""
    return {
        "volumes": [a_volume()],
        "snapshots": [a_snapshot()],
        "backups": [a_backup()],
        "images": [an_image()],
        **sections,
    }


def a_context(**members: Any) -> dict[str, Any]:
    return {"project_id": "p1", "user_id": "u1", "roles": ["member"], **members}


def check(
    body: Any, *, site: Any = None, inventory: Any = None, context: Any = None, plugins: Any = (), line: Any = None
):
    """The decision of an engine that is opened for it; its document has been validated."""
    site, inventory = a_site() if site is None else site, an_inventory() if inventory is None else inventory
    with Engine.open(site, inventory=inventory, plugins=plugins) as engine:
        decision = engine.check(body, a_context() if context is None else context, id=line)
    assert_valid("decision", decision.to_dict())
    return decision


def saying(code):
    """A validator that objects to every size."""

    def objection(self, draft):
        yield violation(code, "/volume/size", "no")

    return objection


def a_plugin(_name="acme", **hooks):
    """An object with the hooks; each takes what its function wants, after self."""
    members = {f"volrules_{hook}": hookimpl(function) for hook, function in hooks.items()}
    return type(_name, (), {"name": _name, **members})()


def codes(decision: Any) -> list[str]:
    return [each.code for each in decision.violations]


def paths(decision: Any) -> list[str]:
    return [each.path for each in decision.violations]


def warnings(decision: Any) -> list[str]:
    return [each.code for each in decision.warnings]


def origin(decision: Any, field: str) -> str:
    return decision.provenance[field].origin


def text(decision: Any) -> str:
    """The decision as the bytes that leave the program."""
    return json.dumps(decision.to_dict(), ensure_ascii=False, allow_nan=False)


@functools.cache
def validator(name: str) -> jsonschema.Draft202012Validator:
    schemas = [published(each) for each in ("request", "decision", "message")]
    registry = referencing.Registry().with_resources(
        (each["$id"], referencing.Resource.from_contents(each)) for each in schemas
    )
    return jsonschema.Draft202012Validator(published(name), registry=registry)


def assert_valid(name: str, document: Any) -> None:
    """The document is JSON, and as its published schema says."""
    validator(name).validate(json.loads(json.dumps(document, allow_nan=False)))
