"""How the cost grows with the inventory and with the site."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Any

from volrules import Engine
from volrules.testing import a_request, a_volume

from . import house, samples
from .timing import Figure, measure

MANY = 100_000


def figures(rounds: int) -> list[Figure]:
    """A plain decision and a clone: with little to look through, and with 100,000 volumes, projects and types."""
    clone, typed = samples.BODIES["clone of a volume"], a_request(size=1, volume_type=f"type{MANY - 1}")
    small, large_inventory, large_site = house.an_engine(), house.an_engine(inventory=_inventory()), _of_large_site()
    clones = {
        "clone, 1 volume": partial(small.check, clone, samples.CONTEXT),
        f"clone, {MANY:,} volumes": partial(large_inventory.check, clone, samples.CONTEXT),
    }
    types = {
        "typed, 3 types": partial(small.check, a_request(size=1, volume_type="ssd"), samples.CONTEXT),
        f"typed, {MANY:,} types and projects": partial(large_site.check, typed, samples.CONTEXT),
    }
    return [*measure(clones, rounds, base="clone, 1 volume"), *measure(types, rounds, base="typed, 3 types")]


def _inventory() -> Mapping[str, Any]:
    others = (a_volume(id=str(uuid.UUID(int=number, version=4)), host=f"node{number}") for number in range(MANY))
    return {**samples.INVENTORY, "volumes": [*samples.INVENTORY["volumes"], *others]}


def _of_large_site() -> Engine:
    types = [{"name": f"type{number}"} for number in range(MANY)]
    projects = {f"project{number}": {"per_volume_gigabytes": number} for number in range(MANY)}
    quotas = {**samples.SITE["quotas"], "projects": projects}
    return house.an_engine(site={**samples.SITE, "volume_types": types, "quotas": quotas})
