"""Engine and floor for the same site and inventory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from volrules import Engine
from volrules.catalogue import Catalogue
from volrules.inventory import load_inventory
from volrules.model import Context
from volrules.site import load_site

from . import samples
from .floor import Floor


def an_engine(
    plugins: tuple[object, ...] = (),
    site: Mapping[str, Any] = samples.SITE,
    inventory: Mapping[str, Any] = samples.INVENTORY,
    timeout: float | None = None,
) -> Engine:
    """An engine with these plugins, with that time limit in seconds, beside the built-in ones."""
    settings = {each.name: {"timeout": timeout} for each in plugins}  # type: ignore[attr-defined]
    return Engine.open({**site, "plugins": settings}, inventory=inventory, plugins=plugins)


def a_floor(site: Mapping[str, Any] = samples.SITE, inventory: Mapping[str, Any] = samples.INVENTORY) -> Floor:
    """The floor for the same."""
    document = load_site(site).document
    catalogue, anyone = Catalogue(document), Context()
    kinds = [catalogue.volrules_find_volume_type(each["name"], anyone) for each in document["volume_types"]]
    types = {key: each for each in kinds if each is not None for key in (each.name, each.id)}
    return Floor(document, load_inventory(inventory), types)
