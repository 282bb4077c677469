"""All of an input: what comes first is answered here, and the rest by as many as there are."""

from __future__ import annotations

from dataclasses import replace

from volrules.cli.crew import Crew, Hire
from volrules.cli.evaluation import Evaluation
from volrules.cli.exits import Exit, gravest
from volrules.cli.printers import Printer
from volrules.cli.progress import Bar
from volrules.cli.requests import opened
from volrules.cli.score import Score
from volrules.cli.terminal import diagnose
from volrules.cli.work import Work
from volrules.reading.chunks import Chunks

HEAD = 1000
"""Lines; they are answered before another process has started."""


def evaluate(name: str, work: Work, crew: Crew) -> Exit:
    """Answer all requests of a file (``-``: stdin) and print the answers; the exit code for all of them."""
    with work.engine() as engine, opened(name) as requests, crew.reached() as hire, Bar(requests) as bar:
        work = replace(work, source=requests.name)
        printer = Printer(work.form(), bar.write)
        evaluation = Evaluation(work, engine)
        is_shared = work.can_travel() and not crew.alone
        for lines in requests:
            for parts in evaluation.run(lines):
                printer.print(parts)
                bar.step()
            if is_shared and requests.chunks.number > HEAD:
                rest = _Rest(replace(work, repeatable=crew.repeats), printer, evaluation.score, bar)
                if (end := rest.run(requests.chunks, hire)) is not None:
                    return end
                break
        printer.end(str(evaluation.score))
    if not evaluation.score.tally:
        diagnose(f"there is nothing to evaluate in {requests.name}; write a request, or one a line")
        return Exit.NOTHING
    return gravest(evaluation.score.exits)


class _Rest:
    """Gives the chunks of an input to the crew, and prints what comes back as if it had been answered here."""

    def __init__(self, work: Work, printer: Printer, score: Score, bar: Bar) -> None:
        self._work = work
        self._printer = printer
        self._score = score
        self._bar = bar

    def run(self, chunks: Chunks, hire: Hire) -> Exit | None:
        """All chunks, in order; the exit code where one of them ends it."""
        from volrules.cli.parallel import in_order
        from volrules.cli.worker import answer

        with hire() as (executor, size):
            for answered in in_order(executor, answer, self._work, chunks, 2 * size):
                self._printer.print(answered.parts)
                self._score.add(answered.score)
                self._bar.step()
                if answered.end is not None:
                    return answered.end
        return None
