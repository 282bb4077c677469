"""What a plugin declares of the request: a JSON Schema that can stand beside the others'."""

from __future__ import annotations

import json
import textwrap
from contextlib import suppress
from typing import Any

from volrules.errors import PluginError
from volrules.host import FAILURES, Host, Implementation, spare_interrupts
from volrules.requests import RequestSchema
from volrules.wording import described

_WIDTH = 240
HOOK = "volrules_request_schema"
_CLOSING = ("additionalProperties", "unevaluatedProperties")


def extension(by: Implementation) -> dict[str, Any]:
    """The schema that a plugin declares. Raises PluginError for what is none, or would refuse others' keys."""
    try:
        declared: dict[str, Any] = json.loads(json.dumps(dict(by.call()), allow_nan=False))
        RequestSchema([declared])
    except FAILURES as error:
        spare_interrupts(error)
        raise PluginError(f"{by.plugin} answers `{by.hook}` with no JSON Schema: {_short(error)}") from error
    for keyword in _CLOSING:
        if declared.get(keyword) is False:
            raise PluginError(
                f"{by.plugin} refuses every other key with `{keyword}: false` in `{by.hook}`, the request's own too; "
                "leave the line out, keys that nobody declares are refused anyway"
            )
    return declared


def declared_keys(host: Host) -> dict[str, list[str]]:
    """The request keys that plugins declare, each with the names of those who do; faulty schemas are passed over."""
    declared: dict[str, list[str]] = {}
    for each in host.implementations(HOOK):
        with suppress(PluginError):
            for key in extension(each).get("properties", ()):
                declared.setdefault(key, []).append(each.plugin.name)
    return declared


def _short(error: BaseException) -> str:
    return textwrap.shorten(described(error), _WIDTH, placeholder="…")
