"""Calls plugins with patience: one that does not answer in its time is left behind, by name.

A thread cannot be ended from outside. So a call is handed to a parked daemon thread, its caller waits as long as the
plugin's ``timeout`` says, and a thread that is left behind ends when its call does, or with the process.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any

from volrules.errors import PluginError
from volrules.host.plugin import Implementation

Job = tuple["Future[Any]", Callable[[], Any]]


class PluginTimeout(PluginError):
    """A plugin did not answer in time, and may still be at work: raise its ``timeout``, or see what keeps it."""

    retryable = True


def call(implementation: Implementation, *args: Any, late: Callable[[Any], object] | None = None) -> Any:
    """The implementation's answer; raises what it raises, and PluginTimeout when its plugin's ``timeout`` has run out.

    ``late``: told the answer, in the thread left behind, should there be one after all.
    Without a timeout the call is made inline, and takes as long as it takes.
    """
    timeout = implementation.plugin.timeout
    if timeout is None:
        return implementation.call(*args)
    worker, answer = _idle_worker(), Future[Any]()
    try:
        worker.jobs.put((answer, partial(copy_context().run, implementation.call, *args)))
        _wait(answer, timeout)
    except BaseException:  # interrupted: the call goes on without its caller
        worker.jobs.put(None)
        raise
    if answer.done():
        _parked.append(worker)
        return answer.result()
    worker.jobs.put(None)
    if late is not None:
        answer.add_done_callback(partial(_tell, late))
    raise PluginTimeout(
        f"{implementation.plugin} did not answer `{implementation.hook}` within {timeout:g} s; "
        "raise its timeout, or see what keeps it waiting"
    )


class _Worker:
    """A thread that does one job after the other, and ends when it is given None."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Job | None] = SimpleQueue()
        threading.Thread(target=self._work, name="volrules-plugin", daemon=True).start()

    def _work(self) -> None:
        while (job := self.jobs.get()) is not None:
            answer, function = job
            try:
                answer.set_result(function())
            except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's to judge
                answer.set_exception(error)
            del job, answer, function  # what was asked and answered is not kept until the next call


def _idle_worker() -> _Worker:
    try:
        return _parked.pop()
    except IndexError:
        return _Worker()


def _wait(answer: Future[Any], timeout: float) -> None:
    try:
        answer.exception(timeout)
    except TimeoutError:
        return


def _tell(late: Callable[[Any], object], answer: Future[Any]) -> None:
    if answer.exception() is None:
        late(answer.result())


_parked: list[_Worker] = []
# The threads of a parent do not exist in its child.
os.register_at_fork(after_in_child=_parked.clear)
