"""The embedded dispatcher: one file a volume, in a folder that anyone can consume.

A file appears whole, under the volume's id, and is on the disk before the message counts as dispatched.
Who consumes it takes it away; the same volume id may come once more, with the same content.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from volrules import durable
from volrules.hookspecs import hookimpl
from volrules.model import Message


class Spool:
    """Writes messages into a folder; ``directory`` is relative to where volrules runs."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._directory = Path(options["directory"])

    @staticmethod
    def volrules_options_schema() -> Mapping[str, Any]:
        """``directory``: the folder, made when it is not there."""
        return {"directory": {"type": "string", "empty": False, "default": "spool"}}

    @hookimpl
    def volrules_dispatch(self, message: Message) -> None:
        """Write the message as ``<volume_id>.json``."""
        text = json.dumps(message.to_dict(), ensure_ascii=False, indent=1)
        durable.write(self._directory / f"{message.volume_id}.json", f"{text}\n".encode())
