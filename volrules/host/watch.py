"""Runs work that calls plugins on a kept thread, and walks away from it when a call does not come back.

One hand-off serves a whole conversation, whatever it does between its questions.

What a timeout cannot do: stop the call. The thread is abandoned, and what the plugin does there goes on.
"""

from __future__ import annotations

from contextvars import Context, copy_context
from functools import partial
from threading import TIMEOUT_MAX
from time import monotonic
from typing import Any

from volrules.conversation import A, Q, R
from volrules.host.jobs import Answering, Job, Slot, Talk
from volrules.host.patience import PluginTimeout, call
from volrules.host.plugin import Implementation
from volrules.host.workers import idle_worker

HANGS = 3
PAUSE = 60.0
_LOOKS = 8
"""How often one who waits looks at what is going on, within the shortest timeout: so exact is a timeout."""


class Suspended(Exception):
    """A plugin is not called for a while, because it has hung again and again."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(
            f"{by.plugin} has hung {HANGS} times and is not asked for {PAUSE:g} s; raise its timeout, or leave it out"
        )


class Watch:
    """Runs work, and counts which plugins hung. Safe to share between threads.

    ``hangs``: how often, and until when they are to be left alone, by plugin's name.
    """

    def __init__(self) -> None:
        self.hangs: dict[str, tuple[int, float]] = {}

    def admits(self, by: Implementation, slot: Slot) -> bool:
        """Whether a call is to be made, where that is not a matter of course. Raises Hung, Suspended."""
        if not slot.asks(by.plugin):
            return False
        self._require_sound(by)
        return True

    def ask(self, by: Implementation, *arguments: Any) -> Any:
        """The answer of one call outside a decision.

        What ships with volrules is asked inline: it is known to come back.
        Raises what the call raises, PluginTimeout, Suspended.
        """
        if by.plugin.is_own:
            return by.call(*arguments)
        self._require_sound(by)
        try:
            return call(by, *arguments)
        except PluginTimeout:
            self._count(by.plugin.name)
            raise

    def run(self, talk: Talk[Q, A, R], answer: Answering[Q, A], patience: float) -> R:
        """What a conversation comes to, had on a kept thread, its questions answered there one by one.

        ``patience``: seconds, the shortest timeout of the plugins that may be called. Where a call hangs, its
        question is answered again, on another thread, with that plugin skipped, and the conversation goes on there.
        Raises what the conversation or an answer raises.
        """
        job, context = Job(talk, answer), copy_context()
        while (left := self._taken_on(job, context, patience)) is not None:
            job, context = left, context.copy()
        return job.outcome()

    def _taken_on(self, job: Job[Q, A, R], context: Context, patience: float) -> Job[Q, A, R] | None:
        """Have a job done; where it hangs, what is left of it."""
        worker = idle_worker()
        worker.give(partial(context.run, job.run))
        try:
            left = self._left(job, patience)
        except BaseException:  # interrupted: what the job is in goes on without anybody who waits for it
            job.abandon()
            worker.dismiss()
            raise
        if left is None:
            worker.park()
        else:
            worker.dismiss()
        return left

    def _left(self, job: Job[Q, A, R], patience: float) -> Job[Q, A, R] | None:
        """Wait for a job; where it hangs, what is left of it."""
        # That calls look at the clock would cost each of them more than all the rest of being watched.
        at, since = job.at(), monotonic()
        while not job.undone.acquire(timeout=min(patience / _LOOKS, TIMEOUT_MAX)):
            now = job.at()
            if now is None or at is None or not now.is_still(at):
                at, since = now, monotonic()
                continue
            (by,) = now.call
            if monotonic() - since >= (by.plugin.timeout or patience) and (left := job.without(now)) is not None:
                self._count(by.plugin.name)
                return left
        return None

    def _require_sound(self, by: Implementation) -> None:
        """Raise Suspended where the plugin has hung so often that for now it is not asked at all."""
        hangs, until = self.hangs.get(by.plugin.name, (0, 0.0))
        if hangs >= HANGS and monotonic() < until:
            raise Suspended(by)

    def _count(self, plugin: str) -> None:
        hangs, until = self.hangs.get(plugin, (0, 0.0))
        again = hangs + 1 if hangs < HANGS or monotonic() < until else 1
        self.hangs[plugin] = (again, monotonic() + PAUSE)
