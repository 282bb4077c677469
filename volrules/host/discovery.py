"""Finds plugins: by the entry points of installed distributions, and the objects an application hands in."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from volrules.errors import PluginError, VolrulesError
from volrules.hookspecs import PROJECT


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin before it is loaded; ``load`` imports it and answers with a module, a class or an object."""

    name: str
    load: Callable[[], Any]
    distribution: str | None = None
    version: str | None = None

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}" if self.distribution else "the application"


def discover(given: Iterable[object] = ()) -> tuple[list[Found], list[VolrulesError]]:
    """Every plugin there is, in the order of their names, and the names that two of them claim.

    Of two that claim a name neither is found: which of them would answer is nobody's guess.
    """
    by_name: dict[str, list[Found]] = {}
    for each in (*map(_installed, entry_points(group=PROJECT)), *map(_handed_in, given)):
        by_name.setdefault(each.name, []).append(each)
    doubles: list[VolrulesError] = [
        PluginError(
            f"the name `{name}` is claimed by {' and by '.join(sorted(map(str, claims)))}; remove or rename one"
        )
        for name, claims in by_name.items()
        if len(claims) > 1
    ]
    return [claims[0] for _, claims in sorted(by_name.items()) if len(claims) == 1], doubles


def _installed(entry: EntryPoint) -> Found:
    distribution = entry.dist
    if distribution is None:  # pragma: no cover - entry points read from files always have one
        return Found(entry.name, entry.load)
    return Found(entry.name, entry.load, distribution.name, distribution.version)


def _handed_in(plugin: object) -> Found:
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    name = getattr(plugin, "name", None) or getattr(plugin, "__name__", None) or kind.__name__
    return Found(str(name), lambda: plugin)
