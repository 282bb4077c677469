"""Interleaved rounds: what is compared takes turns in the same moment, so that a busy machine slows all of it alike."""

from __future__ import annotations

import gc
import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import repeat
from time import perf_counter_ns
from typing import Any

Work = Callable[[], Any]
_TURN = 500_000
"""Nanoseconds that one turn aims at: short, so that most turns are over before the scheduler interrupts."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: nanoseconds a call, and the medians over the rounds of its ratio to the row called ``base``.

    ``spread``: half the distance between the quartiles of that ratio, as a share of it.
    """

    name: str
    base: str
    nanoseconds: float
    ratio: float
    spread: float

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def measure(works: Mapping[str, Work], rounds: int, base: str = "floor", turn: int = _TURN) -> list[Figure]:
    """A figure for each, ``base`` among them, from two rounds or more, each of which lets everyone have a turn."""
    gc.collect()
    gc.freeze()  # what was set up before is nobody's to sweep
    loops = {name: _loops(work, turn) for name, work in works.items()}
    taken: dict[str, list[float]] = {name: [] for name in works}
    names = list(works)
    for number in range(rounds):
        start = number % len(names)
        for name in names[start:] + names[:start]:
            taken[name].append(_turn(works[name], loops[name]))
    return [_figure(name, base, taken) for name in names]


def _loops(work: Work, turn: int) -> int:
    """How often the work fits into a turn."""
    work()
    return max(1, int(turn / max(1, min(_turn(work, 1) for _ in range(3)))))


def _turn(work: Work, loops: int) -> float:
    for _ in repeat(None, loops // 4):  # whoever had the turn before left the caches to himself
        work()
    began = perf_counter_ns()
    for _ in repeat(None, loops):
        work()
    return (perf_counter_ns() - began) / loops


def _figure(name: str, base: str, taken: Mapping[str, list[float]]) -> Figure:
    ratios = [mine / theirs for mine, theirs in zip(taken[name], taken[base], strict=True)]
    ratio, middle = statistics.median(ratios), statistics.median(taken[name])
    lower, _, upper = statistics.quantiles(ratios, n=4)
    return Figure(name, base, round(middle, 1), round(ratio, 4), round((upper - lower) / 2 / ratio, 4))
