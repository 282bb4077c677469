"""How the cost grows with vendors' plugins that have nothing to say."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any

from volrules import Context, Engine, Order, hookimpl

from . import house, samples
from .timing import Figure, Work, measure

VENDORS = (1, 5, 20, 100)
CROWD = 20
STREAM, TOGETHER = 2048, 128
"""Requests, and how many of them are asked for at a time."""
CALLS = "100 empty calls"


class Noop:
    """A vendor's plugin that has nothing to say."""

    def __init__(self, number: int) -> None:
        self.name = f"noop{number}"

    @hookimpl
    def volrules_validate_volume(self, draft: Any) -> None:
        """Nothing."""


def noop(draft: Any) -> None:
    """The same by itself."""


def vendors(rounds: int) -> list[Figure]:
    """A plain decision with ever more no-ops; and 100 calls of an empty function, for comparison."""
    plain = samples.BODIES["plain"]
    engines = {count: house.an_engine(tuple(map(Noop, range(count)))) for count in (0, *VENDORS)}
    works: dict[str, Work] = {"floor": partial(house.a_floor().decide, plain, samples.CONTEXT)}
    for count, engine in engines.items():
        works[_inline(count)] = partial(engine.check, plain, samples.CONTEXT)
    works["1 with a time limit"] = partial(_limited(1).check, plain, samples.CONTEXT)
    works[CALLS] = partial(_calls, 100)
    return measure(works, rounds)


def streams(rounds: int) -> list[Figure]:
    """Plain decisions in a stream, with no-ops that have a time limit; nanoseconds are of one decision."""
    floor, plain = house.a_floor(), samples.BODIES["plain"]
    engines = {0: house.an_engine(), 1: _limited(1), CROWD: _limited(CROWD)}
    works: dict[str, Work] = {"floor": partial(_repeated, partial(floor.decide, plain, samples.CONTEXT))}
    for count, engine in engines.items():
        works[_streamed(count)] = partial(_stream, engine)
    works[CALLS] = partial(_calls, 100 * STREAM)
    measured = measure(works, rounds)
    return [replace(each, nanoseconds=round(each.nanoseconds / STREAM, 1)) for each in measured]


def remarks(vendors: list[Figure], streams: list[Figure]) -> Iterator[str]:
    """What one no-op adds to a decision, in words: of :func:`vendors` and :func:`streams`."""
    last = VENDORS[-1]
    yield f"a no-op inline: {_added(vendors, _inline, 0, 1)}; another: {_added(vendors, _inline, 1, last)}"
    yield f"one in a stream: {_added(streams, _streamed, 0, 1)}; another: {_added(streams, _streamed, 1, CROWD)}"


def _added(figures: list[Figure], name: Callable[[int], str], fewer: int, more: int) -> str:
    """What one of the no-ops adds that are more, by ratios to the floor, which are steadier than times."""
    by_name = {each.name: each for each in figures}
    ratio = (by_name[name(more)].ratio - by_name[name(fewer)].ratio) / (more - fewer)
    microseconds, calls = ratio * by_name["floor"].nanoseconds / 1000, ratio / by_name[CALLS].ratio * 100
    return f"{ratio:.2f} of the floor, {microseconds:.2f} µs, {calls:.0f} empty calls"


def _inline(count: int) -> str:
    return f"{count} no-ops"


def _limited(count: int) -> Engine:
    return house.an_engine(tuple(map(Noop, range(count))), timeout=10)


def _streamed(count: int) -> str:
    return f"{count} with a time limit, in a stream"


def _stream(engine: Engine) -> None:
    engine.check_stream(_talk([Order(samples.BODIES["plain"], Context.from_dict(samples.CONTEXT))] * TOGETHER))


def _talk(orders: list[Order]) -> Generator[list[Order], Any, None]:
    for _ in repeat(None, STREAM // TOGETHER):
        yield orders


def _repeated(work: Work) -> None:
    for _ in repeat(None, STREAM):
        work()


def _calls(times: int) -> None:
    for _ in repeat(None, times):
        noop(None)
