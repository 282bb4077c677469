"""Cerberus, with JSON's idea of numbers."""

from __future__ import annotations

from typing import ClassVar

from cerberus import TypeDefinition, Validator


class StrictValidator(Validator):  # type: ignore[misc]
    """A Cerberus validator to which True and False are no numbers."""

    types_mapping: ClassVar = {
        **Validator.types_mapping,
        "integer": TypeDefinition("integer", (int,), (bool,)),
        "number": TypeDefinition("number", (int, float), (bool,)),
    }
