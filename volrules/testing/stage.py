"""An engine around the one plugin that is tested: store, quota, relay, everything but what it is to do itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from volrules.engine import Engine
from volrules.hookspecs import hookimpl
from volrules.model import Message
from volrules.testing.faults import Tampered

PLAIN = {"volume": {"size": 1}}
ENCRYPTED = {"volume": {"size": 1, "volume_type": "encrypted"}}
PROJECT = {"project_id": "p1"}
LEASE = 2.0
"""Seconds of a lease on the stage; a plugin's timeout is shorter."""
TIMEOUT = 0.4


class Collecting:
    """A dispatcher that keeps what it is given; its name is ``collecting``."""

    name = "collecting"

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @hookimpl
    def volrules_dispatch(self, message: Message) -> None:
        """Keep the message."""
        self.messages.append(message)


def an_engine(folder: Path, *plugins: Any, encryption: Any = None, **site: Any) -> Engine:
    """An engine on a store in the folder, with these plugins beside the installed ones.

    ``encryption``: that of its volume type ``encrypted``; ``site``: more of the site document.
    """
    document = {
        "volume_types": [{"name": "encrypted", "encryption": {"provider": "luks", **(encryption or {})}}],
        "quotas": {"default": {"volumes": -1, "gigabytes": -1}},
        **site,
    }
    engine = Engine.open(document, store=f"sqlite:///{folder / 'volrules.db'}", plugins=plugins)
    engine.migrate()
    return engine


def impatient(**names: str) -> dict[str, Any]:
    """A site document that is soon at its end: short timeouts for these plugins, short leases."""
    plugins = {name: {"timeout": TIMEOUT} for name in {"local", *names.values(), Tampered.name}}
    return {**names, "plugins": plugins, "relay": {"lease": f"{LEASE:.0f}s", "attempts": 1}}


def in_use(engine: Engine) -> int:
    """What is charged for on the stage, of all resources together."""
    return sum(each.in_use for each in engine.quota())
