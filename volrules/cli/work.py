"""What is asked of every request line, in a form that another process can take up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from volrules.cli.options import Place
from volrules.cli.printers import Answer, Form, form
from volrules.model import Context
from volrules.order import Order
from volrules.reading.request_lines import RequestLine

if TYPE_CHECKING:
    from volrules.engine import Engine

Answers = Sequence[Answer | Exception]
Talk = Generator[list[Order], Answers, None]
"""Asks for the answers to some requests at a time."""
Act = Callable[["Engine", Talk], None]


@dataclass(frozen=True, slots=True)
class Work:
    """A command's work on its input; it can be pickled.

    ``act``: a function of a module, that has an engine answer what is asked. ``caller``: of lines without one.
    ``source``: the input's name, for diagnostics. ``run``: no other run of a command has it.
    ``held_back``: for how many seconds answers may be kept, so that more of them are printed together.
    ``repeatable``: a line may be answered again, by somebody who does not know that it was.
    """

    act: Act
    held_back: float
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

    def order(self, line: RequestLine) -> Order:
        """What a line asks for."""
        return Order(line.request, Context.from_dict(line.context or self.caller), self._key(line), line.id)

    def can_travel(self) -> bool:
        """Whether another process can open what this one has opened: a pipe is read only once."""
        return all(document is None or Path(document).is_file() for document in (self.place.site, self.inventory))

    def _key(self, line: RequestLine) -> str | None:
        # Whatever repeats a line of this run finds the volume that was made the first time.
        if self.repeatable and line.idempotency_key is None:
            return f"{self.run}-{line.number}"
        return line.idempotency_key
