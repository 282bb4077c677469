"""The draft as the decision itself keeps it, and what vendors are shown of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from volrules.model.draft import FIELDS, Draft, DraftFields, Fields, kind, known


class Known(DraftFields):
    """What a decision knows so far, for itself alone to fill in; a field that it does not know is not set.

    ``foreign``: the sources, by field, that vendors' plugins have answered for. ``shown``: what vendors have been shown
    last, and ``shown_as`` its class. ``job``: what their calls note themselves in, None where nobody watches.
    """

    # Slots, and nothing that stands in for what is not set: nothing is found sooner.
    __slots__ = (*FIELDS, "foreign", "job", "shown", "shown_as")

    job: Any
    foreign: Collection[str]
    shown: Draft | None
    shown_as: type[Draft] | None

    def forget(self, field: str) -> None:
        """Not know a field any more, and show it to nobody."""
        delattr(self, field)
        self.shown_as = None


_new = tuple.__new__
Ask = Callable[[Known], Any]
"""Asks of a draft: the answer, or what the implementation raises."""


def showing(fields: Fields, vendor: Callable[[Draft], Any]) -> Ask:
    """Ask a vendor, who is shown those fields of the draft, or what is known of them.

    Whatever it does to the draft that it is shown changes no decision, and nothing that others are shown. What it does
    to the class of drafts, it does to everybody in the process.
    """
    shown_as, members = kind(fields), _members(fields)

    def ask(draft: Known) -> Any:
        # Nothing of a tuple can be changed but its class; where that is as it was made, the next one is shown the same.
        if draft.shown_as is shown_as and type(draft.shown) is shown_as:
            return vendor(draft.shown)
        try:
            shown = _new(shown_as, members(draft))
        except AttributeError:
            shown = Draft(known(draft))
        draft.shown = shown
        draft.shown_as = type(shown)
        return vendor(shown)

    return ask


def _members(fields: Fields) -> Callable[[Known], tuple[Any, ...]]:
    """What reads those fields of a draft."""
    # Compiled, as dataclasses are: attrgetter finds slots in thrice the time.
    reading: Callable[[Known], tuple[Any, ...]] = eval(
        f"lambda draft: ({''.join(f'draft.{each}, ' for each in fields)})"
    )
    return reading
