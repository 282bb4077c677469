"""How the site enforces each violation code: by its rules, and by waivers that run out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from volrules.codes import CODES
from volrules.errors import Problem, SiteError
from volrules.site import Site
from volrules.violations import Enforcement, Violation
from volrules.wording import did_you_mean

_OWN_WORDS = frozenset(code.partition(".")[0] for code in CODES)


class Policy:
    """What becomes of a violation. Safe to share between threads."""

    def __init__(self, site: Site) -> None:
        """Raises SiteError for a built-in code that is misspelt or cannot be softened; other codes are plugins' own."""
        problems = [*_softened(site), *_waived(site)]
        if problems:
            raise SiteError(site.name, problems)
        lenient = {code: row.enforcement for code, row in CODES.items() if row.enforcement != "deny"}
        self._rules: Mapping[str, Enforcement] = lenient | dict(site.enforcement)
        self._waivers = {(each["code"], each["project"]): each for each in site.document["waivers"]}

    def recorded(self, violation: Violation, rule: str, plugin: str, project_id: str) -> Violation:
        """The violation as it goes into the decision, with its ``enforcement``: deny, warn, audit or waived."""
        enforcement = self._rules.get(violation.code, "deny")
        if self._waivers and enforcement == "deny" and self._waives(violation.code, project_id):
            enforcement = "waived"
        return violation.attributed(rule, plugin, enforcement)

    def _waives(self, code: str, project_id: str) -> bool:
        candidates = (self._waivers.get((code, project)) for project in (project_id, None))
        return any(each is not None and not is_expired(each) for each in candidates)


def is_expired(waiver: Mapping[str, Any]) -> bool:
    """Whether the waiver's last day (UTC) is over."""
    return date.fromisoformat(waiver["expires"]) < datetime.now(UTC).date()


def expired_waivers(site: Site) -> list[Problem]:
    """Waivers that have run out: void when deciding, and for ``volrules lint`` an error."""
    return [
        Problem(f"waivers.{index}", f"the waiver of `{each['code']}` expired on {each['expires']}; renew or remove it")
        for index, each in enumerate(site.document["waivers"])
        if is_expired(each)
    ]


def _softened(site: Site) -> Iterator[Problem]:
    for code, wanted in site.enforcement.items():
        if wanted != "deny" and (complaint := _complaint(code)):
            yield Problem(f"rules.{code}", complaint)


def _waived(site: Site) -> Iterator[Problem]:
    for index, each in enumerate(site.document["waivers"]):
        if complaint := _complaint(each["code"]):
            yield Problem(f"waivers.{index}.code", complaint)


def _complaint(code: str) -> str | None:
    row = CODES.get(code)
    word = code.partition(".")[0]
    if row is None and word != "schema":
        return f"no violation code `{code}`; {did_you_mean(code, CODES)}" if word in _OWN_WORDS else None
    if row is None or not row.softenable:
        return f"`{code}` cannot be softened: without it there is nothing to create; remove the line"
    return None
