"""Calls a plugin's hooks and writes down what came of it, without getting in the engine's way."""

from __future__ import annotations

import functools
import inspect
import io
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import MemberDescriptorType
from typing import Any

from volrules.documents import Document
from volrules.hookspecs import PROJECT
from volrules.host import FAILURES, SPECS, spare_interrupts
from volrules.model import Context, Draft, VolumeRequest
from volrules.model.draft import known
from volrules.testing.deciding import named

_MARK = f"{PROJECT}_impl"
_OPTIONS = f"{PROJECT}_options_schema"
# What is asked for a decision and has no effect but its answer.
_MEANINGS = [
    name
    for name in dir(VolumeRequest)
    if not name.startswith("_") and isinstance(getattr(VolumeRequest, name), property | MemberDescriptorType)
]
"""What a request says beside its body."""
_OBSERVED = " (observed)"
_PURE = tuple(f"{PROJECT}_{each}" for each in ("validate_", "authorize", "find_", "resolve_", "quota_usage"))


@dataclass(slots=True)
class Call:
    """One call of a hook: what went in, pictured before and after, and what came out.

    ``seconds``: None for as long as it has not come back.
    """

    hook: str
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    stdout: io.StringIO
    before: str = ""
    after: str = ""
    answer: Any = None
    pictured: str = ""
    error: BaseException | None = None
    printed: bool = False
    seconds: float | None = None

    def make(self) -> None:
        """Call the hook; what a generator has to say is part of the call."""
        self.before = self._given()
        written, begun = self.stdout.tell(), time.perf_counter()
        try:
            answer = self.function(*self.arguments)
            if isinstance(answer, Iterator):
                self.answer = []
                self.answer.extend(answer)
            else:
                self.answer = answer
        except FAILURES as error:
            spare_interrupts(error)
            self.error = error
        self.printed = self.stdout.tell() > written
        self.after, self.pictured = self._given(), picture(self.answer)
        self.seconds = time.perf_counter() - begun

    def _given(self) -> str:
        """A picture of what went in; of a draft also which fields it has, which only its class tells."""
        return picture([(id(type(each)), known(each)) if isinstance(each, Draft) else each for each in self.arguments])

    def outcome(self) -> Any:
        """What the caller gets; raises what the hook raised."""
        if self.error is None:
            return self.answer
        if isinstance(self.answer, list):
            return _broken_off(self.answer, self.error)
        raise self.error

    def again(self) -> Call:
        """The same call once more."""
        call = Call(self.hook, self.function, self.arguments, self.stdout)
        call.make()
        return call


@dataclass(slots=True)
class Notes:
    """What was observed of one plugin. ``plugin``: in its place, once an engine has made it; ``stdout``: the log."""

    calls: list[Call] = field(default_factory=list)
    stdout: io.StringIO = field(default_factory=io.StringIO)
    plugin: Any = None

    def observed(self, function: Callable[..., Any], hook: str) -> Callable[..., Any]:
        """The function, with every call of it written down."""

        @functools.wraps(function)
        def noted(*arguments: Any, **named_arguments: Any) -> Any:
            call = Call(hook, function, (*arguments, *named_arguments.values()), self.stdout)
            self.calls.append(call)
            call.make()
            return call.outcome()

        return noted


def observed(plugin: Any, notes: Notes) -> Any:
    """A class to open an engine with in the plugin's place; its name is the plugin's, and a word more."""

    class Observed:
        name = f"{named(plugin)}{_OBSERVED}"
        __module__ = plugin.__name__ if inspect.ismodule(plugin) else plugin.__module__

        def __init__(self, options: Mapping[str, Any]) -> None:
            made: Any = plugin
            if inspect.isclass(plugin):
                given = () if plugin.__init__ is object.__init__ else (options,)
                made = plugin(*given)
                self.close = getattr(made, "close", None)
            for attribute, function, hook in _implementations(made):
                pure = hook.startswith(_PURE)
                setattr(self, attribute, notes.observed(function, hook) if pure else function)
            notes.plugin = self

    schema = getattr(plugin, _OPTIONS, None)
    if schema is not None:
        setattr(Observed, _OPTIONS, staticmethod(schema))
    return Observed


class _Ear(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.errors: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info and record.exc_info[1] is not None:
            self.errors.append(record.exc_info[1])


@contextmanager
def overheard() -> Iterator[list[BaseException]]:
    """The errors that volrules logs meanwhile."""
    log, ear = logging.getLogger("volrules"), _Ear()
    log.addHandler(ear)
    try:
        yield ear.errors
    finally:
        log.removeHandler(ear)


def has_hooks(plugin: Any) -> bool:
    """Whether there is something to be observed."""
    return any(_implementations(plugin))


def unobserved(text: str) -> str:
    """What is told of a plugin, as if nobody observed it."""
    return text.replace(_OBSERVED, "")


def picture(value: Any) -> str:
    """A text that differs where the values do."""
    return json.dumps(value, default=_shown, ensure_ascii=False, skipkeys=True)


def _implementations(plugin: Any) -> Iterator[tuple[str, Callable[..., Any], str]]:
    for attribute in dir(plugin):
        function = getattr(plugin, attribute, None)
        marked = getattr(function, _MARK, None)
        if inspect.isroutine(function) and attribute != _OPTIONS and (marked or attribute in SPECS):
            yield attribute, function, (marked or {}).get("specname") or attribute


def _broken_off(answers: list[Any], error: BaseException) -> Iterator[Any]:
    yield from answers
    raise error


def _shown(value: Any) -> Any:
    if isinstance(value, VolumeRequest):
        return [dict(value), {each: getattr(value, each) for each in _MEANINGS}]
    if isinstance(value, Document | Context):
        return value.to_dict()
    if isinstance(value, Mapping):
        return dict(value)
    return sorted(map(repr, value)) if isinstance(value, set | frozenset) else repr(value)
