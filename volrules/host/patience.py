"""Calls plugins with patience: one that does not answer in its time is left behind, by name.

A thread cannot be ended from outside. So a call is handed to a parked daemon thread, its caller waits as long as the
plugin's ``timeout`` says, and a thread that is left behind ends when its call does, or with the process.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

from volrules.errors import PluginError
from volrules.host.plugin import Implementation
from volrules.host.workers import idle_worker

if TYPE_CHECKING:
    from concurrent.futures import Future


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
    from concurrent.futures import Future  # lazily: what ships with volrules is called inline

    worker, answer = idle_worker(), Future[Any]()
    try:
        worker.give(partial(_answer, answer, partial(copy_context().run, implementation.call, *args)))
        _wait(answer, timeout)
    except BaseException:  # interrupted: the call goes on without its caller
        worker.dismiss()
        raise
    if answer.done():
        worker.park()
        return answer.result()
    worker.dismiss()
    if late is not None:
        answer.add_done_callback(partial(_tell, late))
    raise timed_out(implementation)


def timed_out(implementation: Implementation) -> PluginTimeout:
    """What is raised where the implementation has not answered in time."""
    return PluginTimeout(
        f"{implementation.plugin} did not answer `{implementation.hook}` within {implementation.plugin.timeout:g} s; "
        "raise its timeout, or see what keeps it waiting"
    )


def _answer(answer: Future[Any], function: Callable[[], Any]) -> None:
    try:
        answer.set_result(function())
    except BaseException as error:  # noqa: BLE001 - whatever it is, it is the caller's to judge
        answer.set_exception(error)


def _wait(answer: Future[Any], timeout: float) -> None:
    try:
        answer.exception(timeout)
    except TimeoutError:
        return


def _tell(late: Callable[[Any], object], answer: Future[Any]) -> None:
    if answer.exception() is None:
        late(answer.result())
