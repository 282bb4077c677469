"""Whether what a plugin has resolved stays as it is: a request for the resolved volume resolves to that volume."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from volrules.documents import thaw
from volrules.engine import Engine
from volrules.model import Decision, Spec
from volrules.wording import clip

# What of a spec can be asked for, and which of its members says so.
_ASKED_FOR = {
    "size": "size",
    "availability_zone": "availability_zone",
    "volume_type": "volume_type_id",
    "metadata": "metadata",
}


def unsettled(engine: Engine, body: Any, caller: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The plugin's resolvers whose answer, fed back to it, does not come out again."""
    decision = engine.check(body, caller)
    if decision.spec is None:
        return
    resolved = dict(_resolved(decision, decision.spec))
    if not resolved:
        return
    again = engine.check({**body, "volume": {**body["volume"], **resolved}}, caller)
    for field, value in resolved.items():
        became = None if again.spec is None else thaw(getattr(again.spec, _ASKED_FOR[field]))
        if became != value:
            told = "nothing, being rejected" if again.spec is None else f"`{clip(became)}`"
            wrong = f"resolved to `{clip(value)}`, and that to {told}; let it leave be what fits already"
            yield f"volrules_resolve_{field}", wrong


def _resolved(decision: Decision, spec: Spec) -> Iterator[tuple[str, Any]]:
    """The fields that somebody else than volrules has resolved, with their values."""
    for field, member in _ASKED_FOR.items():
        known, value = decision.provenance.get(field), thaw(getattr(spec, member))
        if known is not None and known.plugin != "volrules" and value is not None:
            yield field, value
