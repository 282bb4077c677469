"""The decision log: a JSON line for every decision, with the members that Open Policy Agent's decision logs have.

It takes part only where the site names it. What looks like a secret is masked, and the line says where.
Source: openpolicyagent.org/docs/management-decision-logs
"""

from __future__ import annotations

import json
import os
import socket
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from volrules.documents import thaw
from volrules.hookspecs import hookimpl
from volrules.version import VERSION

MASK = "**masked**"
_SECRETS = ("password", "passwd", "passphrase", "secret", "token", "credential", "private_key", "api_key", "apikey")
_SHORTEST = 4
"""Shorter secrets are masked where they stand, not wherever else their letters occur."""


class DecisionLog:
    """Appends to a file that only its owner can read; it may be moved away at any time."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._path = Path(options["path"])
        self._secrets = tuple(word.lower() for word in options["mask"])
        self._labels = {"app": "volrules", "version": VERSION, "host": socket.gethostname()}

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``path``: the file. ``mask``: parts of the names whose values are secret, in any case."""
        words = {"type": "string", "empty": False}
        return {
            "path": {"type": "string", "empty": False, "default": "decisions.jsonl"},
            "mask": {"type": "list", "schema": words, "default": list(_SECRETS)},
        }

    @hookimpl
    def volrules_on_event(self, event: Mapping[str, Any]) -> None:
        """Log a decision; other events are none."""
        if event["event"] == "decided":
            self._append(json.dumps(self._line(thaw(event)), ensure_ascii=False, separators=(",", ":")))

    def _line(self, event: dict[str, Any]) -> dict[str, Any]:
        decision, context = event["decision"], event["context"]
        content = {"input": {"request": event["request"], "context": context}, "result": decision}
        masked = sorted(_mask(content, self._secrets))
        return {
            "labels": self._labels,
            "decision_id": str(uuid.uuid4()),
            "bundles": {"volrules": {"revision": decision["policy_fingerprint"]}},
            "path": "volrules/decision",
            **content,
            "erased": [],
            "masked": masked,
            "requested_by": context["user_id"],
            "req_id": context["request_id"],
            "timestamp": datetime.now(UTC).isoformat(),
            "metrics": event["metrics"],
        }

    def _append(self, line: str) -> None:
        # Opened for each line: so it follows the file's rotation, and threads, forks and processes share it.
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            with os.fdopen(descriptor, "ab", buffering=0, closefd=False) as file:
                file.write(f"{line}\n".encode())
        finally:
            os.close(descriptor)


def _mask(content: dict[str, Any], words: tuple[str, ...]) -> set[str]:
    """Mask the secrets in place, wherever they are told; the JSON Pointers of what was masked."""
    secrets, masked = set(), set()
    for pointer, parent, key in list(_leaves(content)):
        if parent[key] is not None and any(word in pointer.lower() for word in words):
            secrets.add(parent[key])
            parent[key] = MASK
            masked.add(pointer)
    told = [each for each in secrets if isinstance(each, str) and len(each) >= _SHORTEST]
    for pointer, parent, key in list(_leaves(content)):
        for each in told:
            if isinstance(parent[key], str) and each in parent[key]:
                parent[key] = parent[key].replace(each, MASK)
                masked.add(pointer)
    return masked


def _leaves(node: Any, pointer: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Everything that is neither object nor array: its JSON Pointer, what holds it, and its key there."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        below = f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"
        if isinstance(value, dict | list):
            yield from _leaves(value, below)
        else:
            yield below, node, key
