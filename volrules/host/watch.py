"""Runs work that calls plugins on a kept thread, and walks away from it when a call does not come back.

One hand-off serves as many pieces of work as there are.

What a timeout cannot do: stop the call. The thread is abandoned, and what the plugin does there goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Generic, TypeVar

from volrules.host.patience import PluginTimeout, call
from volrules.host.plugin import Implementation
from volrules.host.workers import idle_worker
from volrules.model.draft import Known

T = TypeVar("T")
HANGS = 3
PAUSE = 60.0
_LOOKS = 8
"""How often one who waits looks at what is going on, within the shortest timeout: so exact is a timeout."""


class Hung(Exception):
    """A plugin is not called, because a call of it did not come back within its timeout."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(f"{by.plugin} did not answer in `{by.hook}` within {by.plugin.timeout} s")


class Suspended(Exception):
    """A plugin is not called for a while, because it has hung again and again."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(
            f"{by.plugin} has hung {HANGS} times and is not asked for {PAUSE:g} s; raise its timeout, or leave it out"
        )


_Call = list[Implementation]
_NOBODY: frozenset[str] = frozenset()


def _held() -> threading.Lock:
    """A lock; an event would be waited for in twice the time."""
    lock = threading.Lock()
    lock.acquire()
    return lock


Work = Callable[["Job[T]"], T]
"""A piece of work, which is told its job."""


@dataclass(slots=True)
class Job(Generic[T]):
    """Pieces of work for a thread.

    ``running``: the call that it is in, an object of its own as far as its piece of work goes.
    ``answers``: those of the pieces that are done; ``skipped``: the plugins that are not called in the next one.
    ``abandoned``: nobody waits for it any more, so the less it still does, the better. ``undone``: held until it ends.
    """

    works: Sequence[Work[T]]
    skipped: frozenset[str] = _NOBODY
    running: _Call | None = None
    answers: list[T] = field(default_factory=list)
    error: BaseException | None = None
    undone: threading.Lock = field(default_factory=_held)
    abandoned: bool = False

    def run(self) -> None:
        """Do the work."""
        try:
            for work in self.works:
                if self.abandoned:
                    break
                self.answers.append(work(self))
                self.skipped = _NOBODY
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self.error = error
        self.undone.release()


class Watch:
    """Runs work, and counts which plugins hung. Safe to share between threads."""

    def __init__(self) -> None:
        self._hangs: dict[str, tuple[int, float]] = {}

    def guarded(self, by: Implementation, function: Callable[[Known], Any]) -> Callable[[Known], Any]:
        """A function that has it answer, once in a decision, and that notes it in the draft's job meanwhile.

        Where it hangs, or has hung, that raises Hung or Suspended at once, without a call.
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
            if job.skipped and by.plugin.name in job.skipped:
                raise Hung(by)
            job.running = running
            try:
                answer = function(draft)
            finally:
                job.running = None
            return answer if answer is None or not isinstance(answer, Iterator) else _watched(job, running, answer)

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
        skipped: frozenset[str] = frozenset()
        while len(answers) < len(works):
            job = Job(works[len(answers) :], skipped)
            done, hung = self._done(job, patience)
            answers += done
            if hung is not None:
                skipped = (frozenset() if done else skipped) | {hung}
        return answers

    def _done(self, job: Job[T], patience: float) -> tuple[list[T], str | None]:
        """The answers of a job as far as it comes, and the plugin that hangs where it comes no further."""
        worker = idle_worker()
        worker.give(job.run)
        try:
            stuck = self._stuck(job, patience)
        except BaseException:  # interrupted: what the job is in goes on without anybody who waits for it
            worker.dismiss()
            raise
        if stuck is not None:
            job.abandoned = True
            worker.dismiss()
            return stuck
        worker.park()
        if job.error is not None:
            raise job.error
        answers, job.answers = job.answers, []  # nobody but the caller keeps them
        return answers, None

    def _stuck(self, job: Job[T], patience: float) -> tuple[list[T], str] | None:
        """Wait for a job; where it hangs, its answers until then and the plugin that it hangs in."""
        # That calls look at the clock would cost each of them more than all the rest of being watched.
        piece, seen, since = 0, None, monotonic()
        while not job.undone.acquire(timeout=patience / _LOOKS):
            # INVARIANT: answers are counted before the call is read, so that an overdue call is of the next piece.
            done, running = len(job.answers), job.running
            if running is None:
                continue
            if running is not seen or done != piece:
                piece, seen, since = done, running, monotonic()
                continue
            plugin = running[0].plugin
            if monotonic() - since >= (plugin.timeout or patience):
                self._count(plugin.name)
                return job.answers[:done], plugin.name
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


def _watched(job: Job[Any], running: _Call, answers: Iterator[T]) -> Iterator[T]:
    """What a generator has to say, each part of it within the time of the whole."""
    while not job.abandoned:
        job.running = running
        try:
            answer = next(answers)
        except StopIteration:
            return
        finally:
            job.running = None
        yield answer
