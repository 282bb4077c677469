"""The rules as Cedar policies: one forbid each, which its diagnostics name.

Cedar measures no texts and looks into no maps of unknown keys: the metadata's lengths are worked out for it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.metadata import version
from typing import Any

import cedarpy

from .facts import LONGEST, TYPES, ZONES, Facts, Rival

_RULES = {
    "size": "!(context.size > 0)",
    "source": "context has source && context.size > 0 && context.size < context.source",
    "zone": f"!{json.dumps(ZONES)}.contains(context.zone)",
    "type": f"context has type && !{json.dumps(TYPES)}.contains(context.type)",
    "metadata": f"context.shortest == 0 || context.longest > {LONGEST}",
}
_POLICIES = "permit(principal, action, resource);" + "".join(
    f'@id("{name}") forbid(principal, action, resource) when {{ {rule} }};' for name, rule in _RULES.items()
)


def engines() -> Iterator[Rival]:
    """With policies and entities parsed beforehand."""
    policies, entities = cedarpy.PolicySet.from_str(_POLICIES), cedarpy.Entities.from_json_str("[]")
    who = {"principal": 'User::"u1"', "action": 'Action::"create"', "resource": 'Site::"s"'}

    def ask(facts: Facts) -> Any:
        return cedarpy.is_authorized({**who, "context": _context(facts)}, policies, entities)

    def names(facts: Facts) -> set[str]:
        answer = ask(facts)
        if answer.allowed:
            return set()
        return set(answer.diagnostics.id_annotations_by_reason.values())

    yield Rival(f"Cedar (cedarpy {version('cedarpy')})", names, lambda facts: ask(facts).allowed)


def _context(facts: Facts) -> Facts:
    """The facts with the lengths in place of the metadata."""
    metadata = facts["metadata"]
    context = {key: value for key, value in facts.items() if key != "metadata"}
    context["shortest"] = min(map(len, metadata), default=1)
    context["longest"] = max(map(len, [*metadata, *metadata.values()]), default=0)
    return context
