"""What is to be printed, in its order, by somebody else than who has it to say."""

from __future__ import annotations

import sys
from collections.abc import Callable
from io import BytesIO, TextIOWrapper
from select import PIPE_BUF

from volrules.cli.printers import Answer, Form, Part
from volrules.cli.terminal import encoded

_AT_ONCE = PIPE_BUF - 512
"""Bytes of answers that are printed at once: so much, with what is between them, a pipe takes whole or not at all."""


class Wire(TextIOWrapper):
    """Stands in for stderr, and keeps what is written."""

    def __init__(self) -> None:
        self._kept = _Kept()
        super().__init__(self._kept, encoding="utf-8", errors="backslashreplace", write_through=True)

    def taken(self) -> bytes:
        """What was written since the last time."""
        written = self._kept.getvalue()
        if written:
            self.seek(0)
            self.truncate()
        return written


class Transcript:
    """Takes answers and diagnostics down in the order in which they come, to be printed later.

    ``printed``: takes what others have written to stderr since it was last asked.
    """

    def __init__(self, shape: Form, printed: Callable[[], bytes]) -> None:
        self._form = shape
        self._printed = printed
        self._parts: list[Part] = []
        self._answers: list[bytes] = []
        self._between = encoded(shape.between)
        self._room = _AT_ONCE

    def answer(self, number: int, answer: Answer) -> None:
        """Take down the answer to the request of that line or place."""
        self._interject(self._printed())
        rendered = encoded(self._form.render(number, answer))
        self._room -= len(rendered)
        if self._room < 0:
            self._close()
            self._room = _AT_ONCE - len(rendered)
        self._answers.append(rendered)

    def diagnose(self, text: str) -> None:
        """Take down what is to be told on stderr, in whole lines."""
        self._interject(self._printed() + encoded(text))

    def parts(self) -> list[Part]:
        """All that there is since the last time."""
        self._interject(self._printed())
        self._close()
        parts, self._parts = self._parts, []
        return parts

    def _interject(self, diagnostics: bytes) -> None:
        if diagnostics:
            self._close()
            self._parts.append(("diagnostics", diagnostics))

    def _close(self) -> None:
        if self._answers:
            self._parts.append(("answers", self._between.join(self._answers)))
            self._answers = []
            self._room = _AT_ONCE


class _Kept(BytesIO):
    """In memory; whoever wants a descriptor gets that of stderr."""

    def fileno(self) -> int:
        return sys.__stderr__.fileno() if sys.__stderr__ is not None else super().fileno()
