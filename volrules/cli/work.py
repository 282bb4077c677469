"""What is asked of every request line, in a form that another process can take up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from volrules.cli.options import Place
from volrules.cli.printers import Answer, Form, form
from volrules.model import Context
from volrules.reading.request_lines import RequestLine

if TYPE_CHECKING:
    from volrules.engine import Engine

Answers = Sequence[Answer | Exception]
AnswerAll = Callable[[list[RequestLine]], Answers]
Act = Callable[["Engine", list[RequestLine], Context], Answers]


@dataclass(frozen=True, slots=True)
class Work:
    """A command's work on its input; it can be pickled.

    ``act``: a function of a module, that has an engine answer lines for a caller. ``caller``: of lines without one.
    ``source``: the input's name, for diagnostics. ``run``: no other run of a command has it.
    ``together``: how many lines may be answered together.
    ``repeatable``: a line may be answered again, by somebody who does not know that it was.
    """

    act: Act
    together: int
    place: Place
    inventory: str | None
    caller: Context
    text_format: str
    coloured: bool
    debug: bool
    source: str = ""
    repeatable: bool = False
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def engine(self) -> Engine:
        """Open the engine that it takes."""
        return self.place.engine(self.inventory)

    def form(self) -> Form:
        """How its answers are printed."""
        return form(self.text_format, self.coloured)

    def answers(self, engine: Engine, lines: list[RequestLine]) -> Answers:
        """What is answered to these lines, in their order."""
        try:
            return self.act(engine, [self._keyed(each) for each in lines], self.caller)
        except Exception as error:  # noqa: BLE001 - it is each line's, and told with it
            return [error] * len(lines)

    def can_travel(self) -> bool:
        """Whether another process can open what this one has opened: a pipe is read only once."""
        return all(document is None or Path(document).is_file() for document in (self.place.site, self.inventory))

    def _keyed(self, line: RequestLine) -> RequestLine:
        # Whatever repeats a line of this run finds the volume that was made the first time.
        if self.repeatable and line.idempotency_key is None:
            return replace(line, idempotency_key=f"{self.run}-{line.number}")
        return line
