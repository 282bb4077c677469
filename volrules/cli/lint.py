"""``volrules lint``: is the site in order; and the catalogue of what it may soften."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

from volrules.cli.exits import Exit
from volrules.cli.options import Place, found_site, select_option
from volrules.cli.records import show
from volrules.cli.soundness import faults_of
from volrules.cli.terminal import diagnose, write
from volrules.errors import SiteError, VolrulesError

if TYPE_CHECKING:
    from volrules.codes import Code
    from volrules.site import Site

_COLUMNS = ("code", "rule", "kind", "recovery", "softenable", "summary")


@click.command()
@click.argument("site", required=False, envvar="VOLRULES_SITE", default=found_site)
@select_option
@click.option("--codes", is_flag=True, help="Instead list the violation codes.")
@click.option(
    "--format",
    "text_format",
    type=click.Choice(("text", "json", "jsonl", "markdown")),
    default="text",
    help="How to list the codes.",
)
def lint(site: str | None, select: tuple[str, ...], codes: bool, text_format: str) -> int:
    """Look for faults in SITE and in the plugins it uses, all at once."""
    return _list_codes(text_format) if codes else _lint(Place(site, select=select))


def _lint(place: Place) -> int:
    host = place.host()
    faults = [*faults_of(place, host), *_run_out(host.site)]
    for fault in faults:
        diagnose(fault)
    if faults:
        return Exit.CONFIGURATION
    write(f"{place.site or 'the built-in site'} is in order\n")
    return Exit.ACCEPTED


def _run_out(site: Site) -> list[VolrulesError]:
    from volrules.enforcement import expired_waivers

    expired = expired_waivers(site)
    return [SiteError(site.name, expired)] if expired else []


def _list_codes(text_format: str) -> int:
    from volrules.codes import CODES

    if text_format == "markdown":
        write(markdown(CODES.values()))
    else:
        show([row._asdict() for row in CODES.values()], _COLUMNS, text_format)
    return Exit.ACCEPTED


def markdown(codes: Iterable[Code]) -> str:
    """The catalogue as a table of Markdown."""
    rows = [[_cell(getattr(row, column)) for column in _COLUMNS] for row in codes]
    lines = [_COLUMNS, ["---"] * len(_COLUMNS), *([f"`{row[0]}`", *row[1:]] for row in rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)
