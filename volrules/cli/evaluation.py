"""Reads a request, answers it, prints the answer: one at a time, so that the input's size does not matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import click

from volrules.cli.exits import Exit, gravest
from volrules.cli.faults import exit_of, told
from volrules.cli.printers import Answer, Printer, printer
from volrules.cli.progress import Bar
from volrules.cli.requests import Requests, opened
from volrules.cli.terminal import diagnose
from volrules.errors import VolrulesError
from volrules.reading.request_lines import RequestLine

Respond = Callable[[RequestLine], Answer]
_OF_OUTCOME = {"accepted": Exit.ACCEPTED, "created": Exit.ACCEPTED, "rejected": Exit.REJECTED}


def evaluate(name: str, text_format: str, respond: Respond) -> Exit:
    """Answer all requests of a file (``-``: stdin) and print the answers; the exit code for all of them."""
    with opened(name) as requests, Bar(requests) as bar:
        evaluation = _Evaluation(requests, respond, printer(text_format, bar.write))
        evaluation.run(bar)
    if not evaluation.tally:
        diagnose(f"there is nothing to evaluate in {requests.name}; write a request, or one a line")
        return Exit.NOTHING
    return gravest(evaluation.exits)


class _Evaluation:
    """One pass over an input. ``tally``: outcomes; ``exits``: what each line means for the exit code."""

    def __init__(self, requests: Requests, respond: Respond, output: Printer) -> None:
        self.requests = requests
        self.respond = respond
        self.output = output
        self.tally: Counter[str] = Counter()
        self.exits: set[Exit] = set()

    def run(self, bar: Bar) -> None:
        """All lines, in order."""
        for line in self.requests:
            if isinstance(line, RequestLine):
                self.answer(line)
            else:
                diagnose(f"{self.requests.name}: {line.error}")
                self.note("not readable", Exit.UNREADABLE)
            bar.step()
        self.output.end(self.tally)

    def answer(self, line: RequestLine) -> None:
        """Answer one request; a fault is its own, unless it is the command's, the site's or the plugins'."""
        try:
            answer = self.respond(line)
        except Exception as error:
            if isinstance(error, VolrulesError) and exit_of(error) in (Exit.USAGE, Exit.CONFIGURATION):
                raise
            self.fault(line, error)
        else:
            self.output.answer(line.number, answer)
            self.note(answer.outcome, _OF_OUTCOME[answer.outcome])

    def fault(self, line: RequestLine, error: Exception) -> None:
        """Tell what went wrong with a line."""
        debug: Any = click.get_current_context().find_root().params["debug"]
        self.note("not answered", told(error, debug, f"{self.requests.name}: line {line.number}: "))

    def note(self, outcome: str, code: Exit) -> None:
        """Count an outcome."""
        self.tally[outcome] += 1
        self.exits.add(code)
