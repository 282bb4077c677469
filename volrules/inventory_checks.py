"""What is wrong with an inventory document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from volrules.inventory_schema import FIELDS, INVENTORY
from volrules.model.request import canonical_uuid
from volrules.reading.diagnosis import Finding, findings
from volrules.reading.rows import Rows
from volrules.wording import quoted

_CANONICAL = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def all_findings(document: dict[str, Any]) -> list[Finding]:
    """Everything that keeps the document from being an inventory."""
    found = _outside(document)
    for section, fields in FIELDS.items():
        rows = document.get(section)
        found.extend(Rows({"type": "dict", "schema": fields}).findings(rows, (section,)))
        found.extend(_duplicates(section, rows))
    return found


def canonical_id(text: str) -> str:
    """The hyphenated lower-case form of a uuid; any other text as it is."""
    # Nearly all ids are canonical already, and parsing a uuid costs more than reading the rest of the row.
    return text if _CANONICAL.fullmatch(text) else canonical_uuid(text)


def _duplicates(section: str, rows: Any) -> Iterator[Finding]:
    """Entries with the id of an earlier one; passes over what has the wrong shape."""
    seen: dict[str, int] = {}
    for index, row in enumerate(rows if isinstance(rows, list) else ()):
        given = row.get("id") if isinstance(row, dict) else None
        if isinstance(given, str) and seen.setdefault(canonical_id(given), index) != index:
            message = f"id {quoted(given)} is that of entry {seen[canonical_id(given)]} too; leave one of them"
            yield Finding((section, index, "id"), message)


def _outside(document: dict[str, Any]) -> list[Finding]:
    """What is wrong outside the sections' rows."""
    if all(key in FIELDS and isinstance(each, list | None) for key, each in document.items()):
        return []
    from volrules.reading.cerberus_strict import StrictValidator  # lazily: only for a diagnosis

    validator = StrictValidator(INVENTORY)
    validator.validate(document, normalize=False)
    return findings(validator)
