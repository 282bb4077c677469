"""Cerberus, with JSON's idea of numbers and of the end of a text."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from cerberus import TypeDefinition, Validator
from cerberus.errors import REGEX_MISMATCH


class StrictValidator(Validator):  # type: ignore[misc]
    """A Cerberus validator to which True and False are no numbers, and a text ends behind its last newline."""

    types_mapping: ClassVar = {
        **Validator.types_mapping,
        "integer": TypeDefinition("integer", (int,), (bool,)),
        "number": TypeDefinition("number", (int, float), (bool,)),
    }

    def _validate_regex(self, pattern: str, field: Any, value: Any) -> None:
        # The docstring is what Cerberus checks the rule's own value with.
        """{'type': 'string'}"""
        if isinstance(value, str) and not re.fullmatch(pattern, value):
            self._error(field, REGEX_MISMATCH)
