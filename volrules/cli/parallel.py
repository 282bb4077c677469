"""Work on chunks by several at a time: in order, and never with more of them in hand than a few."""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager

from volrules.cli.work import Work
from volrules.cli.worker import Answered
from volrules.errors import VolrulesError
from volrules.reading.chunks import Chunk, Chunks
from volrules.wording import described

Answering = Callable[[Work, Chunk], Answered]


class WorkerLost(VolrulesError):
    """A worker has ended before its work: see whether it was killed, or give it more memory."""


def in_order(executor: Executor, answer: Answering, work: Work, chunks: Chunks, window: int) -> Iterator[Answered]:
    """The answers to chunks; ``window``: how many may be asked for and not yet passed on. Raises WorkerLost."""
    pending: deque[tuple[Chunk, Future[Answered]]] = deque()

    def passed_on() -> Answered:
        chunk, future = pending.popleft()
        with _loss_told(chunk):
            return future.result()

    for chunk in chunks:
        if chunk.text:
            with _loss_told(chunk), _undisturbed():
                pending.append((chunk, executor.submit(answer, work, chunk)))
        # What is answered does not wait for input that may be long in coming.
        while pending and (len(pending) >= window or pending[0][1].done() or not chunks.waiting()):
            yield passed_on()
    while pending:
        yield passed_on()


@contextmanager
def _loss_told(chunk: Chunk) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        raise WorkerLost(
            f"a worker ended before it had answered line {chunk.start} and those below it ({described(error)}); "
            "what is reported above stands, the rest may not have been done; "
            "see whether it was killed or had too little memory"
        ) from error


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Children that begin here never see Ctrl-C: their parent ends them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
