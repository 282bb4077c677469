"""Faults as sentences and exit codes."""

from __future__ import annotations

import traceback

import click

from volrules import errors
from volrules.cli.exits import Exit
from volrules.cli.terminal import diagnosis
from volrules.wording import described

# The first class that fits counts.
_BY_CLASS: tuple[tuple[type[errors.VolrulesError], Exit], ...] = (
    (errors.DocumentMissing, Exit.USAGE),
    (errors.UsageError, Exit.USAGE),
    (errors.RequestLineError, Exit.UNREADABLE),
    (errors.DocumentError, Exit.CONFIGURATION),
    (errors.PluginError, Exit.CONFIGURATION),
    (errors.StoreError, Exit.CONFIGURATION),
    (errors.VolumeUnknown, Exit.REJECTED),
    (errors.TransitionError, Exit.REJECTED),
    (errors.Refused, Exit.REJECTED),
)


def exit_of(error: Exception) -> Exit:
    """The exit code for an error."""
    if not isinstance(error, errors.VolrulesError):
        return Exit.FAULT
    if error.retryable:
        return Exit.RETRY
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), Exit.FAULT)


def explained(error: Exception, debug: bool, place: str = "") -> str:
    """What went wrong, where ``place`` says, in whole lines. ``debug``: with a traceback."""
    trace = "".join(traceback.format_exception(error)) if debug else ""
    return trace + "".join(map(diagnosis, _sentences(error, place)))


def told(error: Exception, debug: bool) -> Exit:
    """Tell what went wrong, and what it means for the exit code."""
    click.echo(explained(error, debug), err=True, nl=False)
    return exit_of(error)


def _sentences(error: Exception, place: str) -> tuple[str, ...]:
    if isinstance(error, errors.VolrulesError):
        return f"{place}{error}", *getattr(error, "__notes__", ())
    return (f"{place}internal fault ({described(error)}); report it, with what `volrules --debug` says",)
