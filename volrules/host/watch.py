"""Runs work that calls plugins on a kept thread, and walks away from it when a call does not come back.

One hand-off serves as many pieces of work as there are.

What a timeout cannot do: stop the call. The thread is abandoned, and what the plugin does there goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import TIMEOUT_MAX
from time import monotonic
from typing import Any

from volrules.documents import Document
from volrules.host.jobs import Hung, Job, T, Work, watched
from volrules.host.patience import PluginTimeout, call
from volrules.host.plugin import Implementation
from volrules.host.workers import idle_worker
from volrules.model.known import Ask, Known

HANGS = 3
PAUSE = 60.0
_LISTS = (tuple, list)
_LOOKS = 8
"""How often one who waits looks at what is going on, within the shortest timeout: so exact is a timeout."""


class Suspended(Exception):
    """A plugin is not called for a while, because it has hung again and again."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(
            f"{by.plugin} has hung {HANGS} times and is not asked for {PAUSE:g} s; raise its timeout, or leave it out"
        )


class Watch:
    """Runs work, and counts which plugins hung. Safe to share between threads."""

    def __init__(self) -> None:
        self._hangs: dict[str, tuple[int, float]] = {}

    def guarded(self, by: Implementation, function: Ask) -> Ask:
        """What asks the implementation, noted in the draft's job while it does; as it is where there is no time limit.

        To be called once a decision. Where the decision was begun again because of the plugin, it is not asked: the
        first call raises Hung, others answer with None. Raises Suspended where it has hung too often.
        """
        if by.plugin.is_own or by.plugin.timeout is None:
            return function
        hangs, running = self._hangs, [by]

        def guarded(draft: Known) -> Any:
            job: Job[Any] | None = draft.job
            if hangs:
                self._require_sound(by)
            if job is None:
                return function(draft)
            if job.abandoned:
                return None
            if job.hung and by.plugin.name in job.hung:
                return job.passed_over(by.plugin.name)
            job.running = running
            try:
                answer = function(draft)
            finally:
                job.running = None
            # What is said while it is being read has to be said in time, too.
            is_said = answer is None or type(answer) in _LISTS or isinstance(answer, Document)
            return answer if is_said else watched(job, running, answer)

        return guarded

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

    def run(self, works: Sequence[Work[T]], patience: float) -> list[T]:
        """The answers of pieces of work, from one hand-off. Raises what one of them raises.

        ``patience``: seconds, the shortest timeout of the plugins that may be called. Where a guarded call hangs, its
        piece is begun again, on another thread, with that plugin skipped.
        """
        answers: list[T] = []
        hung: list[Implementation] = []
        while len(answers) < len(works):
            job = Job(works[len(answers) :], {each.plugin.name: Hung(each) for each in hung})
            done, by = self._done(job, patience)
            answers += done
            if by is not None:
                hung = [*([] if done else hung), by]
        return answers

    def _done(self, job: Job[T], patience: float) -> tuple[list[T], Implementation | None]:
        """The answers of a job as far as it comes, and what hangs where it comes no further."""
        worker = idle_worker()
        worker.give(job.run)
        try:
            stuck = self._stuck(job, patience)
        except BaseException:  # interrupted: what the job is in goes on without anybody who waits for it
            job.abandoned = True
            worker.dismiss()
            raise
        if stuck is not None:
            job.abandoned = True
            worker.dismiss()
            return stuck
        worker.park()
        if job.error is not None:
            raise job.error
        return job.answers, None

    def _stuck(self, job: Job[T], patience: float) -> tuple[list[T], Implementation] | None:
        """Wait for a job; where it hangs, its answers until then and what it hangs in."""
        # That calls look at the clock would cost each of them more than all the rest of being watched.
        piece, seen, since = 0, None, monotonic()
        while not job.undone.acquire(timeout=min(patience / _LOOKS, TIMEOUT_MAX)):
            # INVARIANT: a call that is read between two equal counts of answers is of the piece that comes next.
            done, running = len(job.answers), job.running
            if running is None:
                continue
            if running is not seen or not piece == done == len(job.answers):
                piece, seen, since = done, running, monotonic()
                continue
            (by,) = running
            if monotonic() - since >= (by.plugin.timeout or patience):
                self._count(by.plugin.name)
                return job.answers[:done], by
        return None

    def _require_sound(self, by: Implementation) -> None:
        """Raise Suspended where the plugin has hung so often that for now it is not asked at all."""
        hangs, until = self._hangs.get(by.plugin.name, (0, 0.0))
        if hangs >= HANGS and monotonic() < until:
            raise Suspended(by)

    def _count(self, plugin: str) -> None:
        hangs, until = self._hangs.get(plugin, (0, 0.0))
        again = hangs + 1 if hangs < HANGS or monotonic() < until else 1
        self._hangs[plugin] = (again, monotonic() + PAUSE)
