"""What a site lets pass, as ``volrules plugins`` shows it: codes that it softens, and waivers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from volrules.cli.records import plain
from volrules.cli.terminal import table

if TYPE_CHECKING:
    from volrules.site import Site

_COLUMNS = ("code", "enforcement", "project", "owner", "expires")


def leniency(site: Site) -> dict[str, Any]:
    """``rules``: violation code to enforcement; ``waivers``: as the site has them, and whether one has ``expired``."""
    from volrules.enforcement import is_expired

    waivers = [{**plain(each), "expired": is_expired(each)} for each in site.document["waivers"]]
    return {"rules": dict(site.enforcement), "waivers": waivers}


def softened(site: Site) -> str:
    """The same as a table below others; nothing where nothing is softened."""
    known = leniency(site)
    rows = [
        *([code, enforcement, None, None, None] for code, enforcement in known["rules"].items()),
        *([each["code"], _state(each), each["project"], each["owner"], each["expires"]] for each in known["waivers"]),
    ]
    return f"\n{table(_COLUMNS, rows)}" if rows else ""


def _state(waiver: dict[str, Any]) -> str:
    return "waiver expired" if waiver["expired"] else "waived"
