"""The plugins that do what lies outside the database: asked within errands, answers checked, faults named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from volrules.documents import freeze
from volrules.errors import Problem, Refused, SiteError
from volrules.host import Implementation
from volrules.host.errands import Call, Errand
from volrules.host.patience import PluginTimeout
from volrules.model import Context, Message, Report
from volrules.wording import described

MARGIN = 1.0
"""Seconds that a lease lasts beyond the plugins' timeouts: half of them to begin in, and half to record in."""


class Fault(Exception):
    """A plugin did not do what it was asked; the text names it, and what it raised."""


class Unanswered(Fault):
    """A plugin did not answer in time: what it was asked for may be done still."""


@dataclass(frozen=True, slots=True)
class Hands:
    """The dispatcher and the key manager that the site chose.

    What they do is an errand, and raises :class:`Refused` when the plugin says that trying again is useless,
    :class:`Fault` for all else.
    """

    dispatch: Implementation
    create_key: Implementation
    delete_key: Implementation

    @property
    def patience(self) -> float:
        """The seconds that settling one message takes at most, as far as the plugins have timeouts."""
        return (self.dispatch.plugin.timeout or 0.0) + (self.create_key.plugin.timeout or 0.0) + MARGIN

    @property
    def shortest(self) -> float | None:
        """The shortest of the plugins' timeouts, in seconds; None where none has one."""
        timeouts = (self.dispatch.plugin.timeout, self.create_key.plugin.timeout)
        return min((each for each in timeouts if each is not None), default=None)

    def begin_by(self, since: float, lease: float) -> float:
        """When it is too late to begin what a lease of so many seconds, taken at ``since``, is for."""
        return since + lease - self.patience + MARGIN / 2

    def require_patient(self, lease: float) -> None:
        """Raise SiteError unless a lease of so many seconds outlasts what is done under it."""
        if lease < self.patience:
            reason = (
                f"a lease of {lease:g} s does not outlast the timeouts of {self.create_key.plugin} and "
                f"{self.dispatch.plugin}; write `{self.patience:g}s` or more"
            )
            raise SiteError("site", [Problem("relay.lease", reason)])

    def make_key(self, message: Message, encryption: Any, late: Callable[[Any], object]) -> Errand[str]:
        """The id of the volume's key; ``late`` is told one that comes after the patience was at its end."""
        plan = freeze({"encryption_key": message.to_dict()["spec"]["encryption_key"], "encryption": encryption})
        context = Context(message.project_id, message.user_id, None, message.request_id)
        key_id = yield from _ask(Call(self.create_key, (plan, message.volume_id, context), late))
        if not isinstance(key_id, str) or not key_id:
            raise _nonsense(self.create_key, "a key manager answers with the key's id", key_id)
        return key_id

    def remove_key(self, volume_id: str, key_id: str | None, context: Context) -> Errand[None]:
        """Have the volume's key deleted, whether or not there is one."""
        yield from _ask(Call(self.delete_key, (volume_id, key_id, context)))

    def hand_on(self, message: Message) -> Errand[Report | None]:
        """Give the message to the dispatcher; its report, when it is the volume manager itself."""
        report = yield from _ask(Call(self.dispatch, (message,)))
        if report is not None and not isinstance(report, Report):
            raise _nonsense(self.dispatch, "a dispatcher answers with a Report or None", report)
        return report


def _ask(call: Call) -> Errand[Any]:
    implementation = call.implementation
    try:
        return (yield call)
    except Refused:
        raise
    except PluginTimeout as error:
        raise Unanswered(str(error)) from error
    except Exception as error:
        raise Fault(f"{implementation.plugin} failed in `{implementation.hook}`: {described(error)}") from error


def _nonsense(implementation: Implementation, expected: str, answer: Any) -> Fault:
    # The answer's type only: what a key manager answers may be what nobody is to read.
    return Fault(f"{implementation.plugin} failed in `{implementation.hook}`: {expected}, not {type(answer).__name__}")
