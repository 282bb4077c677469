"""Between the commands and the user: every fault becomes a sentence and an exit code, none a traceback."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import click

from volrules.cli.exits import INTERRUPTED, PIPE_CLOSED, Exit
from volrules.cli.faults import told
from volrules.cli.terminal import diagnose, silence
from volrules.wording import described

_PASSED_ON = (click.ClickException, click.exceptions.Exit, click.Abort)


def guarded(command: Callable[[], Any], debug: bool) -> int:
    """Run a command; its exit code, or that of what went wrong. ``debug``: show tracebacks after all."""
    try:
        with log_on_stderr(debug):
            return int(command() or Exit.ACCEPTED)
    except _PASSED_ON:
        raise
    except KeyboardInterrupt:
        diagnose("interrupted; what is reported above stands, the rest may not have been done")
        return INTERRUPTED
    except BrokenPipeError:
        silence()
        return PIPE_CLOSED
    except Exception as error:  # noqa: BLE001 - this is where the program ends
        return told(error, debug)


class _OnStderr(logging.Handler):
    """Log records as diagnostics: the exception's text, not its traceback."""

    def __init__(self, debug: bool) -> None:
        super().__init__(logging.WARNING)
        self._debug = debug

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        diagnose(record.getMessage() + (f" ({described(error)})" if error else ""))
        if error and self._debug:
            traceback.print_exception(error)


@contextmanager
def log_on_stderr(debug: bool) -> Iterator[None]:
    """What volrules logs, from warnings on, goes to stderr meanwhile. ``debug``: with tracebacks."""
    log, handler = logging.getLogger("volrules"), _OnStderr(debug)
    log.addHandler(handler)
    propagate, log.propagate = log.propagate, False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = propagate
