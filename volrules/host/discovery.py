"""Finds plugins: by the entry points of installed distributions, and the objects an application hands in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import Any, NamedTuple

from volrules.errors import PluginError, VolrulesError
from volrules.hookspecs import PROJECT
from volrules.host.whereabouts import place_of

OPTIONAL = f"{PROJECT}.optional"
"""The entry-point group of plugins that take part only where the site or the command line names them."""


class Found(NamedTuple):
    """A plugin before it is loaded; ``load`` imports it and answers with a module, a class or an object.

    ``optional``: it takes part only where it is asked for. ``module``: the one that it is in.
    """

    name: str
    load: Callable[[], Any]
    distribution: str | None = None
    version: str | None = None
    optional: bool = False
    module: str = ""

    def __str__(self) -> str:
        by = f"{self.distribution} {self.version}" if self.distribution else "the application"
        return f"{by} ({place_of(self.module)})"

    def blamed(self, fault: PluginError) -> PluginError:
        """The fault with the plugin's file, and how to do without the plugin, on each of its lines."""
        place = place_of(self.module)
        lines = (f"{place}: {line} (`-p no:{self.name}` leaves it out)" for line in str(fault).splitlines())
        return PluginError("\n".join(lines))


def discover(given: Iterable[object] = ()) -> tuple[list[Found], dict[str, VolrulesError]]:
    """Every plugin there is, in the order of their names, and what is wrong with the names that two of them claim.

    Of two that claim a name neither is found: which of them would answer is nobody's guess.
    """
    by_name: dict[str, list[Found]] = {}
    installed = (_installed(each) for group in (PROJECT, OPTIONAL) for each in entry_points(group=group))
    for each in (*installed, *map(_handed_in, given)):
        by_name.setdefault(each.name, []).append(each)
    doubles: dict[str, VolrulesError] = {
        name: PluginError(
            f"the name `{name}` is claimed by {' and by '.join(sorted(map(str, claims)))}; remove or rename one"
        )
        for name, claims in by_name.items()
        if len(claims) > 1
    }
    return [claims[0] for _, claims in sorted(by_name.items()) if len(claims) == 1], doubles


def _installed(entry: EntryPoint) -> Found:
    distribution = entry.dist
    if distribution is None:  # pragma: no cover - entry points read from files always have one
        return Found(entry.name, entry.load, module=entry.module)
    is_optional = entry.group == OPTIONAL
    return Found(entry.name, entry.load, distribution.name, distribution.version, is_optional, entry.module)


def module(name: str) -> Found:
    """A plugin that is named by its module."""
    return Found(name, lambda: import_module(name), module=name)


def _handed_in(plugin: object) -> Found:
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    name = getattr(plugin, "name", None) or getattr(plugin, "__name__", None) or kind.__name__
    home = plugin.__name__ if inspect.ismodule(plugin) else kind.__module__
    return Found(str(name), lambda: plugin, module=home)
