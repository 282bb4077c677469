"""The commands that plugins offer. A plugin that fails to offer its own keeps nobody from using the others'."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection
from typing import TYPE_CHECKING

import click

from volrules.cli.options import Place, found_site
from volrules.cli.reporting import diverted
from volrules.cli.terminal import diagnose
from volrules.errors import VolrulesError
from volrules.wording import described

if TYPE_CHECKING:
    from volrules.host import Implementation


@functools.cache
def commands(taken: Collection[str]) -> dict[str, click.Command]:
    """By name; the first of a name counts, and those that are ``taken`` do not."""
    from volrules.host import FAILURES, spare_interrupts

    offered: dict[str, click.Command] = {}
    with diverted():  # whatever plugins print meanwhile
        for each in _offering():
            try:
                for command in each.call() or ():
                    _offer(command, each, taken, offered)
            except FAILURES as error:
                spare_interrupts(error)
                diagnose(f"{each.plugin} failed in `{each.hook}` ({described(error)})")
    return offered


def _offer(
    command: click.Command, by: Implementation, taken: Collection[str], offered: dict[str, click.Command]
) -> None:
    name = str(command.name)
    if name in taken or name in offered:
        diagnose(f"{by.plugin} offers the command `{name}`, which is there already; its own is left out, rename it")
    else:
        offered[name] = command


def _offering() -> tuple[Implementation, ...]:
    """Who offers some, as the environment and the site at hand have it: options are not read yet."""
    place = Place(
        os.environ.get("VOLRULES_SITE") or found_site(), select=tuple(os.environ.get("VOLRULES_PLUGINS", "").split())
    )
    try:
        host = place.host()
    except VolrulesError:  # told by the commands that need the site
        return ()
    return host.implementations("volrules_commands")
