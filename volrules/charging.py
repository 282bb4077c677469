"""What a volume takes of which quota, and what to say when there is too little of it."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from volrules.codes import built_in
from volrules.host import FAILURES, OWN, Host, Plugin, spare_interrupts
from volrules.host.watch import Watch
from volrules.model import Spec
from volrules.violations import Violation
from volrules.wording import is_well_formed, quoted

if TYPE_CHECKING:
    from volrules.store.contract import Shortage

log = logging.getLogger(__name__)

RULE = "quota"
# Cinder tells gigabytes before volumes, whichever was reserved first.
_CODES = {"gigabytes": (0, "quota.gigabytes", "/volume/size"), "volumes": (1, "quota.volumes", "/volume")}
_OTHER = (2, "quota.resource", "/volume")
_MOST = 2**63 - 1


class Charging:
    """The charges of one host's plugins."""

    def __init__(self, host: Host, watch: Watch) -> None:
        self._watch = watch
        self._implementations = host.implementations("volrules_quota_usage")

    def charges(self, spec: Spec) -> tuple[dict[str, int], list[Violation]]:
        """Resource to amount, summed over all plugins, and what is to be said of those that failed."""
        total: dict[str, int] = {}
        failures = []
        for each in self._implementations:
            try:
                usage = _checked(each.plugin, self._watch.ask(each, spec))
            except FAILURES as error:
                spare_interrupts(error)
                log.error("%s failed in %s", each.plugin, each.hook, exc_info=error)
                failures.append(each.plugin.failure(each.hook, RULE))
                continue
            for resource, amount in usage.items():
                total[resource] = total.get(resource, 0) + amount
        return {resource: amount for resource, amount in total.items() if amount}, failures


def over_quota(shortages: Iterable[Shortage]) -> tuple[Violation, ...]:
    """A violation for every resource that was over, gigabytes first, then volumes, then plugins' own."""
    ranked = sorted((*_classified(each.resource), each.resource, each) for each in shortages)
    return tuple(_violation(code, path, each).attributed(RULE, OWN, "deny") for _, code, path, _, each in ranked)


def _classified(resource: str) -> tuple[int, str, str]:
    built_in_kind = (row for word, row in _CODES.items() if resource == word or resource.startswith(f"{word}_"))
    return next(built_in_kind, _OTHER)


def _violation(code: str, path: str, short: Shortage) -> Violation:
    figures = f"{short.requested} requested, {short.consumed} of {short.limit} used"
    message = f"quota `{short.resource}` does not suffice: {figures}; delete something or ask for a larger quota"
    params = {"requested": short.requested, "consumed": short.consumed, "limit": short.limit}
    return built_in(code, path, message, resource=short.resource, **params)


def _checked(plugin: Plugin, usage: Any) -> Mapping[str, int]:
    """What a plugin answered. Raises TypeError for what is no usage, or of a resource that is not its to charge."""
    if usage is None:
        return {}
    if not isinstance(usage, Mapping):
        raise TypeError(f"{plugin} answers with resources and amounts, not {quoted(usage)}")
    charged: Mapping[Any, Any] = usage
    for resource, amount in charged.items():
        if not isinstance(resource, str) or not _may_charge(plugin.name, resource):
            own = f"`{plugin.name}.<word>`"
            raise TypeError(f"{plugin} may charge volumes, gigabytes and {own}, not {quoted(resource)}")
        if type(amount) is not int or not 0 <= amount <= _MOST:
            raise TypeError(f"{plugin} charges `{resource}` a number from 0 to {_MOST}, not {quoted(amount)}")
    return charged


@lru_cache(1024)
def _may_charge(plugin: str, resource: str) -> bool:
    word = resource.removeprefix(f"{plugin}.")
    own = word != resource and bool(word) and not any(each.isspace() for each in word)
    return is_well_formed(resource) and (own or _classified(resource) is not _OTHER)
