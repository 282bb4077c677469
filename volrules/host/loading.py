"""Turns a plugin that was found into one that can be asked: imported, its options checked, instantiated."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from volrules.errors import PluginError, SiteError
from volrules.host.discovery import Found
from volrules.host.options import checked_options
from volrules.host.plugin import FAILURES, OWN, Plugin, spare_interrupts
from volrules.site import PluginSettings, Site
from volrules.wording import described


def load(found: Found, settings: PluginSettings, site: Site) -> Plugin:
    """The plugin, ready. Raises PluginError where it cannot be used, SiteError where its options are wrong."""
    plugin = Plugin(found.name, found.distribution, found.version, settings.failure_policy, settings.timeout)
    try:
        if plugin.distribution not in (None, OWN):
            _require_fit(plugin)
        loaded = found.load()
        options = checked_options(plugin, loaded, settings.options, site)
        return replace(plugin, options=options, given=settings.options, instance=_instance(plugin, loaded, options))
    except (PluginError, SiteError):
        raise
    except FAILURES as error:
        spare_interrupts(error)
        raise PluginError(f"{plugin} cannot be loaded: {described(error)}") from error


def _require_fit(plugin: Plugin) -> None:
    from volrules.host.requirements import unmet_by_host  # lazily: only vendors' plugins come apart from volrules

    reason = unmet_by_host(str(plugin.distribution))
    if reason is not None:
        raise PluginError(f"{plugin} {reason}")


def _instance(plugin: Plugin, loaded: Any, options: Mapping[str, Any]) -> object:
    if not inspect.isclass(loaded):
        return loaded
    make: Any = loaded
    if loaded.__init__ is object.__init__:
        return make()
    try:
        inspect.signature(loaded).bind(options)
    except TypeError as error:
        raise PluginError(
            f"{plugin}: `{loaded.__name__}` cannot be made with its options; write `def __init__(self, options)`"
        ) from error
    return make(options)
