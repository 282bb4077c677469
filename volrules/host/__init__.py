"""The plugin host: finds plugins, verifies and orders them, and knows by name who implements what.

pluggy registers and orders; the host takes each hook's implementations once, into flat tuples,
so that every answer and every fault keeps its plugin's name and a call costs a function call.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

import pluggy

from volrules import hookspecs
from volrules.errors import PluginError, Problem, SiteError, VolrulesError
from volrules.host.discovery import Found, discover, module
from volrules.host.loading import load
from volrules.host.plugin import FAILURES as FAILURES
from volrules.host.plugin import OWN as OWN
from volrules.host.plugin import Implementation as Implementation
from volrules.host.plugin import Plugin as Plugin
from volrules.host.plugin import spare_interrupts as spare_interrupts
from volrules.host.selection import Selection
from volrules.host.verification import SPECS as SPECS
from volrules.host.verification import Manager, complaints
from volrules.site import PluginSettings, Site
from volrules.wording import did_you_mean

log = logging.getLogger(__name__)


class Host:
    """The plugins of one engine.

    ``site``: the one it was opened for. ``plugins``: those that can be used, by name; ``unusable``: the other names.
    ``faults``: what is wrong with those and with the site's words about plugins; such a host can be looked at, but no
    engine opens on it.
    """

    def __init__(
        self,
        site: Site,
        given: Iterable[object] = (),
        finders: Mapping[str, object] | None = None,
        select: Iterable[str] = (),
    ) -> None:
        """Load what is installed and not disabled, and what is ``given``; ``finders`` answer look-ups last.

        ``select``: names of plugins or modules that take part all the same, and ``no:NAME`` of those that do not.
        """
        self.site = site
        self._manager = Manager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, Plugin] = {}
        self.faults: list[VolrulesError] = []
        found, doubles = discover(given)
        self.unusable = set(doubles)
        selection = Selection.of(select)
        installed = {each.name for each in found} | set(doubles)
        found += [module(name) for name in sorted(selection.wanted - installed)]
        self.faults += [fault for name, fault in doubles.items() if selection.admits(Found(name, object), site)]
        self.faults += [*_misnamed(site, selection, installed), *_unmet(site)]
        for each in sorted(found, key=lambda each: each.name):
            if selection.admits(each, site):
                settings = site.plugins.get(each.name, PluginSettings())
                self._add(each, partial(load, each, settings, site))
        for name, finder in (finders or {}).items():
            self._add(Found(name, object), partial(Plugin, name, OWN, instance=finder))

    def require_sound(self) -> None:
        """Raise the first fault there is, a SiteError or PluginError, with a note of how many more there are."""
        for fault in self.faults:
            more = len(self.faults) - 1
            if more:
                fault.add_note(f"{more} more {'fault' if more == 1 else 'faults'}; `volrules plugins` shows all")
            raise fault

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Who implements the hook, in the order in which they are asked."""
        caller = getattr(self._manager.hook, hook)
        found = [
            Implementation(self.plugins[each.plugin_name], hook, _by_position(each, SPECS[hook]), _precedence(each))
            for each in caller.get_hookimpls()
        ]
        return tuple(sorted(found, key=self._turn))

    def _turn(self, each: Implementation) -> tuple[int, bool, int]:
        """When an implementation is asked: by its precedence, then vendors last, or where trylast first; then by name.

        The finders, which were added last, are asked after everybody else.
        """
        rank = ("tryfirst", None, "trylast").index(each.precedence)
        own = each.plugin.is_own
        return rank, own == (each.precedence == "trylast"), list(self.plugins).index(each.plugin.name)

    def chosen(self, hook: str, name: str, key: str) -> Implementation:
        """The one plugin that the site chose for a hook; SiteError when it is not there or does not implement it."""
        known = {each.plugin.name: each for each in self.implementations(hook)}
        if name not in known:
            hint = did_you_mean(name, known)
            raise SiteError(
                self.site.name, [Problem(key, f"no plugin `{name}` that implements {hook} is installed; {hint}")]
            )
        return known[name]

    def close(self) -> None:
        """Close the plugins that can be closed; one that fails keeps none of the others open."""
        for plugin in self.plugins.values():
            close = getattr(plugin.instance, "close", None)
            if callable(close):
                try:
                    close()
                except FAILURES as error:
                    spare_interrupts(error)
                    log.error("%s failed to close", plugin, exc_info=error)

    def _add(self, found: Found, make: Callable[[], Plugin]) -> None:
        try:
            plugin = make()
            wrong = list(complaints(self._manager, plugin.instance))
            if wrong:
                raise PluginError("\n".join(f"{plugin} {each}" for each in wrong))
            self._manager.register(plugin.instance, plugin.name)
            self.plugins[plugin.name] = plugin
        except VolrulesError as fault:
            self.unusable.add(found.name)
            self.faults.append(found.blamed(fault) if isinstance(fault, PluginError) else fault)


def _misnamed(site: Site, selection: Selection, installed: set[str]) -> list[VolrulesError]:
    """The names that the site or the selection has for plugins that are not there."""
    problems = [
        Problem(f"plugins.{name}", f"no plugin `{name}` is installed; {did_you_mean(name, installed)}")
        for name in site.plugins
        if name not in installed | selection.wanted
    ]
    faults: list[VolrulesError] = [SiteError(site.name, problems)] if problems else []
    for name in sorted(selection.blocked - installed):
        faults.append(PluginError(f"no plugin `{name}` is there to be blocked; {did_you_mean(name, installed)}"))
    return faults


def _unmet(site: Site) -> list[VolrulesError]:
    if not site.required:
        return []
    from volrules.host.requirements import unmet  # lazily: few sites require anything

    problems = [Problem("required", f"`{text}` {reason}") for text, reason in unmet(site.required)]
    return [SiteError(site.name, problems)] if problems else []


def _precedence(implementation: pluggy.HookImpl) -> Literal["tryfirst", "trylast"] | None:
    if implementation.tryfirst:
        return "tryfirst"
    return "trylast" if implementation.trylast else None


def _by_position(implementation: pluggy.HookImpl, arguments: tuple[str, ...]) -> Callable[..., Any]:
    wanted = implementation.argnames
    function: Callable[..., Any] = implementation.function
    if wanted == arguments:
        return function
    picks = [arguments.index(name) for name in wanted]
    return lambda *given: function(*[given[index] for index in picks])
