"""Asks a vendor's plugin on a decision's way: shows it what is known, and notes the call for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any, TypeVar

from volrules.documents import Document
from volrules.host import Implementation
from volrules.host.jobs import Call, Slot
from volrules.host.watch import Watch
from volrules.model.draft import Draft, kind, new
from volrules.model.known import Ask, Fields, Known

T = TypeVar("T")
Hook = Callable[[Draft], Any]
"""An implementation, as it is called for a draft."""
_LISTS = (tuple, list)


def asking(by: Implementation, hook: Hook, fields: Fields, watch: Watch) -> Ask:
    """Ask a vendor, who is shown those fields of the draft, or what is known of them.

    Each is shown a draft of its own.
    """
    if by.plugin.timeout is not None:
        return _in_time(by, hook, fields, watch)
    shown_as = kind(fields)

    def ask(draft: Known) -> Any:
        shown = new(shown_as)
        shown._known = draft
        return hook(shown)

    return ask


def _in_time(by: Implementation, hook: Hook, fields: Fields, watch: Watch) -> Ask:
    """The same of a plugin with a time limit; the call is noted in the draft's slot.

    Where the decision was begun again because of the plugin, it is not asked: the first call raises Hung, others answer
    with None. Raises Suspended where it has hung too often.
    """
    shown_as, hangs, call = kind(fields), watch.hangs, [by]

    # All in one function: to call another one takes as long as most of what it does.
    def ask(draft: Known) -> Any:
        slot: Slot = draft.slot
        if (hangs or slot.is_wary) and not watch.admits(by, slot):
            return None
        shown = new(shown_as)
        shown._known = draft
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
