"""Which plugins take part, beside what the site says: ``NAME`` does, ``no:NAME`` does not and is not even imported."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from volrules.host.discovery import Found
from volrules.site import Site

_BLOCK = "no:"


class Selection(NamedTuple):
    """Names from the command line or the environment; they overrule the site."""

    wanted: frozenset[str] = frozenset()
    blocked: frozenset[str] = frozenset()

    @classmethod
    def of(cls, words: Iterable[str]) -> Selection:
        """Of words such as ``acme`` and ``no:acme``; of contradicting ones the last counts."""
        verdicts = {word.removeprefix(_BLOCK): not word.startswith(_BLOCK) for word in words}
        wanted = frozenset(name for name, verdict in verdicts.items() if verdict)
        return cls(wanted, frozenset(verdicts) - wanted)

    def names(self) -> frozenset[str]:
        """Every plugin that is spoken of."""
        return self.wanted | self.blocked

    def admits(self, found: Found, site: Site) -> bool:
        """Whether the plugin takes part: by these words, else by the site, else unless it is optional."""
        if found.name in self.names():
            return found.name in self.wanted
        settings = site.plugins.get(found.name)
        return settings.enabled if settings is not None else not found.optional
