"""``volrules plugins``: who takes part in decisions. Works, and says why, where no engine would open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from volrules.cli.exits import Exit
from volrules.cli.leniency import leniency, softened
from volrules.cli.options import Place, format_option, select_option, site_option
from volrules.cli.records import plain, show, show_document
from volrules.cli.soundness import faults_of
from volrules.cli.terminal import diagnose, table, write

if TYPE_CHECKING:
    from volrules.host import Host
    from volrules.host.survey import Order

_COLUMNS = ("name", "distribution", "version", "failure_policy", "timeout", "options", "hooks")
_PREFIX = "volrules_"


@click.command()
@site_option
@select_option
@format_option
def plugins(site: str | None, select: tuple[str, ...], text_format: str) -> int:
    """List the plugins that take part, and for every hook who answers it, in which order and why.

    Exits with 5 where no engine would open, and says why.
    """
    from volrules.extension import declared_keys
    from volrules.host.survey import orders

    place = Place(site, select=select)
    host = place.host()
    found, keys = list(orders(host)), declared_keys(host)
    faults = faults_of(place, host)
    records = list(_plugins(host, found))
    if text_format == "text":
        show([_readable(each) for each in records], _COLUMNS, text_format)
        write(f"\n{_in_order(found)}{softened(host.site)}")
    elif text_format == "json":
        told = [str(each) for each in faults]
        hooks = plain(found)
        show_document({"plugins": records, "hooks": hooks, "keys": keys, **leniency(host.site), "faults": told})
    else:
        show(records, _COLUMNS, text_format)
    for each in (*_notices(found, keys), *faults):
        diagnose(each)
    return Exit.CONFIGURATION if faults else Exit.ACCEPTED


def _notices(found: list[Order], keys: dict[str, list[str]]) -> Iterator[str]:
    for order in found:
        if order.rivals:
            yield f"{', '.join(order.rivals)} all answer {order.hook}; only the first to answer is heard"
    for key, names in keys.items():
        if len(names) > 1:
            yield f"{', '.join(names)} all declare the request key `{key}`; a request has to please all of them"


def _plugins(host: Host, found: list[Order]) -> Iterator[dict[str, Any]]:
    for plugin in sorted(host.plugins.values(), key=lambda each: each.name):
        yield {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "failure_policy": plugin.failure_policy,
            "timeout": plugin.timeout,
            "options": plain(plugin.given),
            "hooks": [order.hook for order in found if plugin.name in (turn.plugin for turn in order.turns)],
        }


def _readable(record: dict[str, Any]) -> dict[str, Any]:
    hooks = ", ".join(hook.removeprefix(_PREFIX) for hook in record["hooks"])
    return {**record, "hooks": hooks, "options": record["options"] or ""}


def _in_order(found: list[Order]) -> str:
    rows = [
        [order.hook, order.counts, " → ".join(f"{turn.plugin} ({turn.why})" for turn in order.turns)] for order in found
    ]
    return table(("hook", "counts", "asked in order"), rows)
