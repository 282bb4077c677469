"""Acme's rules for volumes: how they are named, where a project is at home, and what replicas cost."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from volrules import Context, Draft, Resolved, Spec, Violation, VolumeRequest, hookimpl, violation

REPLICAS = "acme_replicas"


class Acme:
    """Started once per engine, with its options checked and filled in."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._names = re.compile(options["names"])
        self._homes = options["home_zones"]

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``names``: a regular expression, for the whole of a name. ``home_zones``: project to zone."""
        return {
            "names": {"type": "string", "check_with": _is_a_pattern, "default": "[a-z][a-z0-9-]*"},
            "home_zones": {"type": "dict", "valuesrules": {"type": "string", "empty": False}, "default": {}},
        }

    @staticmethod
    @hookimpl
    def volrules_request_schema() -> Mapping[str, Any]:
        """``acme_replicas``: how many copies of the volume Acme keeps; 1 unless told otherwise."""
        return {
            "properties": {REPLICAS: {"description": "1 to 3", "type": ["integer", "null"], "minimum": 1, "maximum": 3}}
        }

    @hookimpl
    def volrules_validate_request(self, request: VolumeRequest, context: Context) -> Violation | None:
        """Object to a name that is not as names are at Acme; a volume may go without."""
        if not request.name or self._names.fullmatch(request.name):
            return None
        key = "display_name" if request["volume"].get("name") is None else "name"
        message = f"name `{request.name}` does not match `{self._names.pattern}`; rename the volume"
        return violation("acme.bad_name", f"/volume/{key}", message, name=request.name, pattern=self._names.pattern)

    @hookimpl
    def volrules_resolve_availability_zone(self, draft: Draft) -> Resolved[str | None] | None:
        """The project's home zone, where the request leaves it to us and no source has one already."""
        request, home = draft.request, self._homes.get(draft.context.project_id)
        if home is None or request.availability_zone is not None or request.sources:
            return None
        return Resolved(home, "home_zone")

    @hookimpl
    def volrules_quota_usage(self, spec: Spec) -> Mapping[str, int]:
        """What the replicas beyond the volume itself take, in GiB."""
        return {"acme.replica_gigabytes": (spec.size or 0) * ((spec.extra.get(REPLICAS) or 1) - 1)}


def _is_a_pattern(field: str, value: Any, error: Callable[[str, str], None]) -> None:
    try:
        re.compile(value)
    except re.error as reason:
        error(field, f"`{value}` is no regular expression ({reason}); correct it")
