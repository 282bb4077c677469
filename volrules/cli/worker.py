"""One process of several: it opens the engine once, and answers one chunk of requests after the other."""

from __future__ import annotations

import atexit
import threading
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from typing import TYPE_CHECKING

from volrules.cli.evaluation import Evaluation
from volrules.cli.exits import Exit
from volrules.cli.faults import told
from volrules.cli.guard import log_on_stderr
from volrules.cli.printers import Part
from volrules.cli.score import Score
from volrules.cli.transcript import Wire
from volrules.cli.work import Work
from volrules.reading.chunks import Chunk
from volrules.reading.request_lines import lines_of

if TYPE_CHECKING:
    from volrules.engine import Engine

_KEPT = 4
"""Engines: a cluster's process may work for several commands at a time, and is not told when one ends."""


@dataclass(frozen=True, slots=True)
class Answered:
    """A chunk's answers. ``parts``: what to print, in order; ``end``: why nothing more is to be answered."""

    parts: list[Part]
    score: Score
    end: Exit | None


def answer(work: Work, chunk: Chunk) -> Answered:
    """Answer a chunk. Whatever goes wrong is told in what it prints."""
    with _turn:  # what plugins print meanwhile is this chunk's
        wire, parts, score, end = Wire(), list[Part](), Score(), None
        with _diverted(wire, work.debug):
            try:
                evaluation = Evaluation(work, _desk.engine(work), wire.taken)
                score = evaluation.score
                for some in evaluation.run(lines_of(chunk)):
                    parts += some
            except Exception as error:  # noqa: BLE001 - here ends what this process does for the command
                end = told(error, work.debug)
        if printed := wire.taken():
            parts.append(("diagnostics", printed))
        return Answered(parts, score, end)


class _Desk:
    """The engines that are open in this process, by the run of a command that each is open for."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}

    def engine(self, work: Work) -> Engine:
        """The engine of a piece of work."""
        if work.run not in self._engines:
            self.clear(_KEPT - 1)
            with _diverted(Wire(), work.debug):  # the command has told already
                self._engines[work.run] = work.engine()
        return self._engines[work.run]

    def clear(self, left: int = 0) -> None:
        """Close the oldest engines until so many are left."""
        while len(self._engines) > left:
            self._engines.pop(next(iter(self._engines))).close()


_turn = threading.Lock()
_desk = _Desk()
atexit.register(_desk.clear)


@contextmanager
def _diverted(wire: Wire, debug: bool) -> Iterator[None]:
    """What is printed and logged goes there."""
    with redirect_stdout(wire), redirect_stderr(wire), log_on_stderr(debug):
        yield
