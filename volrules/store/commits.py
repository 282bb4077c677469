"""Shared commits: the caller who finds nobody writing writes for all who wait.

There is no writer thread: none to start, to lose in a fork, or to pay a hop for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from volrules.errors import StoreError, StoreUnavailable

W = TypeVar("W")
R = TypeVar("R")
BATCH = 128
"""Pieces of work in a commit, at most. More share little more of it, and hold others up."""


class Ticket(Generic[W, R]):
    """A piece of work that waits for its commit."""

    __slots__ = ("_error", "_gate", "_outcome", "is_done", "leads", "work")

    def __init__(self, work: W) -> None:
        self.work = work
        self.is_done = False
        self.leads = False
        self._outcome: R
        self._error: Exception | None = None
        self._gate = threading.Lock()
        self._gate.acquire()

    def settle(self, outcome: R) -> None:
        """Say what has come of it; not before its commit."""
        self._outcome = outcome
        self.is_done = True

    def fail(self, error: Exception) -> None:
        """Say that nothing has come of it."""
        self._error = error
        self.is_done = True

    def wait(self) -> None:
        """Sleep until the work is done or its caller is to lead."""
        self._gate.acquire()

    def wake(self) -> None:
        """Let the caller go on."""
        self._gate.release()

    def result(self) -> R:
        """The work's outcome; raises what it ended in."""
        if self._error is not None:
            raise self._error
        return self._outcome

    def outcome(self) -> R | StoreError:
        """The work's outcome, a fault of the store's among them; raises any other."""
        return self._error if isinstance(self._error, StoreError) else self.result()


Take = Callable[[], Sequence[Ticket[W, R]]]
Write = Callable[[Take[W, R]], None]


class Commits(Generic[W, R]):
    """A line of callers before one writer's place.

    ``write`` is called by one thread at a time. It takes the tickets that wait, when it is ready to begin,
    and settles or fails each once that is certain; what it raises is the error of all that are neither.
    """

    def __init__(self, write: Write[W, R]) -> None:
        self._write = write
        self.renew()

    def renew(self) -> None:
        """Begin with an empty line: in the child of a fork, where none of the waiting threads exists."""
        self._lock = threading.Lock()
        self._waiting: deque[Ticket[W, R]] = deque()
        self._is_led = False
        self.place = threading.Lock()

    def run(self, work: W) -> R:
        """Have the work committed, by this thread or another's."""
        return self.run_all([work])[0].result()

    def run_all(self, works: Sequence[W]) -> list[Ticket[W, R]]:
        """Have all of it committed, in order, in as few commits as there is room for."""
        tickets: list[Ticket[W, R]] = [Ticket(work) for work in works]
        with self._lock:
            self._waiting.extend(tickets)
            if tickets and not self._is_led:
                self._appoint()
        try:
            for ticket in tickets:
                self._see_through(ticket)
        except BaseException:
            self._leave(tickets)
            raise
        return tickets

    def _see_through(self, ticket: Ticket[W, R]) -> None:
        ticket.wait()
        if not ticket.is_done:
            self._lead()

    def _lead(self) -> None:
        taken: list[Ticket[W, R]] = []
        try:
            with self.place:
                self._write(lambda: self._take(taken))
        except BaseException as error:
            self._take(taken)
            self._fail(taken, error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._hand_over(taken)

    def _take(self, taken: list[Ticket[W, R]]) -> Sequence[Ticket[W, R]]:
        with self._lock:
            while self._waiting and len(taken) < BATCH:
                taken.append(self._waiting.popleft())
        return taken

    def _hand_over(self, taken: Sequence[Ticket[W, R]]) -> None:
        with self._lock:
            self._is_led = False
            if self._waiting:
                self._appoint()
        for ticket in taken:
            ticket.wake()

    @staticmethod
    def _fail(taken: Sequence[Ticket[W, R]], error: BaseException) -> None:
        interrupted = StoreUnavailable("the writer was interrupted; nothing was written, try again")
        for ticket in taken:
            if not ticket.is_done:
                ticket.fail(error if isinstance(error, Exception) else interrupted)

    def _appoint(self) -> None:
        # INVARIANT: whoever leads waits first in line, so that its own work is in what it takes.
        self._is_led = True
        self._waiting[0].leads = True
        self._waiting[0].wake()

    def _leave(self, tickets: Sequence[Ticket[W, R]]) -> None:
        # Interrupted while waiting: take the work back unless it is being written, and pass a lead on.
        with self._lock:
            for ticket in tickets:
                if ticket in self._waiting:
                    self._waiting.remove(ticket)
                    if ticket.leads:
                        self._is_led = False
            if self._waiting and not self._is_led:
                self._appoint()
