"""The draft as the decision itself keeps it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from volrules.model.draft import FIELDS, Draft, DraftFields, Fields, kind, known


class Known(DraftFields):
    """What a decision knows so far, for itself alone to fill in; a field that it does not know is not set.

    ``foreign``: the sources, by field, that vendors' plugins have answered for. ``shown``: what vendors have been shown
    last, and ``shown_as`` its class. ``slot``: what their calls note themselves in.
    """

    # Slots, and nothing that stands in for what is not set: nothing is found sooner.
    __slots__ = (*FIELDS, "foreign", "shown", "shown_as", "slot")

    foreign: Collection[str]
    shown: Any
    shown_as: type[Draft] | None
    slot: Any

    def forget(self, field: str) -> None:
        """Not know a field any more, and show it to nobody."""
        delattr(self, field)
        self.shown_as = None


Ask = Callable[[Known], Any]
"""Asks of a draft: the answer, or what the implementation raises."""


# Compiled, as the methods of dataclasses are: it reads in a third of the time that attrgetter takes for slots.
_SHOWING = """
def show(draft):
    try:
        draft.shown = shown = new(shown_as, ({members}))
        draft.shown_as = shown_as
    except AttributeError:
        draft.shown = shown = Draft(known(draft))
        draft.shown_as = type(shown)
    return shown
"""


def showing(fields: Fields) -> Callable[[Known], Draft]:
    """What makes vendors' draft of a decision's own: with those fields, or as many of them as are known."""
    made = {"new": tuple.__new__, "shown_as": kind(fields), "Draft": Draft, "known": known}
    exec(_SHOWING.format(members="".join(f"draft.{each}, " for each in fields)), made)
    show: Callable[[Known], Draft] = made["show"]
    return show
