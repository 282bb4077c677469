"""Threads that are kept for plugins' calls: a hop to a parked one costs half of a new one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Task = Callable[[], object]


class Worker:
    """A daemon thread that does one task after the other, until it is dismissed. Tasks let nothing out."""

    def __init__(self) -> None:
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        threading.Thread(target=self._work, name="volrules-plugin", daemon=True).start()

    def give(self, task: Task) -> None:
        """Have the task done as soon as the one before it is."""
        self._tasks.put(task)

    def park(self) -> None:
        """Keep the thread for the next one who needs it; it has nothing left to do."""
        _parked.append(self)

    def dismiss(self) -> None:
        """Let the thread end with the task that it is in: it cannot be ended from outside."""
        self._tasks.put(None)

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            del task  # what was asked and answered is not kept until the next call


def idle_worker() -> Worker:
    """A parked thread, or a new one."""
    try:
        return _parked.pop()
    except IndexError:
        return Worker()


_parked: list[Worker] = []
# The threads of a parent do not exist in its child.
os.register_at_fork(after_in_child=_parked.clear)
