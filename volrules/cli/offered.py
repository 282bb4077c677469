"""The commands that plugins offer. A plugin that fails to offer its own keeps nobody from using the others'."""

from __future__ import annotations

import functools
import os
import sys
from contextlib import redirect_stdout

import click

from volrules.cli.faults import described
from volrules.cli.options import Place, found_site
from volrules.cli.terminal import diagnose
from volrules.errors import VolrulesError


@functools.cache
def commands() -> dict[str, click.Command]:
    """By name; the first of a name counts."""
    from volrules.host import FAILURES

    try:
        with redirect_stdout(sys.stderr):  # whatever a plugin prints while it is imported
            host = Place(os.environ.get("VOLRULES_SITE") or found_site()).host()
    except VolrulesError:  # told by the commands that need the site
        return {}
    offered: dict[str, click.Command] = {}
    for each in host.implementations("volrules_commands"):
        try:
            for command in each.call() or ():
                offered.setdefault(str(command.name), command)
        except FAILURES as error:
            diagnose(f"{each.plugin} failed in `{each.hook}` ({described(error)})")
    return offered
