"""``volrules plugins``: who takes part in decisions. Works, and says why, where no engine would open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from volrules.cli.options import Place, format_option, select_option, site_option
from volrules.cli.records import show
from volrules.cli.terminal import diagnose

if TYPE_CHECKING:
    from volrules.host import Host

_COLUMNS = ("name", "distribution", "version", "hooks")
_PREFIX = "volrules_"


@click.command()
@site_option
@select_option
@format_option
def plugins(site: str | None, select: tuple[str, ...], text_format: str) -> None:
    """List the plugins that take part and the hooks they implement."""
    host = Place(site, select=select).host()
    records = list(_loaded(host))
    if text_format == "text":
        records = [{**each, "hooks": _listed(each["hooks"])} for each in records]
    show(records, _COLUMNS, text_format)
    for fault in host.faults:
        diagnose(fault)


def _loaded(host: Host) -> Iterator[dict[str, Any]]:
    from volrules.host import SPECS

    taking_part = {hook: [each.plugin.name for each in host.implementations(hook)] for hook in SPECS}
    for plugin in sorted(host.plugins.values(), key=lambda each: each.name):
        hooks = [hook for hook, names in taking_part.items() if plugin.name in names]
        yield {"name": plugin.name, "distribution": plugin.distribution, "version": plugin.version, "hooks": hooks}


def _listed(hooks: list[str]) -> str:
    return ", ".join(hook.removeprefix(_PREFIX) for hook in hooks)
