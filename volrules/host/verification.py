"""Refuses what pluggy would let pass: hooks that are misspelt, unmarked, wrapped, or want what they will not get."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from typing import Any

import pluggy

from volrules import hookspecs
from volrules.wording import did_you_mean

OPTIONS = "volrules_options_schema"
"""Asked of a class before there is an instance to register, so its mark is of no consequence."""

SPECS: Mapping[str, tuple[str, ...]] = {
    name: tuple(inspect.signature(function).parameters)
    for name, function in vars(hookspecs).items()
    if name.startswith(f"{hookspecs.PROJECT}_") and callable(function)
}
"""Every hook and its arguments, in the order in which the engine calls them."""

_EVERYBODYS = frozenset(dir(type("", (), {})()))


class Manager(pluggy.PluginManager):
    """Passes over what every object has: it is no hook, and most of what there is to look at."""

    def parse_hookimpl_opts(self, plugin: object, name: str) -> pluggy.HookimplOpts | None:
        return None if name in _EVERYBODYS else super().parse_hookimpl_opts(plugin, name)


def complaints(manager: pluggy.PluginManager, plugin: object) -> Iterator[str]:
    """What is wrong with a plugin's hook implementations, each as the end of a sentence."""
    for attribute in dir(plugin):
        options = manager.parse_hookimpl_opts(plugin, attribute)
        if options is not None:
            yield from _of_implementation(getattr(plugin, attribute), options.get("specname") or attribute, options)
        elif attribute in SPECS and attribute != OPTIONS and inspect.isroutine(getattr(plugin, attribute)):
            yield f"defines `{attribute}` without marking it; put @hookimpl before it"


def _of_implementation(function: Any, hook: str, options: Mapping[str, Any]) -> Iterator[str]:
    if hook not in SPECS:
        yield f"implements `{hook}`, which is no hook; {did_you_mean(hook, SPECS)}"
        return
    if options.get("wrapper") or options.get("hookwrapper"):
        yield f"wraps `{hook}`; what a wrapper does can be neither attributed nor timed, implement the hook instead"
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in SPECS[hook]:
            known = ", ".join(SPECS[hook]) or "none"
            yield f"wants the argument `{name}` in `{hook}`, whose arguments are: {known}"
        elif parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            yield f"takes `{parameter}` in `{hook}`, which stays empty; name the arguments that are wanted"
        elif parameter.default is not parameter.empty:
            yield f"gives the argument `{name}` of `{hook}` a default; it is always passed, remove the default"
