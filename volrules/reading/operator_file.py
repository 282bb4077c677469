"""An operator's document: a YAML or JSON file, or a mapping, as plain values with the line of every key."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from volrules.documents import thaw
from volrules.errors import DocumentError, DocumentMissing, Problem
from volrules.reading import strict_json
from volrules.reading.lines import LineOf, nowhere
from volrules.wording import quoted

Source = str | os.PathLike[str] | Mapping[str, Any] | None
# Finding the lines of a JSON file means reading it again as YAML, which is slow: only for what is read by eye.
_MAX_LINED = 1_000_000


class OperatorFile(NamedTuple):
    """A document as it was read.

    ``name``: the path, for messages. ``content``: plain dicts, lists and scalars.
    ``line_of``: the 1-based line of a path of keys and indexes, None where unknown.
    """

    name: str
    content: dict[str, Any]
    line_of: LineOf = nowhere


def read(source: Source, name: str, error: type[DocumentError] = DocumentError) -> OperatorFile:
    """Read a path or a mapping; None and an empty YAML file are an empty document.

    A ``.json`` file is strict JSON, any other YAML 1.2 (of which JSON is a part).
    ``name``: what to call a mapping in messages. Raises DocumentMissing when there is no file to read,
    ``error`` when it is no YAML, JSON or object.
    """
    if source is None or isinstance(source, Mapping):
        return OperatorFile(name, _from_mapping(source or {}, name, error))
    path = Path(source)
    data = _bytes(path)
    content, line_of = (_from_json if path.suffix.lower() == ".json" else _from_yaml)(data, str(path), error)
    if not isinstance(content, dict):
        found = f"the document is {quoted(content)}, not an object; write `key: value` lines"
        raise error(str(path), [Problem("", found, 1)])
    return OperatorFile(str(path), content, line_of)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        problem = "there is no such file; check the path"
    except IsADirectoryError:
        problem = "this is a directory; name the file in it"
    except PermissionError:
        problem = "this file may not be read; check its permissions"
    except (OSError, ValueError) as error:
        problem = f"this file cannot be read ({getattr(error, 'strerror', None) or error}); check the path"
    raise DocumentMissing(str(path), [Problem("", problem)])


def _from_mapping(source: Mapping[str, Any], name: str, error: type[DocumentError]) -> dict[str, Any]:
    try:
        # By way of JSON, so that a mapping means what the same document in a file means.
        content: dict[str, Any] = json.loads(json.dumps(thaw(source), allow_nan=False))
    except (TypeError, ValueError, RecursionError) as reason:
        raise error(name, [Problem("", f"the mapping has no JSON form ({reason}); use plain values")]) from None
    return content


def _from_json(data: bytes, name: str, error: type[DocumentError]) -> tuple[Any, LineOf]:
    try:
        return strict_json.parse(data), _lines_of_json(data)
    except strict_json.JSONError as reason:
        raise error(name, [Problem("", reason.reason, reason.line)]) from None


def _lines_of_json(data: bytes) -> LineOf:
    """The lines of a JSON file, looked for when there is an error to report: JSON is YAML."""
    if len(data) > _MAX_LINED:
        return nowhere
    found: list[LineOf] = []

    def line_of(path: tuple[Any, ...]) -> int | None:
        if not found:
            found.append(_yaml_lines(data))
        return found[0](path)

    return line_of


def _yaml_lines(data: bytes) -> LineOf:
    from volrules.reading import yaml_text  # lazily: most JSON is in order

    try:
        return yaml_text.parse(data.decode("utf-8-sig")).line_of
    except yaml_text.YAMLError:
        return nowhere


def _from_yaml(data: bytes, name: str, error: type[DocumentError]) -> tuple[Any, LineOf]:
    from volrules.reading import yaml_text  # lazily: slow to import

    try:
        lines = yaml_text.parse(data.decode("utf-8-sig"))
    except UnicodeDecodeError as reason:
        line = data.count(b"\n", 0, reason.start) + 1
        raise error(name, [Problem("", "the text is not UTF-8; save it as UTF-8", line)]) from None
    except yaml_text.YAMLError as reason:
        raise error(name, [Problem("", reason.reason, reason.line)]) from None
    return {} if lines.root is None else lines.root, lines.line_of
