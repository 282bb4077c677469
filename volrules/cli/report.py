"""An answer as an operator reads it: what is wrong and the way out, or what the volume is and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from volrules.cli.terminal import aligned, compact, printable
from volrules.documents import thaw
from volrules.model import Decision, Receipt
from volrules.violations import Violation
from volrules.wording import clip

_COLOURS = {"accepted": "green", "created": "green", "rejected": "red"}
# Told by others: the type by its name, the image by what the request says of it.
_NOT_SHOWN = {"volume_type_id"}
_OWN = "volrules"
_LABELS = {"deny": "", "warn": "warning: ", "audit": "audit: ", "waived": "waived: "}


def decision_of(answer: Decision | Receipt) -> Decision:
    """What was decided, be it to check or to create."""
    return answer.decision if isinstance(answer, Receipt) else answer


def report(number: int, answer: Decision | Receipt) -> str:
    """The answer to the request of that line, over several lines."""
    decision = decision_of(answer)
    name = f"request {number}" + ("" if answer.id is None else f" ({printable(answer.id)})")
    lines = [f"{click.style(name, bold=True)}: {_outcome(answer)}"]
    lines += [_objection(each) for each in (*decision.violations, *decision.warnings)]
    lines += _spec(decision)
    return "\n".join(lines)


def _outcome(answer: Decision | Receipt) -> str:
    outcome = click.style(answer.outcome, fg=_COLOURS[answer.outcome])
    if not isinstance(answer, Receipt) or answer.volume_id is None:
        return outcome
    replayed = ", as the first time" if answer.replayed else ""
    return f"{outcome} volume {answer.volume_id} ({answer.status}, {answer.dispatch}{replayed})"


def _objection(each: Violation) -> str:
    label = _LABELS[each.enforcement]
    path = f"{printable(each.path)}: " if each.path else ""
    by = "" if each.plugin == _OWN else f", from {printable(each.plugin)}"
    return f"  {label}{path}{printable(each.message)} [{printable(each.code)}, {each.recovery}{by}]"


def _spec(decision: Decision) -> Iterator[str]:
    """The fields that say something, in the order of the document, and where each is from."""
    if decision.spec is None:
        return
    fields = {**decision.spec.to_dict(), "dispatch": thaw(decision.dispatch)}
    shown = {field: _value(field, value) for field, value in fields.items() if _says_something(field, value)}
    rows = [(field, value, f"← {_origin(field, decision.provenance)}") for field, value in shown.items()]
    yield from (f"  {line}" for line in aligned(rows))


def _says_something(field: str, value: Any) -> bool:
    return field not in _NOT_SHOWN and (bool(value) or value == "")


def _value(field: str, value: Any) -> str:
    if field == "size":
        return f"{value} GiB"
    if field == "qos_specs":
        return f"{clip(value['name'])} ({value['consumer']})"
    if field in ("encryption_key", "dispatch"):
        return clip(" ".join(map(str, value.values())))
    return clip(value if isinstance(value, str) else compact(value))


def _origin(field: str, provenance: Mapping[str, Any]) -> str:
    if field not in provenance:
        return "volume_type" if field == "multiattach" else "request"
    known = provenance[field]
    return known.origin if known.plugin == _OWN else f"{printable(known.origin)} ({printable(known.plugin)})"
