"""Dispatchers and key managers that do as they are told."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from volrules import hookimpl

Act = Callable[[], Any]


def nothing() -> None:
    """What happens where nothing goes wrong."""


class Dispatcher:
    """Keeps what it is given; ``before`` and ``after`` happen around that, and may raise."""

    name = "fake"

    def __init__(self, before: Act = nothing, after: Act = nothing):
        self.before, self.after = before, after
        self.messages = []

    @hookimpl
    def volrules_dispatch(self, message):
        self.before()
        self.messages.append(message)
        return self.after()

    @property
    def ids(self):
        return [each.volume_id for each in self.messages]


class Keys:
    """Keys by volume id."""

    name = "keys"

    def __init__(self, before: Act = nothing, after: Act = nothing):
        self.before, self.after = before, after
        self.made = {}
        self.deleted = []

    @hookimpl
    def volrules_create_key(self, plan, volume_id):
        self.before()
        self.made.setdefault(volume_id, plan["encryption_key"].get("source_key_id", "new"))
        self.after()
        return f"key-{volume_id}"

    @hookimpl
    def volrules_delete_key(self, volume_id, key_id):
        self.deleted.append((volume_id, key_id))
        self.made.pop(volume_id, None)


def raising(error: BaseException) -> Act:
    """Raise it."""

    def act() -> None:
        raise error

    return act


def times(count: int, act: Act) -> Act:
    """Do it so many times, and then nothing."""
    left = [act] * count
    return lambda: left.pop()() if left else None


def sleeping(seconds: float) -> Act:
    """Take that long."""
    return lambda: time.sleep(seconds)
