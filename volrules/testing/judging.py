"""What is wrong with a call of a plugin's hook: each judge one question, its answer a sentence with a way out."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from volrules.documents import thaw
from volrules.model import Unresolved
from volrules.testing.observing import Call, picture
from volrules.violations import Violation

_VIOLATIONS = ("volrules_validate_", "volrules_authorize")


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plugin is held to: its name, and the seconds that a call may take."""

    name: str
    budget: float


def judged(call: Call, terms: Terms) -> str | None:
    """What is wrong with the call; None where nothing is."""
    return next((wrong for judge in _JUDGES if (wrong := judge(call, terms))), None)


def _late(call: Call, terms: Terms) -> str | None:
    if call.seconds is not None and call.seconds <= terms.budget:
        return None
    return (
        f"did not answer within {terms.budget:g} s, and decisions wait for it; let it do less, "
        "or raise `budget` here and `timeout` in the site"
    )


def _raised(call: Call, terms: Terms) -> str | None:
    if call.error is None or isinstance(call.error, Unresolved):
        return None
    told = f"{type(call.error).__name__}: {call.error}".removesuffix(": ")
    return f"raised {told}; answer None where there is nothing to say, violations where the request is wrong"


def _meddled(call: Call, terms: Terms) -> str | None:
    return None if call.before == call.after else "changed what it was given; let it answer with something new instead"


def _printed(call: Call, terms: Terms) -> str | None:
    return "wrote to stdout, where reports go; let it use `logging`" if call.printed else None


def _strange(call: Call, terms: Terms) -> str | None:
    if not call.hook.startswith(_VIOLATIONS):
        return None
    strange = [each for each in _objections(call.answer) if not isinstance(each, Violation)]
    return (
        f"answered with a {type(strange[0]).__name__}; make violations with `volrules.violation`" if strange else None
    )


def _unspeakable(call: Call, terms: Terms) -> str | None:
    try:
        json.dumps(thaw(call.answer), allow_nan=False)
    except (TypeError, ValueError) as error:
        return f"answered with what JSON cannot say ({error}); use texts, finite numbers, lists and objects"
    return None


def _borrowed(call: Call, terms: Terms) -> str | None:
    """Codes and resources begin with the plugin's name, so that nobody is blamed for another's."""
    own, word = f"{terms.name}.", next((each for each in _words(call) if not each.startswith(f"{terms.name}.")), None)
    return None if word is None else f"uses `{word}`; begin what is the plugin's own with `{own}`"


def _words(call: Call) -> Iterator[str]:
    if call.hook.startswith(_VIOLATIONS):
        yield from (each.code for each in _objections(call.answer))
    elif call.hook == "volrules_quota_usage" and isinstance(call.answer, Mapping):
        yield from (each for each in call.answer if "." in each or not each.startswith(("volumes", "gigabytes")))


def _fickle(call: Call, terms: Terms) -> str | None:
    again = call.again()
    if (again.pictured, repr(again.error)) == (call.pictured, repr(call.error)):
        return judged(again, terms) if again.printed or again.before != again.after else None
    return "answered differently when it was asked the same again; let it decide by what it is given, nothing else"


def regretted(call: Call) -> str | None:
    """For the end, when all was asked: whether what was answered still is what it was."""
    if picture(call.answer) == call.pictured:
        return None
    return "changed an answer after giving it; let it make a new one each time"


def _objections(answer: Any) -> tuple[Any, ...]:
    if answer is None:
        return ()
    return tuple(answer) if type(answer) in (list, tuple) else (answer,)


_JUDGES: tuple[Callable[[Call, Terms], str | None], ...] = (
    _late,
    _raised,
    _meddled,
    _printed,
    _strange,
    _unspeakable,
    _borrowed,
    _fickle,
)
