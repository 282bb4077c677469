"""``volrules show``, ``report`` and ``delete``: volumes that exist."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import click

from volrules.cli.exits import Exit, gravest
from volrules.cli.faults import exit_of
from volrules.cli.options import Place, format_option, place_options
from volrules.cli.records import show as show_records
from volrules.cli.records import show_one
from volrules.cli.terminal import diagnose, write
from volrules.errors import VolrulesError

_COLUMNS = ("id", "display_name", "project_id", "size", "status", "availability_zone", "host")


@click.command()
@click.argument("volume_ids", metavar="[VOLUME_ID]...", nargs=-1)
@place_options
@click.option("--project", "project_id", metavar="ID", help="Only this project's volumes.")
@format_option
def show(volume_ids: tuple[str, ...], place: Place, project_id: str | None, text_format: str) -> int:
    """Show the volumes named, or list all."""
    with place.engine() as engine:
        if not volume_ids:
            show_records(engine.volumes(project_id), _COLUMNS, text_format)
            return Exit.ACCEPTED
        return _each(volume_ids, lambda volume_id: show_one(engine.get(volume_id), text_format))


@click.command()
@click.argument("volume_id")
@click.argument("status", type=click.Choice(("available", "error")))
@click.option("--host", metavar="NAME", help="Where the volume lives.")
@place_options
def report(volume_id: str, status: Literal["available", "error"], host: str | None, place: Place) -> None:
    """Take in a host's word on a volume: it is available, or in error."""
    with place.engine() as engine:
        engine.report(volume_id, status, host=host)
    write(f"volume {volume_id} is {status}\n")


@click.command()
@click.argument("volume_ids", metavar="VOLUME_ID...", nargs=-1, required=True)
@place_options
def delete(volume_ids: tuple[str, ...], place: Place) -> int:
    """Take volumes out and give their quota back."""
    with place.engine() as engine:

        def take_out(volume_id: str) -> None:
            engine.delete(volume_id)
            write(f"deleted volume {volume_id}\n")

        return _each(volume_ids, take_out)


def _each(volume_ids: Sequence[str], act: Callable[[str], Any]) -> Exit:
    """Act on each; one that cannot be acted on does not keep the others from it."""
    exits = []
    for volume_id in volume_ids:
        try:
            act(volume_id)
        except VolrulesError as error:
            exits.append(exit_of(error))
            if exits[-1] in (Exit.CONFIGURATION, Exit.USAGE):
                raise
            diagnose(error)
    return gravest(exits)
