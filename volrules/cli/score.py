"""What came of an input, counted: the closing line, and what it means for the exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from volrules.cli.exits import Exit
from volrules.violations import Violation

_REMARKS: Mapping[str, tuple[str, str]] = {
    "warn": ("warning", "warnings"),
    "audit": ("audited", "audited"),
    "waived": ("waived", "waived"),
}
"""How one, and several, violations are called that do not reject, by their enforcement."""


@dataclass(slots=True)
class Score:
    """``tally``: how often there was which outcome; ``exits``: what they mean for the exit code.

    ``remarks``: how many violations did not reject, by their enforcement.
    """

    tally: Counter[str] = field(default_factory=Counter)
    exits: set[Exit] = field(default_factory=set)
    remarks: Counter[str] = field(default_factory=Counter)

    def note(self, outcome: str, code: Exit, warnings: tuple[Violation, ...] = ()) -> None:
        """Count an outcome, and what its decision has beside it."""
        self.tally[outcome] += 1
        self.exits.add(code)
        if warnings:
            self.remarks.update(each.enforcement for each in warnings)

    def add(self, other: Score) -> None:
        """Count another's outcomes too."""
        self.tally += other.tally
        self.exits |= other.exits
        self.remarks += other.remarks

    def __str__(self) -> str:
        """``3 accepted, 1 rejected; 2 warnings, 1 audited, 1 waived``: what there is of it."""
        outcomes = [f"{count} {outcome}" for outcome, count in sorted(self.tally.items())]
        remarks = [f"{count} {names[count > 1]}" for each, names in _REMARKS.items() if (count := self.remarks[each])]
        return "; ".join(", ".join(each) for each in (outcomes, remarks) if each)
