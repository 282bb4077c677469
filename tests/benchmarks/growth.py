"""How the cost grows: with vendors' plugins that have nothing to say, with the inventory, with the site."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from itertools import repeat
from typing import Any

from volrules import Context, Engine, Order, hookimpl
from volrules.testing import a_request, a_volume

from . import house, samples
from .timing import Figure, Work, measure

MANY = 100_000
VENDORS = (1, 5, 20, 100)
TOGETHER = 256
ALONE = "nobody else, one at a time"
CROWD = 20
CALLS = "empty calls"


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
    works[f"100 {CALLS}"] = _calls
    return measure(works, rounds)


def hand_offs(rounds: int) -> list[Figure]:
    """Plain decisions with no-ops that have a time limit: one at a time, and many together; nanoseconds are of one."""
    plain, limited, crowded = house.an_engine(), _limited(1), _limited(CROWD)
    orders = [Order(samples.BODIES["plain"], Context.from_dict(samples.CONTEXT))] * TOGETHER
    works: dict[str, Work] = {
        ALONE: lambda: [plain.check(each.body, each.context) for each in orders],
        "a time limit, one at a time": lambda: [limited.check(each.body, each.context) for each in orders],
        _together(0): partial(plain.check_many, orders),
        _together(1): partial(limited.check_many, orders),
        _together(CROWD): partial(crowded.check_many, orders),
        f"1 {CALLS}": lambda: [noop(each) for each in orders],
    }
    measured = measure(works, rounds, base=ALONE, turn=10_000_000)
    return [replace(each, nanoseconds=round(each.nanoseconds / TOGETHER, 1)) for each in measured]


def remarks(vendors: list[Figure], hand_offs: list[Figure]) -> Iterator[str]:
    """What one no-op adds to a decision, in words: of :func:`vendors` and :func:`hand_offs`."""
    first, last = _inline(1), _inline(VENDORS[-1])
    yield f"a no-op without a time limit: {_added(vendors, _inline(0), first)}, another {_added(vendors, first, last)}"
    alone, crowd = _together(1), _together(CROWD)
    yield f"a no-op in a stream: {_added(hand_offs, _together(0), alone)}, another {_added(hand_offs, alone, crowd)}"


def _added(figures: list[Figure], fewer: str, more: str) -> str:
    """What one of the plugins adds by which they differ, by its ratios, which are steadier than its times."""
    by_name = {each.name: each for each in figures}
    plugins = _number(more) - _number(fewer)
    ratio = (by_name[more].ratio - by_name[fewer].ratio) / plugins
    calls = next(each for each in figures if each.name.endswith(CALLS))
    base = by_name[calls.base].nanoseconds
    return f"{ratio * base / 1000:.2f} µs = {ratio * _number(calls.name) / calls.ratio:.0f} empty calls"


def _number(name: str) -> int:
    return int(name.partition(" ")[0])


def _inline(count: int) -> str:
    return f"{count} no-ops"


def _limited(count: int) -> Engine:
    return house.an_engine(tuple(map(Noop, range(count))), timeout=10)


def _together(count: int) -> str:
    return f"{count} with a time limit, {TOGETHER} together"


def sizes(rounds: int) -> list[Figure]:
    """A plain decision and a clone: with little to look through, and with 100,000 volumes, projects and types."""
    clone, typed = samples.BODIES["clone of a volume"], a_request(size=1, volume_type=f"type{MANY - 1}")
    small, large_inventory, large_site = house.an_engine(), house.an_engine(inventory=_inventory()), _of_large_site()
    clones = {
        "clone, 1 volume": partial(small.check, clone, samples.CONTEXT),
        f"clone, {MANY:,} volumes": partial(large_inventory.check, clone, samples.CONTEXT),
    }
    types = {
        "typed, 3 types": partial(small.check, a_request(size=1, volume_type="ssd"), samples.CONTEXT),
        f"typed, {MANY:,} types and projects": partial(large_site.check, typed, samples.CONTEXT),
    }
    return [*measure(clones, rounds, base="clone, 1 volume"), *measure(types, rounds, base="typed, 3 types")]


def _calls() -> None:
    for _ in repeat(None, 100):
        noop(None)


def _inventory() -> Mapping[str, Any]:
    others = (a_volume(id=str(uuid.UUID(int=number, version=4)), host=f"node{number}") for number in range(MANY))
    return {**samples.INVENTORY, "volumes": [*samples.INVENTORY["volumes"], *others]}


def _of_large_site() -> Engine:
    types = [{"name": f"type{number}"} for number in range(MANY)]
    projects = {f"project{number}": {"per_volume_gigabytes": number} for number in range(MANY)}
    quotas = {**samples.SITE["quotas"], "projects": projects}
    return house.an_engine(site={**samples.SITE, "volume_types": types, "quotas": quotas})
