"""Tells observers what happened; their failures are logged and change nothing."""

from __future__ import annotations

import logging
from typing import Any, Literal

from volrules.documents import freeze
from volrules.host import FAILURES, Host, spare_interrupts
from volrules.host.watch import Watch
from volrules.order import Decided

log = logging.getLogger(__name__)

Name = Literal["decided", "created", "dispatched", "failed", "deleted"]


class Events:
    """The observers of one host; safe to share between threads."""

    def __init__(self, host: Host, watch: Watch) -> None:
        self._watch = watch
        self._observers = host.implementations("volrules_on_event")

    def __bool__(self) -> bool:
        """Whether anyone observes: what nobody hears need not be put together."""
        return bool(self._observers)

    def decided(self, decided: Decided) -> None:
        """Tell of a decision."""
        if self:
            order, decision, nanoseconds = decided
            told = {"decision": decision.to_dict(), "request": order.body, "context": order.context.to_dict()}
            self.tell("decided", **told, metrics={"timer_volrules_decide_ns": nanoseconds})

    def tell(self, name: Name, **members: Any) -> None:
        """Call all observers with ``{"event": name, …}``, read-only."""
        event = freeze({"event": name, **members})
        for each in self._observers:
            try:
                self._watch.ask(each, event)
            except FAILURES as error:
                spare_interrupts(error)
                log.error("%s failed in %s", each.plugin, each.hook, exc_info=error)
