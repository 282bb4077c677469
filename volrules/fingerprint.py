"""What a decision depends on beside the request, in one digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from volrules.documents import thaw
from volrules.host import Plugin


def fingerprint(site: Mapping[str, Any], plugins: Iterable[Plugin], schema: Mapping[str, Any]) -> str:
    """``sha256:`` and the digest of the site, the plugins with their versions, and the request schema."""
    answering = sorted([each.name, each.distribution or "", each.version or ""] for each in plugins)
    return digest([thaw(site), answering, schema])


def digest(value: Any) -> str:
    """``sha256:`` and the digest of a JSON value's canonical text: keys sorted, nothing between."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
