"""Answers requests and prints the answers: some at a time, so that the input's size does not matter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from volrules.cli.exits import Exit
from volrules.cli.faults import exit_of, told
from volrules.cli.printers import Answer
from volrules.cli.report import decision_of
from volrules.cli.score import Score
from volrules.cli.terminal import diagnose
from volrules.cli.work import AnswerAll
from volrules.errors import VolrulesError
from volrules.reading.request_lines import Line, RequestLine

_OF_OUTCOME = {"accepted": Exit.ACCEPTED, "created": Exit.ACCEPTED, "rejected": Exit.REJECTED}


class Output(Protocol):
    """Where answers go."""

    def answer(self, number: int, answer: Answer) -> None:
        """Take the answer to the request of that line or place."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Answers the lines of an input. ``source``: its name; ``debug``: show tracebacks.

    ``together``: how many lines are answered together, where so many are there.
    """

    source: str
    answer: AnswerAll
    output: Output
    debug: bool
    together: int
    score: Score = field(default_factory=Score)

    def run(self, lines: Iterable[Line], step: Callable[[], None] = lambda: None) -> None:
        """All lines, in order, as many together as are answered together; ``step`` is called after each."""
        lines = iter(lines)
        while some := list(islice(lines, self.together)):
            answers = iter(self.answer([each for each in some if isinstance(each, RequestLine)]))
            for line in some:
                if isinstance(line, RequestLine):
                    self.note(line, next(answers))
                else:
                    diagnose(f"{self.source}: {line.error}")
                    self.score.note("not readable", Exit.UNREADABLE)
                step()

    def note(self, line: RequestLine, answer: Answer | Exception) -> None:
        """Print what came of a request; a fault is its own, unless it is the command's, the site's or the plugins'."""
        if not isinstance(answer, Exception):
            self.output.answer(line.number, answer)
            self.score.note(answer.outcome, _OF_OUTCOME[answer.outcome], decision_of(answer).warnings)
        elif isinstance(answer, VolrulesError) and exit_of(answer) in (Exit.USAGE, Exit.CONFIGURATION):
            raise answer
        else:
            self.score.note("not answered", told(answer, self.debug, f"{self.source}: line {line.number}: "))
