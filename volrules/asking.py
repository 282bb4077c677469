"""Asks a vendor's plugin on a decision's way: shows it what is known, and notes the call for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from volrules.documents import Document
from volrules.host import Implementation
from volrules.host.jobs import Call, Slot
from volrules.host.watch import Watch
from volrules.model.draft import Draft, Fields, kind
from volrules.model.known import Ask, Known, showing

T = TypeVar("T")
Hook = Callable[[Draft], Any]
"""An implementation, as it is called for a draft."""
_LISTS = (tuple, list)


def asking(by: Implementation, hook: Hook, fields: Fields, watch: Watch) -> Ask:
    """Ask a vendor, who is shown those fields of the draft, or what is known of them.

    Whatever it does to the draft that it is shown changes no decision, and nothing that others are shown. What it does
    to the class of drafts, it does to everybody in the process.
    """
    shown_as, show = kind(fields), showing(fields)
    if by.plugin.timeout is not None:
        return _in_time(by, hook, fields, watch)

    def ask(draft: Known) -> Any:
        # Nothing of a tuple can be changed but its class; where that is as it was made, the next one is shown the same.
        is_shown = draft.shown_as is shown_as and type(draft.shown) is shown_as
        return hook(draft.shown if is_shown else show(draft))

    return ask


def _in_time(by: Implementation, hook: Hook, fields: Fields, watch: Watch) -> Ask:
    """The same of a plugin with a time limit; the call is noted in the draft's slot.

    Where the decision was begun again because of the plugin, it is not asked: the first call raises Hung, others answer
    with None. Raises Suspended where it has hung too often.
    """
    shown_as, show, hangs, call = kind(fields), showing(fields), watch.hangs, [by]

    # All in one function: to call another one takes as long as most of what it does.
    def ask(draft: Known) -> Any:
        slot: Slot = draft.slot
        if (hangs or slot.is_wary) and not watch.admits(by, slot):
            return None
        is_shown = draft.shown_as is shown_as and type(draft.shown) is shown_as
        shown = draft.shown if is_shown else show(draft)
        slot.running = call
        try:
            answer = hook(shown)
        finally:
            slot.running = None
        if answer is None or type(answer) in _LISTS or isinstance(answer, Document):
            return answer
        return _watched(slot, call, answer)

    return ask


def _watched(slot: Slot, call: Call, answers: Iterable[T]) -> Iterator[T]:
    """What is said only while it is being read, each part of it within the time of the whole."""
    said: Iterator[T] | None = None
    while not slot.abandoned:
        slot.running = call
        try:
            said = said or iter(answers)
            answer = next(said)
        except StopIteration:
            return
        finally:
            slot.running = None
        yield answer
