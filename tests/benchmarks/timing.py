"""Interleaved rounds: what is compared takes turns in the same moment, so that a busy machine slows all of it alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import repeat
from time import perf_counter_ns
from typing import Any

Work = Callable[[], Any]
_TURN = 2_000_000
"""Nanoseconds that one turn aims at."""


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
    """A figure for each, ``base`` among them. Works are pure; each round lets every one have a turn."""
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
    began = perf_counter_ns()
    for _ in repeat(None, loops):
        work()
    return (perf_counter_ns() - began) / loops


def _figure(name: str, base: str, taken: Mapping[str, list[float]]) -> Figure:
    ratios = [mine / theirs for mine, theirs in zip(taken[name], taken[base], strict=True)]
    ratio = statistics.median(ratios)
    lower, _, upper = statistics.quantiles(ratios, n=4) if len(ratios) > 1 else (ratio,) * 3
    return Figure(name, base, round(statistics.median(taken[name]), 1), round(ratio, 4), round((upper - lower) / 2 / ratio, 4))
