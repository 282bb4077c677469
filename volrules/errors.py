"""Exceptions: faults of the caller, of the site and of the world outside.

A rejected request is never an exception; it is a :class:`volrules.Decision` with violations.
What is raised says, through ``retryable``, whether the same call may succeed later.
"""

from __future__ import annotations

from typing import NamedTuple


class VolrulesError(Exception):
    """Something other than the request is wrong; the message says what and what to do.

    ``retryable``: True when nothing was written and the same call may succeed later.
    """

    retryable: bool = False


class UsageError(VolrulesError):
    """The call itself is wrong: correct the arguments."""


class RequestLineError(VolrulesError):
    """A line of input is no request: correct the line; the others are not affected."""


class Problem(NamedTuple):
    """One thing wrong with an operator's document.

    ``path``: the key, dotted (``volume_types.0.name``); ``line``: 1-based, None where unknown.
    """

    path: str
    message: str
    line: int | None = None


class DocumentError(VolrulesError):
    """An operator's document cannot be used: correct what ``problems`` lists, all at once."""

    def __init__(self, source: str, problems: list[Problem]) -> None:
        super().__init__(source, problems)
        self.source = source
        self.problems = problems

    def __str__(self) -> str:
        return "\n".join(self._sentence(problem) for problem in self.problems)

    def _sentence(self, problem: Problem) -> str:
        place = self.source if problem.line is None else f"{self.source}:{problem.line}"
        return ": ".join(part for part in (place, problem.path, problem.message) if part)


class DocumentMissing(DocumentError):
    """There is no document to read at that path: correct the path."""


class SiteError(DocumentError):
    """The site document is wrong: correct the places named."""


class InventoryError(DocumentError):
    """The inventory document is wrong: correct the places named."""


class PluginError(VolrulesError):
    """A plugin cannot be used as it is; install another version, correct its options or block it."""


class StoreError(VolrulesError):
    """The store cannot be used as it is: its schema is missing, newer or somebody else's."""


class StoreUnavailable(StoreError):
    """The store did not answer or is busy; nothing was written. Try again later."""

    retryable = True


class StoreUncertain(StoreError):
    """The store went away in the middle of a commit and did not come back: it may have been written or not.

    Send the request again with the same idempotency key, or look for the volume that the message names.
    """


class VolumeUnknown(VolrulesError):
    """The store has no volume of that id: look for it with ``volrules show``."""


class TransitionError(VolrulesError):
    """The volume's state does not allow this step; the message names the state."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Refused(VolrulesError):
    """Raised by a dispatcher: this message will never be accepted, do not try again; the message is the reason."""
