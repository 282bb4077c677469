"""Work for a kept thread, with notes of what it is in, so that whoever waits for it can tell where it hangs."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, cast

from volrules.conversation import A, Q, R
from volrules.host.plugin import Implementation, Plugin

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


@dataclass(slots=True)
class Slot:
    """Where calls note themselves.

    ``running``: the call that is going on, if it has a time limit, as an object that no other call for the same answer
    has. ``abandoned``: nobody waits for what comes of it any more, so the less is still done, the better.
    ``is_wary``: calls have to ask whether they are to be made.
    """

    running: Call | None = field(default=None, init=False)
    abandoned: bool = field(default=False, init=False)
    is_wary: bool = field(default=False, init=False)

    def asks(self, plugin: Plugin) -> bool:
        """Whether a plugin is to be asked for the next answer; raises Hung, once, where it hung over that."""
        return not self.abandoned

    def leaves_out(self, plugin: Plugin) -> bool:
        """Whether a plugin is not asked for the next answer, as it hung over that."""
        return False

    def abandon(self) -> None:
        """Have as little done as can be: nobody waits for it any more."""
        self.abandoned = self.is_wary = True


UNWATCHED = Slot()
"""That of all calls without a time limit: nobody looks into it."""
Talk = Generator[Sequence[Q], list[A], R]
"""A conversation that asks several questions at a time."""
Answering = Callable[[Q, Slot], A]
"""Answers a question; what it calls is noted there."""


class Place(NamedTuple):
    """Where a job is: how often it has asked, how much of the last is answered, and the call that it is in."""

    rounds: int
    answered: int
    call: Call

    def is_still(self, before: Place) -> bool:
        """Whether it was there before, in the same call."""
        return self[:2] == before[:2] and self.call is before.call


@dataclass(slots=True)
class Job(Slot, Generic[Q, A, R]):
    """A conversation, as far as one thread takes it, and the answering of its questions.

    ``asked``: the questions at hand, None before the first; ``answers``: to as many of them as are answered.
    ``hung``: what is not called for the next answer, by plugin's name: the first call that would be is told so, the
    others are passed over.
    ``undone``: held until the thread is done with it.
    """

    talk: Talk[Q, A, R]
    answer: Answering[Q, A]
    asked: Sequence[Q] | None = None
    answers: list[A] = field(default_factory=list)
    hung: dict[str, Hung] = field(default_factory=dict)
    rounds: int = 0
    result: R | None = None
    error: BaseException | None = None
    undone: threading.Lock = field(default_factory=_held)
    _told: set[str] = field(default_factory=set)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.is_wary = bool(self.hung)

    def run(self) -> None:
        """Have the conversation, until it ends or is left to another thread."""
        try:
            while self._answered() and self._turn.acquire(blocking=False) and self._asks_more():
                self._turn.release()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for it
            self.error = error
        if self._turn.acquire(blocking=False):  # it has not come to its end, and goes on nowhere else
            with suppress(Exception):
                self.talk.close()
        self.undone.release()

    def outcome(self) -> R:
        """What came of a conversation that has ended; raises what it has ended with."""
        error, self.error = self.error, None
        try:
            if error is not None:
                raise error
            return cast("R", self.result)
        finally:
            del error  # it knows where it was raised, and would be known there

    def at(self) -> Place | None:
        """The call that it is in; None where it is in none, or in one that is just over."""
        # INVARIANT: a call that is read between two equal readings of the progress is for the answer that is next.
        before, call, progress = self._progress(), self.running, self._progress()
        return None if call is None or before != progress else Place(*progress, call)

    def without(self, hung: Place) -> Job[Q, A, R] | None:
        """What is left of it where it hangs in that call, for another thread; None where it has gone on by now."""
        # INVARIANT: the conversation is let go on by whoever has taken the turn; so where it hung, by one thread only.
        if not self._turn.acquire(blocking=False):
            return None
        now = self.at()
        if now is None or not now.is_still(hung):
            self._turn.release()
            return None
        self.abandon()
        (by,) = hung.call
        left_out = {**self.hung, by.plugin.name: Hung(by)}
        return Job(self.talk, self.answer, self.asked, self.answers[: hung.answered], left_out)

    def asks(self, plugin: Plugin) -> bool:
        """Whether a plugin is to be asked for the next answer; raises Hung, once, where it hung over that."""
        if self.leaves_out(plugin) and plugin.name not in self._told:
            self._told.add(plugin.name)
            raise self.hung[plugin.name]
        return not self.leaves_out(plugin) and not self.abandoned

    def leaves_out(self, plugin: Plugin) -> bool:
        """Whether a plugin is not asked for the next answer, as it hung over that."""
        return plugin.name in self.hung

    def _answered(self) -> bool:
        """Answer the questions at hand; whether anybody waits for what comes next."""
        answer, answers = self.answer, self.answers
        for question in (self.asked or ())[len(answers) :]:
            if not self.is_wary:
                answers.append(answer(question, self))
            elif not self.abandoned:
                answers.append(answer(question, self))
                self.hung, self._told, self.is_wary = {}, set(), self.abandoned
        return not self.abandoned

    def _progress(self) -> tuple[int, int]:
        return self.rounds, len(self.answers)

    def _asks_more(self) -> bool:
        """Let the conversation go on to its next questions, or to its end."""
        try:
            self.asked = next(self.talk) if self.asked is None else self.talk.send(self.answers)
        except StopIteration as end:
            self.result = end.value
            return False
        self.answers = []
        self.rounds += 1
        return True
