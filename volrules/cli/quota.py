"""``volrules quota``: what projects use, and whether the figures are right."""

from __future__ import annotations

import click

from volrules.cli.exits import Exit
from volrules.cli.options import Place, format_option, place_options
from volrules.cli.records import show as show_records
from volrules.cli.terminal import diagnose

_USAGE = ("project_id", "resource", "in_use", "reserved", "limit")
_DIFFERENCE = ("project_id", "resource", "in_use", "reserved", "charged")


@click.group()
def quota() -> None:
    """Look at quota usage, compare it with the volumes, or set it right."""


@quota.command()
@place_options
@click.option("--project", "project_id", metavar="ID", help="Only this project's.")
@format_option
def show(place: Place, project_id: str | None, text_format: str) -> None:
    """Show usage and limits; a limit of -1 is none."""
    with place.engine() as engine:
        show_records(engine.quota(project_id), _USAGE, text_format)


@quota.command()
@place_options
@format_option
def check(place: Place, text_format: str) -> int:
    """Compare usage with what the volumes were charged; exits with 3 where they differ."""
    with place.engine() as engine:
        differences = engine.quota_check()
    show_records(differences, _DIFFERENCE, text_format)
    if differences:
        diagnose("usage differs from what the volumes were charged; run `volrules quota sync`")
    return Exit.REJECTED if differences else Exit.ACCEPTED


@quota.command()
@place_options
@format_option
def sync(place: Place, text_format: str) -> None:
    """Set usage to what the volumes were charged, and show what differed."""
    with place.engine() as engine:
        show_records(engine.quota_sync(), _DIFFERENCE, text_format)
