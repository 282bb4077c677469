"""How the site enforces each violation code."""

from __future__ import annotations

from collections.abc import Mapping

from volrules.codes import CODES
from volrules.errors import Problem, SiteError
from volrules.site import Site
from volrules.violations import Enforcement
from volrules.wording import did_you_mean

_OWN_WORDS = frozenset(code.partition(".")[0] for code in CODES)


def enforcement(site: Site) -> Mapping[str, Enforcement]:
    """Code to enforcement, where it is not deny: the site's ``rules``, else the catalogue's.

    Raises SiteError for a built-in code that is misspelt or cannot be softened; other codes are plugins' own.
    """
    problems = [
        Problem(f"rules.{code}", complaint)
        for code, wanted in site.enforcement.items()
        if (complaint := _complaint(code, wanted))
    ]
    if problems:
        raise SiteError(site.name, problems)
    return {code: row.enforcement for code, row in CODES.items() if row.enforcement != "deny"} | dict(site.enforcement)


def _complaint(code: str, wanted: Enforcement) -> str | None:
    row = CODES.get(code)
    word = code.partition(".")[0]
    if row is None and word != "schema":
        return f"no violation code `{code}`; {did_you_mean(code, CODES)}" if word in _OWN_WORDS else None
    if (row is None or not row.softenable) and wanted != "deny":
        return f"`{code}` cannot be softened to `{wanted}`: without it there is nothing to create; remove the line"
    return None
