"""Runs work that calls plugins on a kept thread, and walks away from it when a call does not come back.

What a timeout cannot do: stop the call. The thread is abandoned, and what the plugin does there goes on.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from volrules.host.plugin import Implementation
from volrules.host.workers import idle_worker

T = TypeVar("T")
HANGS = 3
PAUSE = 60.0


class Hung(Exception):
    """A plugin's call did not come back within the plugin's timeout."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(f"{by.plugin} did not answer in `{by.hook}` within {by.plugin.timeout} s")
        self.by = by


@dataclass(slots=True)
class _Job(Generic[T]):
    """Work for a thread. ``running``: the call it is in and since when; ``skipped``: plugins that are not called."""

    work: Callable[[], T]
    skipped: frozenset[str] = frozenset()
    running: tuple[Implementation, float] | None = None
    answer: T | None = None
    error: BaseException | None = None
    done: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Do the work."""
        _here.job = self
        try:
            self.answer = self.work()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self.error = error
        self.done.set()


class _Here(threading.local):
    """The job of this thread, None on threads that are nobody's worker."""

    job: _Job[Any] | None = None


_here = _Here()


class Watch:
    """Runs work, and counts which plugins hung. Safe to share between threads."""

    def __init__(self) -> None:
        self._hangs: dict[str, tuple[int, float]] = {}

    def guarded(self, by: Implementation) -> Callable[..., Any]:
        """The implementation's call, noting itself while it runs; raises Hung at once for a plugin that is skipped."""
        if by.plugin.timeout is None:
            return by.call

        def call(*arguments: Any) -> Any:
            job = _here.job
            if self._suspended(by.plugin.name) or (job is not None and by.plugin.name in job.skipped):
                raise Hung(by)
            if job is None:
                return by.call(*arguments)
            job.running = running = (by, time.monotonic())
            try:
                answer = by.call(*arguments)
            finally:
                job.running = None
            return _watched(job, running, answer) if isinstance(answer, Iterator) else answer

        return call

    def run(self, work: Callable[[], T], patience: float) -> T:
        """The work's answer. ``patience``: seconds, the shortest timeout of the plugins that it may call.

        Where a guarded call hangs, the work is begun again, on another thread, with that plugin skipped.
        """
        skipped: frozenset[str] = frozenset()
        while True:
            try:
                return self._once(_Job(work, skipped), patience)
            except Hung as hung:
                if hung.by.plugin.name in skipped:
                    raise
                skipped |= {hung.by.plugin.name}

    def _once(self, job: _Job[T], patience: float) -> T:
        worker = idle_worker()
        worker.give(job.run)
        wait = patience
        try:
            while not job.done.wait(wait):
                wait = self._remaining(job.running, patience)
        except BaseException:  # hung, or interrupted: what the job is in goes on without anybody who waits for it
            worker.dismiss()
            raise
        worker.park()
        if job.error is not None:
            raise job.error
        return job.answer  # type: ignore[return-value]  # without an error the work has answered

    def _suspended(self, plugin: str) -> bool:
        """Whether the plugin has hung so often that for now it is not asked at all."""
        hangs, until = self._hangs.get(plugin, (0, 0.0))
        return hangs >= HANGS and time.monotonic() < until

    def _remaining(self, running: tuple[Implementation, float] | None, patience: float) -> float:
        if running is None:
            return patience
        by, since = running
        left = (by.plugin.timeout or patience) - (time.monotonic() - since)
        if left <= 0:
            self._count(by)
            raise Hung(by)
        return left

    def _count(self, by: Implementation) -> None:
        hangs, until = self._hangs.get(by.plugin.name, (0, 0.0))
        again = hangs + 1 if hangs < HANGS or time.monotonic() < until else 1
        self._hangs[by.plugin.name] = (again, time.monotonic() + PAUSE)


def _watched(job: _Job[Any], running: tuple[Implementation, float], answers: Iterator[T]) -> Iterator[T]:
    """What a generator has to say, each part of it within the time of the whole."""
    while True:
        job.running = running
        try:
            answer = next(answers)
        except StopIteration:
            return
        finally:
            job.running = None
        yield answer
