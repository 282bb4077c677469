"""Work in forked children: their results, their errors, their deaths."""

from __future__ import annotations

import os
import pickle
import signal
import traceback
import warnings
from collections.abc import Callable
from typing import Any, NoReturn


class Child:
    """A forked process that runs ``work`` and hands its result back through a pipe."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._pipe, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # that a process with threads forks is meant here
            self.pid = os.fork()
        if self.pid == 0:
            os.close(self._pipe)
            _run(work, write)
        os.close(write)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def read(self) -> bytes:
        """All that the child says until its end."""
        with os.fdopen(self._pipe, "rb") as pipe:
            said = pipe.read()
        os.waitpid(self.pid, 0)
        return said

    def result(self) -> Any:
        """What the work returned; what it raised fails the test here."""
        said = self.read()
        assert said, "the child died"
        failed, value = pickle.loads(said)
        assert not failed, value
        return value


def _run(work: Callable[[], Any], write: int) -> NoReturn:
    try:
        answer = (False, work())
    except BaseException:  # noqa: BLE001
        answer = (True, traceback.format_exc())
    with os.fdopen(write, "wb") as pipe:
        pipe.write(pickle.dumps(answer))
    os._exit(0)


def in_child(work: Callable[[], Any]) -> Any:
    """Run work in a forked child; its result."""
    return Child(work).result()


def killed_after(work: Callable[[], Any]) -> None:
    """Run work in a forked child that is killed before it can close anything."""

    def work_and_die() -> None:
        work()
        os.kill(os.getpid(), signal.SIGKILL)

    assert Child(work_and_die).read() == b""
