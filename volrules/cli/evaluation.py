"""Answers requests and prints the answers: one at a time, so that the input's size does not matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from volrules.cli.exits import Exit
from volrules.cli.faults import exit_of, told
from volrules.cli.printers import Answer
from volrules.cli.terminal import diagnose
from volrules.cli.work import Respond
from volrules.errors import VolrulesError
from volrules.reading.request_lines import RequestLine, UnreadableLine

_OF_OUTCOME = {"accepted": Exit.ACCEPTED, "created": Exit.ACCEPTED, "rejected": Exit.REJECTED}


class Output(Protocol):
    """Where answers go."""

    def answer(self, number: int, answer: Answer) -> None:
        """Take the answer to the request of that line or place."""


@dataclass(slots=True)
class Score:
    """``tally``: how often there was which outcome; ``exits``: what they mean for the exit code."""

    tally: Counter[str] = field(default_factory=Counter)
    exits: set[Exit] = field(default_factory=set)

    def note(self, outcome: str, code: Exit) -> None:
        """Count an outcome."""
        self.tally[outcome] += 1
        self.exits.add(code)

    def add(self, other: Score) -> None:
        """Count another's outcomes too."""
        self.tally += other.tally
        self.exits |= other.exits


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Answers the lines of an input. ``source``: its name; ``debug``: show tracebacks."""

    source: str
    respond: Respond
    output: Output
    debug: bool = False
    score: Score = field(default_factory=Score)

    def run(self, lines: Iterable[RequestLine | UnreadableLine], step: Callable[[], None] = lambda: None) -> None:
        """All lines, in order; ``step`` is called after each."""
        for line in lines:
            if isinstance(line, RequestLine):
                self.answer(line)
            else:
                diagnose(f"{self.source}: {line.error}")
                self.score.note("not readable", Exit.UNREADABLE)
            step()

    def answer(self, line: RequestLine) -> None:
        """Answer one request; a fault is its own, unless it is the command's, the site's or the plugins'."""
        try:
            answer = self.respond(line)
        except Exception as error:
            if isinstance(error, VolrulesError) and exit_of(error) in (Exit.USAGE, Exit.CONFIGURATION):
                raise
            self.score.note("not answered", told(error, self.debug, f"{self.source}: line {line.number}: "))
        else:
            self.output.answer(line.number, answer)
            self.score.note(answer.outcome, _OF_OUTCOME[answer.outcome])
