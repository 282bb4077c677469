"""Who answers which hook, in which order, and why: what an operator looks at before trusting a site."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from volrules.host import Host
from volrules.host.plugin import Implementation
from volrules.host.verification import SPECS
from volrules.site import Site

_FIRST = ("volrules_find_", "volrules_resolve_")
_ONE = {"volrules_create_key": "key_manager", "volrules_delete_key": "key_manager", "volrules_dispatch": "dispatcher"}
"""The hooks that one plugin answers, with the site's key that says which."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One plugin's place in a hook's order; ``why`` it has it."""

    plugin: str
    version: str | None
    why: str


@dataclass(frozen=True, slots=True)
class Order:
    """One hook. ``counts``: whose answer does: the first, all, or the one that the site chose.

    ``rivals``: vendors' plugins that fill in the same field, of which all but the first may go unheard.
    """

    hook: str
    counts: str
    turns: tuple[Turn, ...]
    rivals: tuple[str, ...]


def orders(host: Host) -> Iterator[Order]:
    """Every hook that somebody implements, in the order in which the engine calls them."""
    for hook in SPECS:
        implementations = host.implementations(hook)
        if implementations:
            turns = tuple(_turn(each, host.site) for each in implementations)
            yield Order(hook, _counts(hook), turns, _rivals(hook, implementations))


def _turn(each: Implementation, site: Site) -> Turn:
    return Turn(each.plugin.name, each.plugin.version, _choice(each, site) if each.hook in _ONE else _why(each))


def _choice(each: Implementation, site: Site) -> str:
    return "the site's choice" if each.plugin.name == getattr(site, _ONE[each.hook]) else "not chosen"


def _why(each: Implementation) -> str:
    if each.precedence is not None:
        return each.precedence
    return "ships with volrules" if each.plugin.is_own else "by name"


def _counts(hook: str) -> str:
    if hook.startswith(_FIRST):
        return "first"
    return "one" if hook in _ONE else "all"


def _rivals(hook: str, implementations: tuple[Implementation, ...]) -> tuple[str, ...]:
    vendors = tuple(each.plugin.name for each in implementations if not each.plugin.is_own)
    return vendors if hook.startswith("volrules_resolve_") and len(vendors) > 1 else ()
