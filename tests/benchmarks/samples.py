"""What is decided: one site, one inventory, the bodies that are timed, and generated ones for the agreement."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any

from volrules.testing import a_context, a_request, a_site, a_snapshot, a_volume, an_image, an_inventory
from volrules.testing.generating import generated

Body = Any
CONTEXT = a_context()
SITE = a_site(
    qos_specs=[{"name": "gold", "consumer": "back-end", "specs": {"iops": "500"}}],
    volume_types=[
        {"name": "ssd", "qos_specs": "gold"},
        {"name": "shared", "extra_specs": {"multiattach": "<is> True", "provisioning:max_vol_size": "1000"}},
        {"name": "encrypted", "encryption": {"provider": "luks"}},
    ],
)
INVENTORY = an_inventory()
_METADATA = {f"key{n:02}": f"value {n}" for n in range(20)}
_DESCRIBED = {"name": "database", "availability_zone": "nova", "volume_type": "ssd"}

BODIES: dict[str, Body] = {
    "plain": a_request(size=100, metadata={"tier": "gold"}, **_DESCRIBED),
    "clone of a snapshot": a_request(snapshot_id=a_snapshot()["id"], name="copy"),
    "clone of a volume": a_request(source_volid=a_volume()["id"], name="copy"),
    "from an image": a_request(imageRef=an_image()["id"], size=20, name="root"),
    "20 metadata pairs": a_request(size=100, metadata=_METADATA, **_DESCRIBED),
    "rejected by a rule": a_request(size=0, metadata={"tier": "gold"}, **_DESCRIBED),
    "rejected by the schema": a_request(size=100, colour="red", **_DESCRIBED),
}
"""By what they stand for in the tables."""

_SPOILS: tuple[dict[str, Any], ...] = (
    {"size": 0}, {"size": -1}, {"size": None}, {"size": 2**31}, {"size": "007"}, {"size": "1.5"}, {"size": True},
    {"size": 100.5}, {"size": 5000, "volume_type": "shared"},
    {"availability_zone": "mars"}, {"availability_zone": ""}, {"availability_zone": "az1"},
    {"volume_type": "floppy"}, {"volume_type": ""}, {"volume_type": 7},
    {"metadata": {"": "x"}}, {"metadata": {"k" * 256: "x"}}, {"metadata": {"k": "v" * 256}}, {"metadata": {"k": 1}},
    {"snapshot_id": "5" * 32}, {"source_volid": "5" * 32}, {"backup_id": "5" * 32}, {"imageRef": "debian"},
    {"imageRef": "http://images/v2/nothing"}, {"snapshot_id": "no uuid"}, {"multiattach": "maybe"},
    {"multiattach": True}, {"name": "y" * 256}, {"description": 5}, {"group_id": "g" * 256}, {"colour": "red"},
    {"consistencygroup_id": "A" * 32},
)  # fmt: skip
_CALLERS = (CONTEXT, CONTEXT, CONTEXT, {}, a_context(roles=["admin"]), a_context(roles=["reader"]))


def cases(
    count: int, seed: int, site: Body = SITE, inventory: Body = INVENTORY
) -> Iterator[tuple[Body, dict[str, Any]]]:
    """Bodies with their callers, the same ones for the same seed; about half of the bodies spoilt."""
    random_ = random.Random(seed)
    for body in islice(generated(site, inventory, {}, seed), count):
        if random_.random() < 0.5:
            body["volume"].update(random_.choice(_SPOILS))
        yield body, random_.choice(_CALLERS)
