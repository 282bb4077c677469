"""What goes wrong around a plugin: kills, hangs, slowness. An *act* is a call of one of its hooks."""

from __future__ import annotations

import inspect
import os
import signal
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from volrules.hookspecs import hookimpl
from volrules.model import Context, Message, Report

Act = Callable[[], Any]
Around = Callable[[Act], Any]


def ask(plugin: Any, hook: str, **arguments: Any) -> Any:
    """Call a plugin's implementation of a hook with those of the arguments that it wants."""
    implementation = getattr(plugin, hook)
    wanted = inspect.signature(implementation).parameters
    return implementation(**{name: value for name, value in arguments.items() if name in wanted})


def killed_before(act: Act) -> Any:
    """The process dies where it was about to act."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed_after(act: Act) -> Any:
    """The process dies where it has acted and has told nobody."""
    act()
    os.kill(os.getpid(), signal.SIGKILL)


def hanging_after(seconds: float) -> Around:
    """The act is done, its answer comes so many seconds late."""

    def hang(act: Act) -> Any:
        answer = act()
        time.sleep(seconds)
        return answer

    return hang


def slow(seconds: float) -> Around:
    """The act takes so many seconds longer."""

    def wait(act: Act) -> Any:
        time.sleep(seconds)
        return act()

    return wait


class Tampered:
    """A dispatcher or key manager with something around each of its acts; its name is ``tampered``."""

    name = "tampered"

    def __init__(self, plugin: Any, around: Around) -> None:
        self._plugin = plugin
        self._around = around

    @hookimpl
    def volrules_dispatch(self, message: Message) -> Report | None:
        """The plugin's, and what is around it."""
        return self._tampered_with("volrules_dispatch", message=message)  # type: ignore[no-any-return]

    @hookimpl
    def volrules_create_key(self, plan: Mapping[str, Any], volume_id: str, context: Context) -> str:
        """The plugin's, and what is around it."""
        return self._tampered_with(  # type: ignore[no-any-return]
            "volrules_create_key", plan=plan, volume_id=volume_id, context=context
        )

    @hookimpl
    def volrules_delete_key(self, volume_id: str, key_id: str | None, context: Context) -> None:
        """The plugin's alone: keys are to go even where making them goes wrong."""
        ask(self._plugin, "volrules_delete_key", volume_id=volume_id, key_id=key_id, context=context)

    def _tampered_with(self, hook: str, **arguments: Any) -> Any:
        return self._around(lambda: ask(self._plugin, hook, **arguments))


def in_a_child(act: Act) -> None:
    """Act in a process of its own, and wait for its end, whatever that is."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # newer Pythons warn of forks beside threads
        child = os.fork()
    if child == 0:
        try:
            act()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
