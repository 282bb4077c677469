"""Work for a kept thread, with notes of what it is in, so that whoever waits for it can tell where it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from volrules.host.plugin import Implementation

T = TypeVar("T")
Call = list[Implementation]
"""A call that is going on; a list, so that each can be told from every other."""


class Hung(Exception):
    """A call did not come back within its plugin's timeout, so the decision is made without that plugin."""

    def __init__(self, by: Implementation) -> None:
        super().__init__(f"{by.plugin} did not answer in `{by.hook}` within {by.plugin.timeout} s")
        self.by = by


def _held() -> threading.Lock:
    """A lock that is taken, for another thread to release; an event would be waited for in twice the time."""
    lock = threading.Lock()
    lock.acquire()
    return lock


Work = Callable[["Job[T] | None"], T]
"""A piece of work, which is told the job that it is part of; None where nobody watches."""


@dataclass(slots=True)
class Job(Generic[T]):
    """Pieces of work for a thread.

    ``running``: the call that it is in, as an object that no other call of the same piece has.
    ``answers``: those of the pieces that are done. ``hung``: what is not called in the next one, by plugin's name: the
    first call that would be is told so, the others are passed over.
    ``abandoned``: nobody waits for it any more, so the less it still does, the better. ``undone``: held until it ends.
    """

    works: Sequence[Work[T]]
    hung: dict[str, Hung | None] = field(default_factory=dict)
    running: Call | None = None
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
                if self.hung:
                    self.hung = {}
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self.error = error
        self.undone.release()

    def passed_over(self, plugin: str) -> None:
        """Not call a plugin that hung; raises Hung once."""
        hung, self.hung[plugin] = self.hung[plugin], None
        if hung is not None:
            raise hung


def watched(job: Job[Any], running: Call, answers: Iterable[T]) -> Iterator[T]:
    """What an answer has to say, each part of it within the time of the whole."""
    said: Iterator[T] | None = None
    while not job.abandoned:
        job.running = running
        try:
            said = said or iter(answers)
            answer = next(said)
        except StopIteration:
            return
        finally:
            job.running = None
        yield answer
