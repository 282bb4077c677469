"""A client that fills a quota, also as a process of its own: ``python -m tests.faults.client URL``."""

from __future__ import annotations

import sys
import time
from collections import Counter

from volrules.store import open_store
from volrules.store.contract import Entry, Store

from ..store.builders import an_entry

EACH = 40
FITTING = 200
LIMITS = {"volumes": FITTING}

Counts = tuple[Counter[str], float]


def entries() -> list[Entry]:
    return [an_entry(limits=LIMITS) for _ in range(EACH)]


def creates(store: Store, wanted: list[Entry]) -> Counts:
    """Outcomes by name, and the longest wait for one in seconds."""
    outcomes: Counter[str] = Counter()
    longest = 0.0
    for entry in wanted:
        start = time.perf_counter()
        outcomes[type(store.create(entry)).__name__] += 1
        longest = max(longest, time.perf_counter() - start)
    return outcomes, longest


if __name__ == "__main__":
    with open_store(sys.argv[1], create=True, retention=3600) as opened:
        counts, wait = creates(opened, entries())
    print(counts["Created"], counts["OverQuota"], wait)  # noqa: T201
