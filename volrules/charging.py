"""What a volume takes of which quota, and what to say when there is too little of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from volrules.codes import built_in
from volrules.host import FAILURES, OWN, Host
from volrules.model import Spec
from volrules.store.contract import Shortage
from volrules.violations import Violation

log = logging.getLogger(__name__)

RULE = "quota"
# Cinder tells gigabytes before volumes, whichever was reserved first.
_CODES = {"gigabytes": (0, "quota.gigabytes", "/volume/size"), "volumes": (1, "quota.volumes", "/volume")}
_OTHER = (2, "quota.resource", "/volume")


class Charging:
    """The charges of one host's plugins."""

    def __init__(self, host: Host) -> None:
        self._implementations = host.implementations("volrules_quota_usage")

    def charges(self, spec: Spec) -> tuple[dict[str, int], list[Violation]]:
        """Resource to amount, summed over all plugins, and the violations of those that failed."""
        total: dict[str, int] = {}
        failed = []
        for each in self._implementations:
            try:
                usage = _checked(each.call(spec))
            except FAILURES as error:
                log.error("%s failed in %s", each.plugin, each.hook, exc_info=error)
                failed.append(replace(each.plugin.failure(each.hook), rule=RULE))
                continue
            for resource, amount in usage.items():
                total[resource] = total.get(resource, 0) + amount
        return {resource: amount for resource, amount in total.items() if amount}, failed


def over_quota(shortages: Iterable[Shortage]) -> tuple[Violation, ...]:
    """A violation for every resource that was over, gigabytes first, then volumes, then plugins' own."""
    ranked = sorted((*_classified(each.resource), each.resource, each) for each in shortages)
    return tuple(replace(_violation(code, path, each), rule=RULE, plugin=OWN) for _, code, path, _, each in ranked)


def _classified(resource: str) -> tuple[int, str, str]:
    return _CODES.get(resource.split("_", maxsplit=1)[0] if "." not in resource else resource, _OTHER)


def _violation(code: str, path: str, short: Shortage) -> Violation:
    figures = f"{short.requested} requested, {short.consumed} of {short.limit} used"
    message = f"quota `{short.resource}` does not suffice: {figures}; delete something or ask for a larger quota"
    params = {"requested": short.requested, "consumed": short.consumed, "limit": short.limit}
    return built_in(code, path, message, resource=short.resource, **params)


def _checked(usage: Any) -> Mapping[str, int]:
    if usage is None:
        return {}
    for resource, amount in usage.items():
        if not isinstance(resource, str) or type(amount) is not int or amount < 0:
            raise TypeError(f"a quota usage is a text and a number from 0, not {resource!r}: {amount!r}")
    charged: Mapping[str, int] = usage
    return charged
