"""Errands: work that calls plugins on its way, all of it on one thread, however many calls there are.

An errand is a generator that yields its calls and is sent their answers. So nothing of it is on the stack of a call:
where one hangs, its thread is left behind with it, and the errand goes on in another.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any, Generic, TypeVar

from volrules.host.patience import call, timed_out
from volrules.host.plugin import FAILURES, Implementation, spare_interrupts
from volrules.host.workers import idle_worker
from volrules.wording import described

T = TypeVar("T")
_AT_ONCE = 0.01
"""Seconds that an errand is given before others help; more threads would only be in the way of one that computes."""


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked of a plugin; ``late``: told an answer that comes when nobody waits for it any more."""

    implementation: Implementation
    args: tuple[Any, ...]
    late: Callable[[Any], object] | None = None


Errand = Generator[Call, Any, T]
_Running = list[tuple[Call, float]]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of a call; to begin with, nothing has."""

    answer: Any = None
    error: BaseException | None = None

    def resume(self, errand: Errand[Any]) -> Call:
        """Let the errand go on with it, up to its next call."""
        return errand.send(self.answer) if self.error is None else errand.throw(self.error)


def run_here(errand: Errand[T]) -> T:
    """The errand's answer; it runs in the caller's thread, each call as :func:`volrules.host.patience.call` does it."""
    outcome = _Outcome()
    try:
        while True:
            asked = outcome.resume(errand)
            outcome = _outcome(partial(call, asked.implementation, *asked.args, late=asked.late))
    except StopIteration as end:
        answer: T = end.value
        return answer


def run_watched(errand: Errand[T], patience: float | None) -> T:
    """The errand's answer; it runs on a kept thread, and goes on without a call that outlasts its plugin's timeout.

    For the errand that call has raised PluginTimeout.
    ``patience``: seconds, the shortest timeout of the plugins that it may call, None where none has one: then there is
    nothing to watch, and it runs in the caller's thread.
    """
    if patience is None:
        return run_here(errand)
    outcome = _Outcome()
    while True:
        part = _Part(errand, outcome)
        overdue = part.watched(patience)
        if overdue is None:
            return part.answer.result()
        outcome = _Outcome(error=timed_out(overdue.implementation))


def run_together(
    errand: Errand[Any], helping: Sequence[Errand[Any]], patience: float | None, stop: Callable[[], object]
) -> None:
    """Run an errand, and beside it those that share its work, each as :func:`run_watched` does.

    Help that is not needed, as the errand is done at once, does not begin. Raises what one of them raises.
    ``stop``: called where they are not waited for to their end, as after an interrupt; it should end them soon.
    """
    if not helping:
        run_watched(errand, patience)
        return
    with ThreadPoolExecutor(1 + len(helping), "volrules-errand") as pool:
        watched = [pool.submit(copy_context().run, run_watched, errand, patience)]
        try:
            if not wait(watched, _AT_ONCE).done:
                watched += [pool.submit(copy_context().run, run_watched, each, patience) for each in helping]
            for each in watched:
                each.result()
        except BaseException:
            stop()
            raise


class _Part(Generic[T]):
    """What one thread does of an errand."""

    def __init__(self, errand: Errand[T], outcome: _Outcome) -> None:
        self.answer: Future[T] = Future()
        self._errand = errand
        self._outcome = outcome
        self._running: _Running = []

    def watched(self, patience: float) -> Call | None:
        """Have it done; the call that it was left behind in, None when it is done."""
        worker = idle_worker()
        worker.give(partial(copy_context().run, self._work))
        left = patience
        while not wait([self.answer], left).done:
            running = self._running
            left = _left(running, patience)
            overdue = _taken(running) if left <= 0 else None
            if overdue is not None:
                worker.dismiss()
                return overdue
        worker.park()
        return None

    def _work(self) -> None:
        outcome: _Outcome | None = self._outcome
        try:
            while outcome is not None:
                outcome = self._called(outcome.resume(self._errand))
        except StopIteration as end:
            self.answer.set_result(end.value)
        except BaseException as error:  # noqa: BLE001 - whatever it is, it is the watcher's to judge
            self.answer.set_exception(error)

    def _called(self, asked: Call) -> _Outcome | None:
        """Make the call; what came of it, None when the errand has gone on without this thread."""
        self._running = running = [(asked, monotonic())]
        outcome = _outcome(partial(asked.implementation.call, *asked.args))
        if _taken(running) is not None:
            return outcome
        if asked.late is not None and outcome.error is None:
            asked.late(outcome.answer)
        return None


def _outcome(make: Callable[[], Any]) -> _Outcome:
    try:
        return _Outcome(make())
    except Exception as error:  # noqa: BLE001 - whatever it is, it is the errand's to judge
        return _Outcome(error=error)
    except FAILURES as error:
        spare_interrupts(error)
        # Thrown into a generator as it is, it could be taken for the generator's own end.
        return _Outcome(error=RuntimeError(described(error)))


def _left(running: _Running, patience: float) -> float:
    """Seconds until the call that is running has outlasted its plugin's timeout, or until it is time to look again."""
    for asked, since in running:
        if asked.implementation.plugin.timeout is not None:
            return asked.implementation.plugin.timeout - (monotonic() - since)
    return patience


def _taken(running: _Running) -> Call | None:
    """The call, for one of two: its thread, which goes on with the errand, or its watcher, who has another go on."""
    # INVARIANT: a list is popped once, whoever is first, and each call has a list of its own.
    try:
        return running.pop()[0]
    except IndexError:
        return None
