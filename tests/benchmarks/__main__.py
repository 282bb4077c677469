"""Measures volrules against a floor written out by hand, and against other engines.

    python -m tests.benchmarks run [--rounds 100] [--only decisions,contest] [--json FILE] [--svg FILE]
    python -m tests.benchmarks compare OLD NEW

Ratios are medians over interleaved rounds. Nothing is timed before engine and floor have agreed on thousands of
generated requests.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path

from . import agreement, chart, coldstart, contest, decisions, growth, house, results, sizes, streaming
from .results import Groups
from .timing import Figure

_PARTS = ("decisions", "growth", "streaming", "contest", "coldstart")
_CONTEST = f"{contest.TITLE}, plain"


def main() -> None:
    """Run or compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    run_ = commands.add_parser("run")
    run_.add_argument("--rounds", type=int, default=100)
    run_.add_argument("--only", type=lambda text: text.split(","), default=_PARTS, help=f"of {', '.join(_PARTS)}")
    run_.add_argument("--json", type=Path)
    run_.add_argument("--svg", type=Path)
    compare = commands.add_parser("compare")
    compare.add_argument("old", type=Path)
    compare.add_argument("new", type=Path)
    options = parser.parse_args()
    if options.command == "compare":
        print("\n".join(results.compared(options.old, options.new)))
    else:
        run(options)


def run(options: argparse.Namespace) -> None:
    """Measure, print, write."""
    tally = agreement.require(house.an_engine(), house.a_floor())
    notes = [f"engine and floor agree on {tally.total()} requests: {_outcomes(tally)}"]
    groups = _measured(options.only, options.rounds, notes)
    print("\n".join([results.machine(), *notes, "", *results.table(groups)]))
    if options.json:
        results.write(options.json, groups, notes)
    if options.svg:
        title = "A plain decision, as multiples of one written out by hand"
        options.svg.write_text(chart.drawn(title, _bars(groups)), encoding="utf-8")


def _outcomes(tally: Counter[str]) -> str:
    return f"{tally['accepted']} accepted, the others rejected for {len(tally) - 1} different reasons"


def _measured(parts: list[str], rounds: int, notes: list[str]) -> Groups:
    engine, floor = house.an_engine(), house.a_floor()
    groups: dict[str, list[Figure]] = {}
    for part in parts:
        print(f"{part} …", file=sys.stderr)
        if part == "decisions":
            groups |= {f"Engine.check, {name}": each for name, each in decisions.figures(engine, floor, rounds).items()}
        elif part == "growth":
            groups["Vendors that have nothing to say"] = vendors = growth.vendors(rounds)
            groups["Vendors with a time limit"] = streams = growth.streams(rounds)
            notes += growth.remarks(vendors, streams)
            groups["Large inventory, large site"] = sizes.figures(rounds)
        elif part == "streaming":
            groups["JSON Lines, end to end"] = streaming.figures(engine, floor, max(5, rounds // 4))
        elif part == "contest":
            compared, missing = contest.figures(max(5, rounds // 2))
            groups |= compared
            notes += [f"not installed: {each}" for each in missing]
        elif part == "coldstart":
            groups["Cold start"] = coldstart.figures(max(5, rounds // 5))
    return groups


def _bars(groups: Groups) -> list[chart.Bar]:
    """The contest where there was one, else the decisions; the fastest first."""
    figures = groups.get(_CONTEST) or [each for rows in groups.values() for each in rows]
    bars = [chart.Bar(each.name, each.ratio, _kind(each.name)) for each in figures]
    return sorted(bars, key=lambda bar: bar.ratio)


def _kind(name: str) -> str:
    return "floor" if name.startswith("floor") else "volrules" if name.startswith("volrules") else "other"


if __name__ == "__main__":
    main()
