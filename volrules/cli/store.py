"""``volrules store``: the database."""

from __future__ import annotations

import click

from volrules.cli.options import Place, place_options
from volrules.cli.terminal import write


@click.group()
def store() -> None:
    """Prepare the database, or load what exists already."""


@store.command()
@place_options
def init(place: Place) -> None:
    """Make the database's tables, or bring them up to date."""
    with place.engine() as engine:
        engine.migrate()
    write("the store is ready\n")


@store.command("import")
@click.argument("inventory")
@place_options
def import_inventory(inventory: str, place: Place) -> None:
    """Load INVENTORY; its volumes are charged to their projects, beyond limits too."""
    with place.engine() as engine:
        rows = engine.import_inventory(inventory)
    write(f"imported {rows} entries of {inventory}\n")
