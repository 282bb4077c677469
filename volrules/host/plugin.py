"""A plugin as the host knows it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from volrules.codes import built_in
from volrules.documents import empty
from volrules.violations import Enforcement, Violation

OWN = "volrules"
FAILURES = (BaseException,)
"""What a plugin may raise and still be only its own fault: anything, once :func:`spare_interrupts` has seen it."""


def spare_interrupts(error: BaseException) -> None:
    """Raise an error again that is nobody's fault: Ctrl-C, which reaches the main thread alone."""
    if isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread():
        raise error


@dataclass(frozen=True, slots=True)
class Plugin:
    """Who answers: ``name`` is what sites and messages call it; ``timeout``: seconds, None for no limit.

    ``options``: checked and filled in; ``given``: what of them the site says.
    """

    name: str
    distribution: str | None = None
    version: str | None = None
    failure_policy: Literal["fail", "ignore"] = "fail"
    timeout: float | None = None
    options: Mapping[str, Any] = field(default_factory=empty, repr=False)
    given: Mapping[str, Any] = field(default_factory=empty, repr=False)
    instance: object = None

    @property
    def is_own(self) -> bool:
        """Whether it ships with volrules."""
        return self.distribution == OWN

    @property
    def label(self) -> str:
        """The name in violations and provenance: what ships with volrules answers as volrules."""
        return OWN if self.is_own else self.name

    def failure(self, hook: str, rule: str) -> Violation:
        """What a decision says of its failing, enforced by its failure policy; what it raised is for the log alone."""
        params = {"plugin": self.name, "distribution": self.distribution, "version": self.version, "hook": hook}
        message = f"{self} failed in `{hook}`; ask the operator to look into the log"
        enforcement: Enforcement = "warn" if self.failure_policy == "ignore" else "deny"
        return built_in("plugin.failed", "", message, **params).attributed(rule, self.label, enforcement)

    def __str__(self) -> str:
        origin = f" ({self.distribution} {self.version})" if self.distribution else ""
        return f"plugin `{self.name}`{origin}"


class Implementation(NamedTuple):
    """One plugin's implementation of one hook; ``call`` takes the hook's arguments by position.

    ``precedence``: tryfirst, trylast, or None for the order of the names.
    """

    plugin: Plugin
    hook: str
    call: Callable[..., Any]
    precedence: Literal["tryfirst", "trylast"] | None = None
