"""Faults as sentences and exit codes."""

from __future__ import annotations

import traceback

from volrules import errors
from volrules.cli.exits import Exit
from volrules.cli.terminal import diagnose
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


def exit_of(error: errors.VolrulesError) -> Exit:
    """The exit code for an error."""
    if error.retryable:
        return Exit.RETRY
    return next((code for kind, code in _BY_CLASS if isinstance(error, kind)), Exit.FAULT)


def told(error: Exception, debug: bool, place: str = "") -> Exit:
    """Tell what went wrong, where ``place`` says, and what it means for the exit code."""
    if debug:
        traceback.print_exception(error)
    if isinstance(error, errors.VolrulesError):
        for each in (f"{place}{error}", *getattr(error, "__notes__", ())):
            diagnose(each)
        return exit_of(error)
    diagnose(f"{place}internal fault ({described(error)}); report it, with what `volrules --debug` says")
    return Exit.FAULT
