"""Keeps stdout for the report: what plugins print meanwhile, in whatever way, goes to stderr."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout, suppress
from typing import Any, TextIO

import click

from volrules.cli.terminal import REPORT

_OUT, _ERR = 1, 2
"""The descriptors that programs below Python write to."""


def report_only(command: Callable[..., Any]) -> Callable[..., Any]:
    """While the command runs, only what is written with :func:`volrules.cli.terminal.write` reaches stdout."""

    @functools.wraps(command)
    def reporting(*args: Any, **options: Any) -> Any:
        meta = click.get_current_context().meta
        with diverted() as meta[REPORT]:
            try:
                return command(*args, **options)
            finally:
                del meta[REPORT]

    return reporting


@contextmanager
def diverted() -> Iterator[TextIO]:
    """Let stdout be stderr meanwhile; yields what still leads to stdout."""
    below = _descriptor(sys.stdout) == _OUT and _descriptor(sys.stderr) == _ERR
    with _diverted_below(sys.stdout) if below else nullcontext(sys.stdout) as report, redirect_stdout(sys.stderr):
        yield report


@contextmanager
def _diverted_below(stream: TextIO) -> Iterator[TextIO]:
    """The same for who writes to the descriptor: C libraries, other programs, whoever kept ``sys.__stdout__``."""
    stream.flush()
    kept = os.dup(_OUT)
    os.dup2(_ERR, _OUT)
    report = os.fdopen(kept, "w", encoding="utf-8")
    try:
        yield report
    finally:
        with suppress(OSError):  # nobody reads stderr
            stream.flush()
        os.dup2(kept, _OUT)
        with suppress(OSError):  # what could not be written was told when it was tried
            report.close()


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return stream.fileno() if stream else None
    except (OSError, ValueError):  # it is in memory, or closed
        return None
