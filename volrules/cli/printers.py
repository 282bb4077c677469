"""How answers are printed: as text, as one JSON array, or as one JSON document a line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Protocol

import click

from volrules.cli.report import report
from volrules.cli.terminal import compact, indented, stdout
from volrules.model import Decision, Receipt

Answer = Decision | Receipt
Write = Callable[[str], None]


class Printer(Protocol):
    """Prints answers in their order."""

    def answer(self, number: int, answer: Answer) -> None:
        """Print the answer to the request of that line or place."""

    def end(self, tally: Counter[str]) -> None:
        """Print what comes after the last one."""


def printer(text_format: str, write: Write) -> Printer:
    """The printer for ``--format``."""
    return _PRINTERS[text_format](write)


class _JSONLines:
    def __init__(self, write: Write) -> None:
        self._write = write

    def answer(self, number: int, answer: Answer) -> None:
        self._write(f"{compact(answer.to_dict())}\n")

    def end(self, tally: Counter[str]) -> None:
        pass


class _JSON:
    """An array, written as it comes."""

    def __init__(self, write: Write) -> None:
        self._write = write
        self._before = "[\n"

    def answer(self, number: int, answer: Answer) -> None:
        self._write(self._before + _shifted(indented(answer.to_dict())))
        self._before = ",\n"

    def end(self, tally: Counter[str]) -> None:
        self._write("[]\n" if self._before == "[\n" else "\n]\n")


class _Text:
    def __init__(self, write: Write) -> None:
        coloured = stdout().isatty()
        self._write: Write = write if coloured else lambda text: write(click.unstyle(text))

    def answer(self, number: int, answer: Answer) -> None:
        self._write(f"{report(number, answer)}\n")

    def end(self, tally: Counter[str]) -> None:
        if tally:
            self._write(f"{summary(tally)}\n")


def summary(tally: Mapping[str, int]) -> str:
    """The closing line: ``3 accepted, 1 rejected``."""
    return ", ".join(f"{count} {outcome}" for outcome, count in sorted(tally.items()))


def _shifted(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.split("\n"))


_PRINTERS: Mapping[str, Callable[[Write], Printer]] = {"text": _Text, "json": _JSON, "jsonl": _JSONLines}
