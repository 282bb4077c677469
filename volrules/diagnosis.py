"""Why a body does not fit its schema: one violation a place, told as a person would."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, cast

from jsonschema_rs import Draft202012Validator, Registry, ValidationError
from jsonschema_rs import ValidationErrorKind as Kind

from volrules.jsonvalue import pointer
from volrules.places import Chart, Place, in_order
from volrules.violations import Violation, violation
from volrules.wording import clip, did_you_mean

Told = tuple[str, str]
"""The keyword that is not kept, and a sentence about it."""

_UNKNOWN_KEYS = ("additionalProperties", "unevaluatedProperties")
_JOINED = {"allOf", "anyOf", "oneOf", "if", "dependentSchemas", "$ref", "$dynamicRef"}


class Diagnosis:
    """Puts into words what a compiled validator finds. ``schema``: the validator's own, which has an ``$id``."""

    def __init__(self, schema: dict[str, Any]) -> None:
        registry = Registry([(schema["$id"], schema)])
        resolver = registry.resolver(schema["$id"])
        self._part: Callable[[str], Any] = functools.cache(lambda location: resolver.lookup(location).contents)
        self._declared = functools.cache(lambda location: _declared(self._part(location)))
        self._alone = functools.cache(lambda location: Draft202012Validator({"$ref": location}, registry=registry))

    def objections(
        self, errors: Iterable[ValidationError], body: dict[str, Any], own: Mapping[Place, Told]
    ) -> Iterator[Violation]:
        """The violations of a body, in document order: at each place the one that matters most.

        ``own``: what the engine itself finds wrong; it goes before what the schema says of the same place.
        """
        chart = Chart(body)
        told: dict[Place, Told] = {}
        for path, (keyword, message) in (each for error in errors for each in self._findings(error, chart)):
            # A key whose value is wrong has not been evaluated either; that it is known shows in the other error.
            if path not in told or keyword == "type" or told[path][0] in _UNKNOWN_KEYS:
                told[path] = (keyword, message)
        told.update(own)
        for path in in_order(told, body):
            keyword, message = told[path]
            yield violation(f"schema.{keyword}", pointer(path), message, kind="ValidationError")

    def _findings(self, error: ValidationError, chart: Chart) -> Iterator[tuple[Place, Told]]:
        chain = _meant(error)
        for path in chart.places(chain[0]):
            yield from self._told(chain, path)

    def _told(self, chain: list[ValidationError], path: Place) -> Iterator[tuple[Place, Told]]:
        error, keyword = chain[0], _keyword(chain[0])
        match error.kind:
            case Kind.UnevaluatedProperties() | Kind.AdditionalProperties():
                known = self._declared(_location(error))
                for key in self._unknown(error, known):
                    message = f"`{clip(key)}` is no key of {_name(path)}; {did_you_mean(key, known)}"
                    yield (*path, key), (keyword, message)
            case Kind.Required(missing):
                yield path, (keyword, f"{_name(path)} has no `{clip(missing)}`; add it")
            case Kind.PropertyNames(of_the_name):
                yield from self._told(_meant(of_the_name), (*path, str(of_the_name.instance)))
            case Kind.FalseSchema() if keyword in _UNKNOWN_KEYS:
                yield path, (keyword, f"{_name(path)} takes no keys; leave out what is in it")
            case Kind.FalseSchema():
                yield path, (keyword, f"{_name(path)} must not be there; leave it out")
            case _:
                message = f"{_name(path)} is {_shown(error.instance)}, but must be {self._expected(chain)}"
                yield path, (keyword, message)

    def _unknown(self, error: ValidationError, known: set[str]) -> list[str]:
        """The keys that the schema does not declare, and does not know even when they come alone."""
        keys: list[str] = [key for key in error.kind.value if key not in known]
        if _JOINED.isdisjoint(self._schema(error)):
            return keys
        # What is joined to the schema knows no key while anything else is wrong with it.
        alone, kind = self._alone(_location(error)), error.kind.name
        members = cast("dict[str, Any]", error.instance)
        return [key for key in keys if any(each.kind.name == kind for each in alone.iter_errors({key: members[key]}))]

    def _expected(self, chain: list[ValidationError]) -> str:
        """What should be there, as the nearest schema that speaks of this place describes it."""
        here = [each for each in chain if each.instance_path == chain[0].instance_path]
        described = (self._schema(each).get("description") for each in here)
        keyword = _keyword(here[-1])
        return next(filter(None, described), None) or f"of {keyword} {clip(self._schema(here[-1]).get(keyword))}"

    def _schema(self, error: ValidationError) -> dict[str, Any]:
        schema = self._part(_location(error))
        return schema if isinstance(schema, dict) else {}


def _meant(error: ValidationError) -> list[ValidationError]:
    """The error of the branch that was meant, and after it those of the branchings around it."""
    match error.kind:
        case Kind.AnyOf(branches) | Kind.OneOfNotValid(branches):
            return [*_meant(min(branches, key=_is_of_another_type)[0]), error]
        case _:
            return [error]


def _is_of_another_type(branch: list[ValidationError]) -> bool:
    return _keyword(branch[0]) == "type"


def _location(error: ValidationError) -> str:
    """Where the schema is that the error is of."""
    return str(error.absolute_keyword_location).rpartition("/")[0]


def _keyword(error: ValidationError) -> str:
    # `false` is short for `not` with a schema that all fits.
    last = str(error.schema_path[-1])
    return "not" if isinstance(error.kind, Kind.FalseSchema) and last not in _UNKNOWN_KEYS else last


def _declared(schema: dict[str, Any]) -> set[str]:
    """The keys that the schema of an object, or what plugins joined to it, declares."""
    parts = (schema, *schema.get("allOf", ()))
    return {key for part in parts if isinstance(part, dict) for key in part.get("properties", ())}


def _name(path: Place) -> str:
    return f"`{clip(path[-1])}`" if path else "the request"


def _shown(value: Any) -> str:
    if isinstance(value, str):
        return f"the text `{clip(value)}`" + (f" ({len(value)} characters)" if len(value) > 60 else "")
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if value is None:
        return "null"
    if isinstance(value, dict):
        return "an object"
    return "an array" if isinstance(value, list) else f"`{clip(value)}`"
