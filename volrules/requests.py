"""The request schema: a body becomes a VolumeRequest, or the violations that say why not.

A compiled validator answers yes or no; only a no pays for the diagnosis. Both read the same schema.
"""

from __future__ import annotations

import importlib.resources
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import jsonschema_rs

from volrules.diagnosis import Diagnosis, Told
from volrules.jsonvalue import faults, pointer
from volrules.model import VolumeRequest
from volrules.places import Place
from volrules.violations import Violation, violation
from volrules.wording import clip


def published(name: str) -> dict[str, Any]:
    """A schema that ships with volrules: request, decision or message."""
    file = importlib.resources.files("volrules.schemas").joinpath(f"{name}.json")
    schema: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return schema


_LONG = 2**63
# What means the end of a text to every reader of the schema. To the compiled validator `$` does, which is found faster.
_END = json.dumps(r"(?![\s\S])")[1:-1]


class RequestSchema:
    """The published request schema, joined with what plugins declare.

    ``extensions``: JSON Schemas of the ``volume`` object. Raises ValueError for one that is no schema.
    """

    def __init__(self, extensions: Sequence[Mapping[str, Any]] = ()) -> None:
        self._is_closed = not extensions
        self.document = _joined(published("request"), extensions)
        compiled = _joined(
            _with_all_texts_read(json.loads(json.dumps(published("request")).replace(_END, "$"))), extensions
        )
        self._validator = jsonschema_rs.Draft202012Validator(compiled)
        self._accepts = self._validator.is_valid
        self._diagnosis = Diagnosis(compiled)

    def parse(self, body: Any) -> VolumeRequest | tuple[Violation, ...]:
        """The request that the body is, or all that is wrong with its shape, in document order."""
        try:
            if not self._accepts(body):
                return self._diagnose(body)
        except (ValueError, TypeError, RecursionError):  # no JSON value: the diagnosis will name the place
            return self._diagnose(body)
        size = body["volume"].get("size")
        # INVARIANT: JSON Schema calls 10.0 an integer; the API does not.
        if type(size) is float:
            return self._diagnose(body)
        # Of a body that the published schema alone describes, all is read by now, but for the digits of a long number.
        is_read = self._is_closed and len(body) == 1 and (type(size) is not int or -_LONG < size < _LONG)
        if is_read or next(faults(body), None) is None:
            return VolumeRequest.of(body)
        return self._diagnose(body)

    def _diagnose(self, body: Any) -> tuple[Violation, ...]:
        if not isinstance(body, dict):
            return (_wrong_type((), f"is {_kind(body)}; send an object with the member `volume`"),)
        strange = tuple(_wrong_type(path, reason) for path, reason in faults(body))
        return strange or tuple(self._objections(body)) or (_wrong_type((), "is no plain JSON value; send one"),)

    def _objections(self, body: dict[str, Any]) -> Iterator[Violation]:
        volume = body.get("volume")
        size = volume.get("size") if isinstance(volume, dict) else None
        own: dict[Place, Told] = {}
        if isinstance(size, float):
            message = f"`size` is `{size}`, written with a fraction or exponent; write an integer"
            own["volume", "size"] = ("type", message)
        return self._diagnosis.objections(self._errors(body), body, own)

    def _errors(self, body: dict[str, Any]) -> list[jsonschema_rs.ValidationError]:
        try:
            return list(self._validator.iter_errors(body))
        except (ValueError, TypeError):
            # A value of a class of its own, a text's say, is judged by what it stands for.
            return list(self._validator.iter_errors(json.loads(json.dumps(body))))


def _joined(schema: dict[str, Any], extensions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if extensions:
        schema["properties"]["volume"]["allOf"] = [dict(each) for each in extensions]
    return schema


def _wrong_type(path: tuple[str | int, ...], reason: str) -> Violation:
    place = f"`{clip(path[-1])}`" if path else "the request"
    return violation("schema.type", pointer(path), f"{place} {reason}", kind="ValidationError")


def _kind(value: Any) -> str:
    kinds = {list: "an array", str: "a text", bool: "a truth value", int: "a number", float: "a number"}
    return "null" if value is None else kinds.get(type(value), f"a Python {type(value).__name__}")


def _with_all_texts_read(schema: Any) -> Any:
    """The schema with a pattern, which every text matches, wherever it asks for a text and has none.

    The compiled validator does not read a text that it only knows to be one; to match it, it must, and then it is seen
    whether JSON can say it.
    """
    if isinstance(schema, list):
        return [_with_all_texts_read(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    read = {key: _with_all_texts_read(each) for key, each in schema.items()}
    return {"pattern": "^", **read} if "string" in _listed(schema.get("type")) else read


def _listed(types: Any) -> Any:
    return types if isinstance(types, list) else (types,)
