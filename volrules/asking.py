"""Asks a vendor's plugin on a decision's way: shows it what is known, and notes the call for whoever waits for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from volrules.documents import Document
from volrules.host import Implementation
from volrules.host.jobs import Call, Slot
from volrules.host.watch import Watch
from volrules.model.draft import Draft, kind, new
from volrules.model.known import Ask, Fields, Known

Hook = Callable[[Draft], Any]
"""An implementation, as it is called for a draft."""
_LISTS = (tuple, list)


def asking(by: Implementation, hook: Hook, fields: Fields, watch: Watch) -> Ask:
    """Ask a vendor, who is shown those fields of the draft, or what is known of them.

    Each is shown a draft of its own. Where a decision is over for whoever asked for it, nobody is asked any more.
    """
    if by.plugin.timeout is not None:
        return _in_time(by, hook, fields, watch)
    shown_as = kind(fields)

    def ask(draft: Known) -> Any:
        if draft.slot.abandoned:
            return None
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


def saying(answer: Any) -> Iterator[Any]:
    """What a validator's answer has to say."""
    try:
        return iter(answer)
    except TypeError as error:
        raise TypeError(f"a validator answers with violations, not {type(answer).__name__}") from error


def _watched(slot: Slot, call: Call, answer: Any) -> Iterator[Any]:
    """What is said only while it is being read, each part of it within the time of the whole."""
    slot.running = call
    try:
        said = saying(answer)
    finally:
        slot.running = None
    while not slot.abandoned:
        slot.running = call
        try:
            part = next(said)
        except StopIteration:
            return
        finally:
            slot.running = None
        yield part
