"""What is wrong with a site document: its shape, and what a schema cannot say.

The checks take the document as it came and pass over what has the wrong shape, so that all problems come at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

from volrules.model.request import canonical_uuid
from volrules.reading.cerberus_strict import StrictValidator
from volrules.reading.diagnosis import Finding, findings
from volrules.reading.rows import Rows
from volrules.site_defaults import default_id, seconds
from volrules.site_schema import ROWS, SITE
from volrules.wording import did_you_mean, quoted

_BOUNDS = ("provisioning:min_vol_size", "provisioning:max_vol_size")
_DURATIONS = (("retention",), *(("relay", key) for key in ("deadline", "lease", "longest_wait")))
_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,18}\s*", re.ASCII)
_RESOURCES = ("volumes", "gigabytes", "per_volume_gigabytes")
_PER_TYPE = ("volumes_", "gigabytes_")
_PLUGIN_RESOURCE = re.compile(r"[^.\s]+\.\S+")


def all_findings(document: dict[str, Any]) -> list[Finding]:
    """Everything that keeps the document from being a site."""
    found = _shape(document)
    for check in (_durations, _waivers, _default_type, _duplicates, _qos_references, _bounds, _quota_names):
        found.extend(check(document))
    return found


def _shape(document: dict[str, Any]) -> list[Finding]:
    validator = StrictValidator(SITE)
    validator.validate(document, normalize=False)
    found = findings(validator)
    for path, rules in ROWS.items():
        found.extend(Rows(rules).findings(_at(document, *path), path))
    return found


def _durations(document: dict[str, Any]) -> Iterator[Finding]:
    for path in _DURATIONS:
        section = _at(document, *path[:-1])
        given: Any = section.get(path[-1]) if isinstance(section, dict) else None
        if type(given) in (str, int) and seconds(given) is None:
            message = f"{quoted(given)} is no duration; write one such as `7d`, `12h`, `30m`, `45s` or `2w`"
            yield Finding(path, message)


def _waivers(document: dict[str, Any]) -> Iterator[Finding]:
    waivers = document.get("waivers")
    for index, each in enumerate(waivers if isinstance(waivers, list) else ()):
        expires = each.get("expires") if isinstance(each, dict) else None
        if isinstance(expires, str) and not _is_date(expires):
            yield Finding(
                ("waivers", index, "expires"), f"{quoted(expires)} is no date; write one such as `2030-01-31`"
            )


def _is_date(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _default_type(document: dict[str, Any]) -> Iterator[Finding]:
    name, names = document.get("default_volume_type"), _names(document, "volume_types")
    if isinstance(name, str) and name not in names:
        message = f"{quoted(name)} is no declared volume type; {did_you_mean(name, names)}"
        yield Finding(("default_volume_type",), message)


def _duplicates(document: dict[str, Any]) -> Iterator[Finding]:
    for section in ("volume_types", "qos_specs"):
        seen: dict[tuple[str, str], int] = {}
        for index, row in _rows(document, section):
            for key, value in _identity(section, row):
                first = seen.setdefault((key, value), index)
                if first != index:
                    message = f"{key} {quoted(value)} is that of entry {first} too; give each its own"
                    yield Finding((section, index, key), message)
                    break  # ids are made of names: where the name is taken, the id is too


def _identity(section: str, row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    name, given = row.get("name"), row.get("id")
    if isinstance(name, str):
        yield "name", name
    if isinstance(given, str):
        yield "id", canonical_uuid(given)
    elif isinstance(name, str):
        yield "id", default_id(section, name)


def _qos_references(document: dict[str, Any]) -> Iterator[Finding]:
    names = _names(document, "qos_specs")
    for index, row in _rows(document, "volume_types"):
        name = row.get("qos_specs")
        if isinstance(name, str) and name not in names:
            message = f"{quoted(name)} is no declared QoS specs; {did_you_mean(name, names)}"
            yield Finding(("volume_types", index, "qos_specs"), message)


def _bounds(document: dict[str, Any]) -> Iterator[Finding]:
    for index, row in _rows(document, "volume_types"):
        specs = row.get("extra_specs")
        given = {key: specs[key] for key in _BOUNDS if key in specs} if isinstance(specs, dict) else {}
        path = ("volume_types", index, "extra_specs")
        wrong = [key for key, value in given.items() if isinstance(value, str) and not _NUMBER.fullmatch(value)]
        for key in wrong:
            yield Finding((*path, key), f"{quoted(given[key])} is no number of GiB; write digits only")
        if len(given) == len(_BOUNDS) and not wrong and all(type(each) in (str, int) for each in given.values()):
            least, most = (int(given[key]) for key in _BOUNDS)
            if least > most:
                message = f"the largest size {most} is below the smallest {least}; swap or correct them"
                yield Finding((*path, _BOUNDS[1]), message)


def _quota_names(document: dict[str, Any]) -> Iterator[Finding]:
    types = _names(document, "volume_types")
    known = dict.fromkeys([*_RESOURCES, *(prefix + name for name in types for prefix in _PER_TYPE)])
    projects = _at(document, "quotas", "projects")
    sections: list[tuple[tuple[str, ...], Any]] = [(("quotas", "default"), _at(document, "quotas", "default"))]
    if isinstance(projects, dict):
        sections += [(("quotas", "projects", project), given) for project, given in projects.items()]
    for path, section in sections:
        for name in section if isinstance(section, dict) else ():
            if name not in known and (name.startswith(_PER_TYPE) or not _PLUGIN_RESOURCE.fullmatch(name)):
                yield Finding((*path, name), f"unknown quota {quoted(name)}; {did_you_mean(name, known)}")


def _at(document: Any, *path: str) -> Any:
    for key in path:
        document = document.get(key) if isinstance(document, dict) else None
    return document


def _rows(document: dict[str, Any], section: str) -> list[tuple[int, dict[str, Any]]]:
    rows = document.get(section)
    return [(i, row) for i, row in enumerate(rows) if isinstance(row, dict)] if isinstance(rows, list) else []


def _names(document: dict[str, Any], section: str) -> dict[str, None]:
    """The declared names, in their order."""
    names = (row.get("name") for _, row in _rows(document, section))
    return dict.fromkeys(name for name in names if isinstance(name, str))
