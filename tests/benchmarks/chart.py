"""A drawn chart: horizontal bars on a logarithmic scale; the floor, what is ours and others in colours of their own."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import NamedTuple

_WIDTH, _LABELS, _ROW, _TOP = 900, 440, 24, 56
_FONT = 'font-family="sans-serif" font-size="13"'
_COLOURS = {"floor": "#8a8f98", "volrules": "#2f6fde", "other": "#d08a2e"}


class Bar(NamedTuple):
    """A labelled ratio; ``kind``: floor, volrules or other."""

    label: str
    ratio: float
    kind: str


def drawn(title: str, bars: Sequence[Bar]) -> str:
    """The chart as SVG; readable on light and on dark ground."""
    height = _TOP + _ROW * len(bars) + 12
    lowest, highest = (math.log10(edge([bar.ratio for bar in bars])) for edge in (min, max))
    start, end = math.floor(lowest), math.ceil(highest)
    scale = (_WIDTH - _LABELS - 70) / (end - start)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img" {_FONT}>',
        f"<title>{escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="22" font-size="15" font-weight="bold" fill="#222222">{escape(title)}</text>',
        *_grid(start, end, scale, height),
    ]
    for number, bar in enumerate(bars):
        parts += _row(bar, _TOP + _ROW * number, scale * (math.log10(bar.ratio) - start))
    return "\n".join([*parts, "</svg>", ""])


def _grid(start: int, end: int, scale: float, height: int) -> Iterator[str]:
    for power in range(start, end + 1):
        x = _LABELS + scale * (power - start)
        yield f'<line x1="{x:.0f}" y1="{_TOP - 8}" x2="{x:.0f}" y2="{height - 10}" stroke="#dddddd"/>'
        text = f"{10.0**power:,g} ×"
        yield f'<text x="{x:.0f}" y="{_TOP - 13}" text-anchor="middle" font-size="11" fill="#666666">{text}</text>'


def _row(bar: Bar, y: int, length: float) -> Iterator[str]:
    length = max(length, 1)
    middle = y + 15
    yield f'<text x="{_LABELS - 8}" y="{middle}" text-anchor="end" fill="#222222">{escape(bar.label)}</text>'
    colour = _COLOURS[bar.kind]
    yield f'<rect x="{_LABELS}" y="{y + 3}" width="{length:.0f}" height="{_ROW - 7}" rx="2" fill="{colour}"/>'
    ratio = f"{bar.ratio:.1f} ×" if bar.ratio < 100 else f"{bar.ratio:,.0f} ×"
    yield f'<text x="{_LABELS + length + 6:.0f}" y="{middle}" fill="#222222">{ratio}</text>'
