"""What is asked of every request line, in a form that another process can take up."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from volrules.cli.options import Place
from volrules.cli.printers import Answer, Form, form
from volrules.model import Context
from volrules.reading.request_lines import RequestLine, UnreadableLine

if TYPE_CHECKING:
    from volrules.engine import Engine

Respond = Callable[[RequestLine], Answer]
Act = Callable[["Engine", RequestLine, Context], Answer]
ActOnAll = Callable[["Engine", list[RequestLine], Context], Sequence[Answer | Exception]]
_TOGETHER = 64


@dataclass(frozen=True, slots=True)
class Work:
    """A command's work on its input; it can be pickled.

    ``act``: a function of a module, that has an engine answer a line for a caller. ``caller``: of lines without one.
    ``source``: the input's name, for diagnostics. ``run``: no other run of a command has it.
    ``act_on_all``: the same for several lines at once, where that is cheaper.
    ``repeatable``: a line may be answered again, by somebody who does not know that it was.
    """

    act: Act
    place: Place
    inventory: str | None
    caller: Context
    text_format: str
    coloured: bool
    debug: bool
    source: str = ""
    repeatable: bool = False
    act_on_all: ActOnAll | None = None
    run: str = field(default_factory=lambda: uuid.uuid4().hex)

    def engine(self) -> Engine:
        """Open the engine that it takes."""
        return self.place.engine(self.inventory)

    def form(self) -> Form:
        """How its answers are printed."""
        return form(self.text_format, self.coloured)

    def respond(self, engine: Engine) -> Respond:
        """What answers a line."""

        def respond(line: RequestLine) -> Answer:
            return self.act(engine, self._keyed(line), self.caller)

        return respond

    def respond_to(self, engine: Engine, lines: Iterable[RequestLine | UnreadableLine]) -> Respond:
        """What answers these lines, which are all there already."""
        if self.act_on_all is None:
            return self.respond(engine)
        asked = [self._keyed(line) for line in lines if isinstance(line, RequestLine)]
        ready: dict[int, Answer | Exception] = {}
        for start in range(0, len(asked), _TOGETHER):
            batch = asked[start : start + _TOGETHER]
            answers = self._answers(self.act_on_all, engine, batch)
            ready |= {line.number: answer for line, answer in zip(batch, answers, strict=True)}

        def respond(line: RequestLine) -> Answer:
            answer = ready.pop(line.number)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return respond

    def _answers(self, act: ActOnAll, engine: Engine, batch: list[RequestLine]) -> Sequence[Answer | Exception]:
        try:
            return act(engine, batch, self.caller)
        except Exception as error:  # noqa: BLE001 - it is each line's, and told with it
            return [error] * len(batch)

    def can_travel(self) -> bool:
        """Whether another process can open what this one has opened: a pipe is read only once."""
        return all(document is None or Path(document).is_file() for document in (self.place.site, self.inventory))

    def _keyed(self, line: RequestLine) -> RequestLine:
        # Whatever repeats a line of this run finds the volume that was made the first time.
        if self.repeatable and line.idempotency_key is None:
            return replace(line, idempotency_key=f"{self.run}-{line.number}")
        return line
