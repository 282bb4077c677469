"""One implementation in its place in the pipeline: what decisions call, and what its answers are credited with."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from volrules.host import Implementation, spare_interrupts
from volrules.host.jobs import Hung
from volrules.model import Provenance
from volrules.violations import Violation

log = logging.getLogger(__name__)

ORIGINS = (
    "request",
    "snapshot",
    "source_volume",
    "backup",
    "image",
    "volume_type",
    "site_default",
    "fallback",
)


class Credits(dict[str, Provenance]):
    """The provenance of what one implementation answers, by origin; ready for the origins that the rules have."""

    def __init__(self, rule: str, plugin: str) -> None:
        super().__init__({origin: Provenance(origin, rule, plugin) for origin in ORIGINS})
        self._by = rule, plugin

    def __missing__(self, origin: str) -> Provenance:
        return Provenance(origin, *self._by)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One implementation in its place; ``rule`` is the stage that it speaks for.

    ``call``: of the draft; a finder's: of a name and the caller's context, after the draft where it is a vendor's.
    ``own``: it ships with volrules. It is shown the draft itself, and is believed; a vendor's is shown what it cannot
    change, and what it answers is checked.
    """

    call: Callable[..., Any]
    by: Implementation
    rule: str
    own: bool
    credits: Credits

    def failed(self, error: BaseException) -> Violation:
        """What a decision says of the error that it raised, enforced by its plugin's failure policy."""
        spare_interrupts(error)
        hook = error.by.hook if type(error) is Hung else self.by.hook
        log.error("%s failed in %s", self.by.plugin, hook, exc_info=error)
        return self.by.plugin.failure(hook, self.rule)
