"""The plugin host: finds plugins, verifies and orders them, and knows by name who implements what.

pluggy registers and orders; the host takes each hook's implementations once, into flat tuples,
so that every answer and every fault keeps its plugin's name and a call costs a function call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any

import pluggy

from volrules import hookspecs
from volrules.errors import PluginError, Problem, SiteError, VolrulesError
from volrules.host.discovery import Found, discover
from volrules.host.loading import load
from volrules.host.plugin import FAILURES as FAILURES
from volrules.host.plugin import OWN as OWN
from volrules.host.plugin import Implementation as Implementation
from volrules.host.plugin import Plugin as Plugin
from volrules.host.verification import SPECS as SPECS
from volrules.host.verification import complaints
from volrules.site import PluginSettings, Site
from volrules.wording import did_you_mean


class Host:
    """The plugins of one engine.

    ``plugins``: those that can be used, by name. ``faults``: what is wrong with the others and with the site's
    words about plugins; a host with faults can be looked at, but no engine opens on it.
    """

    def __init__(self, site: Site, given: Iterable[object] = (), finders: Mapping[str, object] | None = None) -> None:
        """Load what is installed and not disabled, and what is ``given``; ``finders`` answer look-ups last."""
        self._manager = pluggy.PluginManager(hookspecs.PROJECT)
        self._manager.add_hookspecs(hookspecs)
        self.plugins: dict[str, Plugin] = {}
        self.faults: list[VolrulesError] = []
        found, doubles = discover(given)
        self.faults += [*doubles, *_unknown(site, found)]
        # INVARIANT: pluggy asks the last registered first. Vendors come before what ships with volrules, so the
        # built-in rules are heard first and, being marked trylast, resolve and find last; the finders come after all.
        vendors = [each for each in found if each.distribution != OWN]
        built_in = [each for each in found if each.distribution == OWN]
        for each in (*reversed(vendors), *reversed(built_in)):
            settings = site.plugins.get(each.name, PluginSettings())
            if settings.enabled:
                self._add(partial(load, each, settings, site.document))
        for name, finder in (finders or {}).items():
            self._add(partial(Plugin, name, OWN, instance=finder))

    def require_sound(self) -> None:
        """Raise the first kind of fault there is: SiteError or PluginError."""
        for fault in self.faults:
            raise fault

    def implementations(self, hook: str) -> tuple[Implementation, ...]:
        """Who implements the hook, in the order in which they are asked."""
        caller = getattr(self._manager.hook, hook)
        return tuple(
            Implementation(self.plugins[each.plugin_name], hook, _by_position(each, SPECS[hook]))
            for each in reversed(caller.get_hookimpls())
        )

    def chosen(self, hook: str, name: str, key: str) -> Implementation:
        """The one plugin that the site chose for a hook; SiteError when it is not there or does not implement it."""
        known = {each.plugin.name: each for each in self.implementations(hook)}
        if name not in known:
            hint = did_you_mean(name, known)
            raise SiteError("site", [Problem(key, f"no plugin `{name}` that implements {hook} is installed; {hint}")])
        return known[name]

    def close(self) -> None:
        """Close the plugins that can be closed."""
        for plugin in self.plugins.values():
            close = getattr(plugin.instance, "close", None)
            if callable(close):
                close()

    def _add(self, make: Callable[[], Plugin]) -> None:
        try:
            plugin = make()
            wrong = list(complaints(self._manager, plugin.instance))
            if wrong:
                raise PluginError("\n".join(f"{plugin} {each}" for each in wrong))
            self._manager.register(plugin.instance, plugin.name)
            self.plugins[plugin.name] = plugin
        except VolrulesError as fault:
            self.faults.append(fault)


def _unknown(site: Site, found: list[Found]) -> list[VolrulesError]:
    names = [each.name for each in found]
    problems = [
        Problem(f"plugins.{name}", f"no plugin `{name}` is installed; {did_you_mean(name, names)}")
        for name in site.plugins
        if name not in names
    ]
    return [SiteError("site", problems)] if problems else []


def _by_position(implementation: pluggy.HookImpl, arguments: tuple[str, ...]) -> Callable[..., Any]:
    wanted = implementation.argnames
    function: Callable[..., Any] = implementation.function
    if wanted == arguments:
        return function
    picks = [arguments.index(name) for name in wanted]
    return lambda *given: function(*[given[index] for index in picks])
