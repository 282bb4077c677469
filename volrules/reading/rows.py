"""Many rows of one shape: a compiled validator says a fast yes, Cerberus tells slowly why not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any

import jsonschema_rs

from volrules.reading.diagnosis import Finding, Path, findings
from volrules.wording import quoted

# Cerberus takes up to a millisecond a row, and nobody reads a thousand sentences.
_DIAGNOSED = 100

_JSON_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "dict": "object",
    "list": "array",
}
_TRANSLATIONS: dict[str, Callable[[Any], dict[str, Any]]] = {
    "type": lambda kinds: {"type": [_JSON_TYPES[kind] for kind in ([kinds] if isinstance(kinds, str) else kinds)]},
    "schema": lambda fields: {"properties": _each(fields), "additionalProperties": False, **_required(fields)},
    "valuesrules": lambda rules: {"additionalProperties": json_schema(rules)},
    "allowed": lambda values: {"enum": list(values)},
    "min": lambda least: {"minimum": least},
    "max": lambda most: {"maximum": most},
    "maxlength": lambda most: {"maxLength": most},
    "empty": lambda allowed: {"minLength": 0 if allowed else 1},
    "nullable": lambda allowed: {},
    "required": lambda wanted: {},
}


def json_schema(rules: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema (draft 4) with the meaning of a field's Cerberus rules.

    Draft 4 because there, as in Cerberus, 10.0 is no integer.
    """
    schema = {word: value for rule in rules for word, value in _TRANSLATIONS[rule](rules[rule]).items()}
    return {"anyOf": [{"type": "null"}, schema]} if rules.get("nullable") else schema


def _each(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {field: json_schema(rules) for field, rules in fields.items()}


def _required(fields: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """Draft 4 knows no empty list of required members."""
    required = [field for field, rules in fields.items() if rules.get("required")]
    return {"required": required} if required else {}


class Rows:
    """The shape that every row of a section has: Cerberus rules of ``type: dict``."""

    def __init__(self, rules: Mapping[str, Any]) -> None:
        self._rules = rules
        self._accepts = jsonschema_rs.Draft4Validator(json_schema(rules)).is_valid

    def findings(self, rows: Any, path: Path) -> list[Finding]:
        """What is wrong with the rows, a list or an object found at ``path``; anything else has none."""
        wrong = {key: row for key, row in _entries(rows) if not self._accepts(row)}
        if not wrong:
            return []
        told = dict(islice(wrong.items(), _DIAGNOSED))
        found = findings(self._diagnosis({path[-1]: told}), path[:-1])
        if len(wrong) > len(told):
            message = f"{len(wrong) - len(told)} more entries are wrong from {quoted(list(wrong)[len(told)])} on"
            found.append(Finding(path, f"{message}; correct those above first"))
        return found

    def _diagnosis(self, document: dict[Any, Any]) -> Any:
        from volrules.reading.cerberus_strict import StrictValidator  # lazily: only for a diagnosis

        validator = StrictValidator({section: {"type": "dict", "valuesrules": self._rules} for section in document})
        validator.validate(document, normalize=False)
        return validator


def _entries(rows: Any) -> list[tuple[Any, Any]]:
    if isinstance(rows, dict):
        return list(rows.items())
    return list(enumerate(rows)) if isinstance(rows, list) else []
