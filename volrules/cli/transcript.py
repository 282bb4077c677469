"""What a worker would have printed, to be printed by whoever gave it the work."""

from __future__ import annotations

import sys
from io import BytesIO, TextIOWrapper
from typing import Literal

from volrules.cli.printers import Answer, Form
from volrules.cli.terminal import encoded

Part = tuple[Literal["answers", "diagnostics"], bytes]
"""Encoded by those who are several, so that whoever prints it has the less to do."""


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
    """Takes answers and diagnostics down in the order in which they come."""

    def __init__(self, shape: Form) -> None:
        self.wire = Wire()
        self._form = shape
        self._parts: list[Part] = []
        self._answers: list[str] = []

    def answer(self, number: int, answer: Answer) -> None:
        """Take an answer down."""
        self._cut()
        self._answers.append(self._form.render(number, answer))

    def parts(self) -> list[Part]:
        """All that there is."""
        self._cut()
        self._close()
        return self._parts

    def _cut(self) -> None:
        if told := self.wire.taken():
            self._close()
            self._parts.append(("diagnostics", told))

    def _close(self) -> None:
        if self._answers:
            self._parts.append(("answers", encoded(self._form.between.join(self._answers))))
            self._answers = []


class _Kept(BytesIO):
    """In memory; whoever wants a descriptor gets that of stderr."""

    def fileno(self) -> int:
        return sys.__stderr__.fileno() if sys.__stderr__ is not None else super().fileno()
