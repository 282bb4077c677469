"""What is wrong with a request: violations as data, made by one constructor.

A violation's ``code`` is stable and dotted and is what programs compare; its ``message`` is for people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

from volrules.documents import EMPTY, TupleDocument, freeze, thaw
from volrules.jsonvalue import faults, pointer
from volrules.wording import is_well_formed

Recovery = Literal["fix_request", "wait_and_retry", "ask_operator"]
Enforcement = Literal["deny", "warn", "audit", "waived"]
RECOVERIES: tuple[str, ...] = get_args(Recovery)
ENFORCEMENTS = ("deny", "warn", "audit")
"""What a site may say of a code; ``waived`` is what a waiver makes of deny."""


class _Violation(NamedTuple):
    code: str
    kind: str
    path: str
    message: str
    rule: str = ""
    plugin: str = ""
    enforcement: Enforcement = "deny"
    params: Mapping[str, Any] = EMPTY
    recovery: Recovery = "fix_request"


class Violation(TupleDocument, _Violation):  # type: ignore[misc]  # it is read by key, as all documents are
    """One reason against a request.

    ``kind``: Cinder's exception name where Cinder has one. ``path``: a JSON Pointer (RFC 6901) into the body.
    ``rule`` and ``plugin`` are filled in by the engine: the pipeline stage and who found it.
    ``params``: the figures of the message, JSON values.
    """

    __slots__ = ()

    def to_dict(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "kind": self.kind,
            "path": self.path,
            "message": self.message,
            "rule": self.rule,
            "plugin": self.plugin,
            "enforcement": self.enforcement,
            "params": thaw(self.params),
            "recovery": self.recovery,
        }

    def sound(self) -> Violation:
        """The violation, read-only all through; raises TypeError where it is none that a decision could hold."""
        texts: tuple[Any, ...] = (self.code, self.kind, self.path, self.message)
        if not all(isinstance(each, str) and is_well_formed(each) for each in texts):
            raise TypeError("a violation's code, kind, path and message are well-formed texts")
        if not (self.code and self.kind and self.message) or self.recovery not in RECOVERIES:
            raise TypeError("a violation has a code, a kind, a message and a recovery")
        for path, reason in faults(thaw(self.params)):
            raise TypeError(f"the params{pointer(path)} of a violation {reason}")
        return self._replace(params=freeze(self.params))

    def attributed(self, rule: str, plugin: str, enforcement: Enforcement) -> Violation:
        """The same violation as the engine records it: at which stage, by whom, and how it is enforced."""
        code, kind, path, message, _, _, _, params, recovery = self
        return Violation(code, kind, path, message, rule, plugin, enforcement, params, recovery)


def violation(
    code: str,
    path: str,
    message: str,
    kind: str = "InvalidInput",
    recovery: Recovery = "fix_request",
    **params: Any,
) -> Violation:
    """Make a violation.

    ``code``: stable and dotted, its first word the plugin's name (``acme.bad_name``).
    ``path``: JSON Pointer into the request body (``/volume/name``; "" for the whole body).
    ``message``: one lowercase sentence, the user's input in backticks, then a way out.
    ``recovery``: ``fix_request``, ``wait_and_retry`` or ``ask_operator``.
    ``params``: the figures of the message, JSON values.
    """
    if recovery not in RECOVERIES:
        raise ValueError(f"recovery `{recovery}` is none of {', '.join(RECOVERIES)}")
    return Violation(code, kind, path, message, "", "", "deny", freeze(params), recovery)
