"""``volrules check`` of a long file by two workers against one; prints ratios of one run, and memory.

    python -m tests.benchmarks.crew [--lines 1000000] [--rounds 3]

What two cores of this machine give at all is told by two commands, each on half of the file. Rounds of the three
alternate; ratios are medians. They mean something only on a machine that has two idle cores.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from . import samples

_GLANCE = 0.05
ONE, TWO, APART = "one worker", "two workers", "two commands, half the file each"


class Run(NamedTuple):
    """``seconds``: from start to end; ``peaks``: the most memory that each process has had resident, in kB."""

    seconds: float
    peaks: dict[str, int]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, options.lines)
        works = {ONE: [(1, "all")], TWO: [(2, "all")], APART: [(1, "first"), (1, "second")]}
        rounds = [{name: _run(folder, jobs) for name, jobs in works.items()} for _ in range(options.rounds)]
    for name in works:
        print(_told(name, rounds))


def _told(name: str, rounds: list[dict[str, Run]]) -> str:
    seconds = statistics.median(each[name].seconds for each in rounds)
    ratio = statistics.median(each[ONE].seconds / each[name].seconds for each in rounds)
    peak = max(peak for each in rounds for peak in each[name].peaks.values())
    return f"{name:<34} {seconds:>7.1f} s  {ratio:.2f} x as fast  at most {peak / 1024:.0f} MB a process"


def _run(folder: Path, jobs: Sequence[tuple[int, str]]) -> Run:
    """The commands of these numbers of workers on these parts, all at once."""
    began = time.perf_counter()
    processes = [_started(folder, *job) for job in jobs]
    peaks: dict[str, int] = {}
    while any(each.poll() is None for each in processes):
        for each in processes:
            _note_peaks(str(each.pid), peaks)
        time.sleep(_GLANCE)
    seconds = time.perf_counter() - began
    if any(each.returncode for each in processes):
        raise SystemExit("a command has failed")
    return Run(seconds, peaks)


def _started(folder: Path, workers: int, part: str) -> subprocess.Popen[bytes]:
    place = ("--site", "site.json", "--inventory", "inventory.json")
    options = (*place, "--format", "jsonl", "--workers", str(workers), f"{part}.jsonl")
    return subprocess.Popen(
        (sys.executable, "-m", "volrules", "check", *options), cwd=folder, stdout=subprocess.DEVNULL
    )


def _note_peaks(pid: str, peaks: dict[str, int]) -> None:
    """Look at a process and its children (proc_pid_status(5), VmHWM)."""
    with suppress(OSError):  # it has ended
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for each in (pid, *children):
            _, found, rest = Path(f"/proc/{each}/status").read_text().partition("VmHWM:")
            if found:
                peaks[each] = int(rest.split()[0])


def _write(folder: Path, count: int) -> None:
    (folder / "site.json").write_text(json.dumps(samples.SITE), encoding="utf-8")
    (folder / "inventory.json").write_text(json.dumps(samples.INVENTORY), encoding="utf-8")
    line = json.dumps({"context": samples.CONTEXT, "request": samples.BODIES["plain"]}).encode() + b"\n"
    for part, size in (("all", count), ("first", count // 2), ("second", count - count // 2)):
        with (folder / f"{part}.jsonl").open("wb") as stream:
            stream.writelines(islice(cycle([line]), size))


if __name__ == "__main__":
    main()
