"""What reaches the terminal: text without control characters on stdout, diagnostics on stderr."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

REPORT = "volrules.report"
"""What the report is written to while stdout is kept for it, in click's notes of a run."""

# json.dumps would make one for each document. No document contains itself.
_COMPACT = json.JSONEncoder(ensure_ascii=False, check_circular=False, separators=(",", ":"))


def printable(text: object) -> str:
    """The text with escapes in place of what a terminal would obey: control, bidirectional and lone characters."""
    shown = str(text)
    return shown if shown.isprintable() else "".join(each if each.isprintable() else _escape(each) for each in shown)


def diagnosis(message: object) -> str:
    """What tells the user what is wrong, a line a problem."""
    return "".join(f"volrules: {printable(line)}\n" for line in str(message).splitlines() or [""])


def diagnose(message: object) -> None:
    """Tell the user on stderr what is wrong, a line a problem."""
    click.echo(diagnosis(message), err=True, nl=False)


def stdout() -> TextIO:
    """Where the report goes."""
    kept: TextIO | None = click.get_current_context().meta.get(REPORT)
    return kept or sys.stdout


def write(text: str) -> None:
    """Write to stdout in UTF-8, at once: whoever reads a line knows that what it says has happened."""
    pass_on(encoded(text))


def pass_on(data: bytes) -> None:
    """Write to stdout, at once, what is encoded already."""
    buffer = stdout().buffer
    buffer.write(data)
    buffer.flush()


def encoded(text: str) -> bytes:
    """The text in UTF-8, with escapes in place of lone surrogates."""
    return text.encode("utf-8", "backslashreplace")


def table(header: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Columns in line; ``-`` for what is None."""
    cells = [header, *([_cell(each) for each in row] for row in rows)]
    return "".join(f"{line}\n" for line in aligned(cells))


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """The rows as lines, their columns in line."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def compact(document: Any) -> str:
    """A JSON document on one line."""
    return _COMPACT.encode(document)


def indented(document: Any) -> str:
    """A JSON document for reading."""
    return json.dumps(document, ensure_ascii=False, indent=2)


def silence() -> None:
    """Send what is still buffered nowhere: nobody reads it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stdout().fileno())


def _cell(value: Any) -> str:
    return "-" if value is None else printable(value)


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
