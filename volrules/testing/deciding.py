"""One plugin beside the built-in ones: how it takes part in a decision, and nobody else's plugins with it."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from volrules.engine import Caller, Engine
from volrules.hookspecs import PROJECT
from volrules.host import OWN
from volrules.host.discovery import OPTIONAL
from volrules.model import Decision
from volrules.testing.builders import a_context, a_request, a_site, an_inventory


def decide(
    plugin: object,
    request: Any = None,
    *,
    options: Mapping[str, Any] | None = None,
    context: Caller = None,
    site: Mapping[str, Any] | None = None,
    inventory: Mapping[str, Any] | None = None,
) -> Decision:
    """The decision on a body with this plugin beside the built-in ones; other installed plugins take no part.

    ``plugin``: a module, a class or an object; it need not be installed. ``request``: a body, :func:`a_request` by
    default, as ``context``, ``site`` and ``inventory`` have their builders. ``options``: the plugin's, as a site
    gives them. Raises what ``Engine.open`` raises: PluginError for a plugin that cannot be used, SiteError for options
    that do not fit.
    """
    with open_engine(plugin, options, site, inventory) as engine:
        return engine.check(a_request() if request is None else request, a_context() if context is None else context)


def open_engine(
    plugin: object,
    options: Mapping[str, Any] | None = None,
    site: Mapping[str, Any] | None = None,
    inventory: Mapping[str, Any] | None = None,
) -> Engine:
    """An engine with this plugin, for several decisions; close it, or use it as a context manager."""
    name = named(plugin)
    document = dict(a_site() if site is None else site)
    settings = {**_others(name), name: {}, **document.get("plugins", {})}
    if options is not None:
        settings[name] = {**settings[name], "options": dict(options)}
    document["plugins"] = settings
    existing = an_inventory() if inventory is None else inventory
    return Engine.open(document, inventory=existing, plugins=() if _installed_as(plugin) else (plugin,))


def named(plugin: object) -> str:
    """What sites call the plugin: its entry point's name where it is installed, else its ``name`` or its class's."""
    installed = _installed_as(plugin)
    if installed is not None:
        return installed
    kind = plugin if inspect.isclass(plugin) else type(plugin)
    return str(getattr(plugin, "name", None) or getattr(plugin, "__name__", None) or kind.__name__)


def _installed_as(plugin: object) -> str | None:
    installed = (*entry_points(group=PROJECT), *entry_points(group=OPTIONAL))
    return next((each.name for each in installed if each.value == _address(plugin)), None)


def _address(plugin: object) -> str | None:
    """What an entry point would say; None for an object, which no entry point can name."""
    if isinstance(plugin, ModuleType):
        return plugin.__name__
    return f"{plugin.__module__}:{plugin.__qualname__}" if inspect.isclass(plugin) else None


def _others(name: str) -> dict[str, Any]:
    """The settings that keep every other vendor's plugin out of it."""
    installed = (each for each in entry_points(group=PROJECT) if each.dist is None or each.dist.name != OWN)
    return {each.name: {"enabled": False} for each in installed if each.name != name}
