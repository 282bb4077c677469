"""How answers are printed: as text, as one JSON array, or as one JSON document a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Literal, NamedTuple

import click

from volrules.cli.report import report
from volrules.cli.terminal import compact, encoded, indented
from volrules.model import Decision, Receipt

Answer = Decision | Receipt
Write = Callable[[bytes], None]
Part = tuple[Literal["answers", "diagnostics"], bytes]
"""Encoded where it is said, so that whoever prints it has the less to do."""


class Form(NamedTuple):
    """What ``--format`` asks for. ``render``: the answer to the request of that line or place, as text.

    ``opening`` stands before the first answer, ``between`` before every other one.
    ``closing``: what comes after the last one, given the outcomes summed up and whether anything was answered.
    """

    render: Callable[[int, Answer], str]
    closing: Callable[[str, bool], str] = lambda summary, answered: ""
    opening: str = ""
    between: str = ""


def form(text_format: str, coloured: bool) -> Form:
    """The form of a format's name; ``coloured``: where it is for reading, with colours."""
    if text_format == "text" and coloured:
        return Form(_report, _summary)
    return _FORMS[text_format]


class Printer:
    """Prints what there is to be printed, in its order."""

    def __init__(self, shape: Form, write: Write) -> None:
        self._form = shape
        self._write = write
        self._answered = False

    def print(self, parts: Iterable[Part]) -> None:
        """Print answers, and what is told beside them."""
        for kind, data in parts:
            if kind == "answers":
                self._write(encoded(self._form.between if self._answered else self._form.opening) + data)
                self._answered = True
            else:
                click.echo(data.decode(), err=True, nl=False)

    def end(self, summary: str) -> None:
        """Print what comes after the last one."""
        if closing := self._form.closing(summary, self._answered):
            self._write(encoded(closing))


def _summary(summary: str, answered: bool) -> str:
    return f"{summary}\n" if summary else ""


def _report(number: int, answer: Answer) -> str:
    return f"{report(number, answer)}\n"


def _plain_report(number: int, answer: Answer) -> str:
    return click.unstyle(_report(number, answer))


def _json_line(number: int, answer: Answer) -> str:
    return f"{compact(answer.to_dict())}\n"


def _element(number: int, answer: Answer) -> str:
    return "\n".join(f"  {line}" for line in indented(answer.to_dict()).split("\n"))


def _end_of_array(summary: str, answered: bool) -> str:
    return "\n]\n" if answered else "[]\n"


_FORMS: Mapping[str, Form] = {
    "text": Form(_plain_report, _summary),
    "json": Form(_element, _end_of_array, opening="[\n", between=",\n"),
    "jsonl": Form(_json_line),
}
