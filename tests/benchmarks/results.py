"""A run's figures: as JSON, as a table for people, and beside another run's."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .timing import Figure

Groups = Mapping[str, list[Figure]]
_NOISE = 0.05
"""A ratio that moved by less than this share says nothing."""


def machine() -> str:
    """What it ran on."""
    return f"{os.cpu_count()} cores, {platform.python_implementation()} {platform.python_version()}"


def write(path: Path, groups: Groups, notes: list[str]) -> None:
    """A run as JSON."""
    rows = {name: [each.to_dict() for each in figures] for name, figures in groups.items()}
    document = {"machine": machine(), "notes": notes, "groups": rows}
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def table(groups: Groups) -> Iterator[str]:
    """A Markdown table a group."""
    for name, figures in groups.items():
        yield f"| {name} | µs | ratio | ± |\n|---|---:|---:|---:|"
        yield from (f"| {each.name} | {_short(each.nanoseconds / 1000)} | {_ratio(each)} |" for each in figures)
        yield ""


def compared(old: Path, new: Path) -> Iterator[str]:
    """The ratios of two runs side by side, with what became of them."""
    before, after = _read(old), _read(new)
    yield "| | old | new | change |\n|---|---:|---:|---:|"
    for key, ratio in after.items():
        if key in before and ratio != 1.0:
            change = ratio / before[key] - 1
            word = f"{change:+.0%}" if abs(change) >= _NOISE else "same"
            yield f"| {': '.join(key)} | {before[key]:.2f} | {ratio:.2f} | {word} |"


def _read(path: Path) -> dict[tuple[str, str], float]:
    groups: Mapping[str, list[dict[str, Any]]] = json.loads(path.read_text(encoding="utf-8"))["groups"]
    return {(name, each["name"]): each["ratio"] for name, figures in groups.items() for each in figures}


def _ratio(figure: Figure) -> str:
    return f"{figure.ratio:.2f} | {figure.spread:.0%}" if figure.name != figure.base else "1 |"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 100 else f"{number:.2f}"
