"""Answers requests: some at a time, so that the input's size does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from time import monotonic
from typing import TYPE_CHECKING

from volrules.cli.exits import Exit
from volrules.cli.faults import exit_of, explained
from volrules.cli.printers import Answer, Part
from volrules.cli.report import decision_of
from volrules.cli.score import Score
from volrules.cli.terminal import diagnosis
from volrules.cli.transcript import Transcript
from volrules.cli.work import Talk, Work
from volrules.reading.request_lines import Line, RequestLine, UnreadableLine

if TYPE_CHECKING:
    from volrules.engine import Engine

TOGETHER = 128
"""Lines that are answered together at most: more would not be faster, as they are out of the caches by and by."""
_OF_OUTCOME = {"accepted": Exit.ACCEPTED, "created": Exit.ACCEPTED, "rejected": Exit.REJECTED}


class Evaluation:
    """Has an engine answer the lines of an input.

    ``printed``: takes what others have written to stderr meanwhile, so that it is told in its place.
    """

    def __init__(self, work: Work, engine: Engine, printed: Callable[[], bytes] = bytes) -> None:
        self.score = Score()
        self._work = work
        self._engine = engine
        self._together = 1 if work.held_back else TOGETHER
        self._transcript = Transcript(work.form(), printed)

    def run(self, lines: Iterable[Line]) -> Iterator[list[Part]]:
        """Answer all lines, in order; what is to be printed, as soon as there is some of it.

        Raises what is wrong with the command, the site or the plugins.
        """
        lines = iter(lines)
        try:
            for first in lines:
                self._work.act(self._engine, self._talk(chain((first,), lines)))
                yield self._transcript.parts()
        except Exception:
            yield self._transcript.parts()
            raise

    def _talk(self, lines: Iterator[Line]) -> Talk:
        """Ask for the answers to lines, for as long as answers may be held back, and take them down."""
        began = until = monotonic()
        until += self._work.held_back
        while some := list(islice(lines, self._together)):
            answers = iter((yield [self._work.order(each) for each in some if isinstance(each, RequestLine)]))
            for line in some:
                if isinstance(line, RequestLine):
                    self._take_down(line, next(answers))
                else:
                    self._complain(line)
            began, before = monotonic(), began
            self._pace(began - before)
            if began >= until:
                return

    def _pace(self, seconds: float) -> None:
        """Answer more at a time, or fewer where so many took longer than answers may be held back."""
        if self._work.held_back:
            is_quick = 2 * seconds < self._work.held_back
            self._together = min(2 * self._together, TOGETHER) if is_quick else max(self._together // 2, 1)

    def _take_down(self, line: RequestLine, answer: Answer | Exception) -> None:
        """Note what came of a request; a fault is its own, unless it is the command's, the site's or the plugins'."""
        if not isinstance(answer, Exception):
            self._transcript.answer(line.number, answer)
            self.score.note(answer.outcome, _OF_OUTCOME[answer.outcome], decision_of(answer).warnings)
        elif (code := exit_of(answer)) in (Exit.USAGE, Exit.CONFIGURATION):
            raise answer
        else:
            place = f"{self._work.source}: line {line.number}: "
            self._transcript.diagnose(explained(answer, self._work.debug, place))
            self.score.note("not answered", code)

    def _complain(self, line: UnreadableLine) -> None:
        self._transcript.diagnose(diagnosis(f"{self._work.source}: {line.error}"))
        self.score.note("not readable", Exit.UNREADABLE)
