"""Charts as inline SVG: lines, columns and reliability diagrams, described in words too.

Colours, dashes and sizes of letters come from the page's style sheet by class, so that one drawing
serves light and dark, wide and narrow. Coordinates are units of the view box. Titles are
unique on a page, since ids are made of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 420, 290
_LEFT, _RIGHT, _TOP, _BOTTOM = 42, 12, 12, 42
_SIDE = 200  # of a reliability diagram
_SHAPES = (  # of markers, around their middle: disc, square, triangle, diamond
    "M-4 0a4 4 0 1 0 8 0a4 4 0 1 0-8 0z",
    "M-3.7-3.7h7.4v7.4h-7.4z",
    "M0-5l5 8.6h-10z",
    "M0-5.4l5.4 5.4l-5.4 5.4l-5.4-5.4z",
)


@dataclass(frozen=True)
class Axis:
    """`low` to `high`, with marks at `ticks`; `unit` follows each mark's number."""

    label: str
    low: float
    high: float
    ticks: Sequence[float]
    unit: str = ""


@dataclass(frozen=True)
class Line:
    """Points in the axes' numbers; those of `marked` x carry a marker with their value."""

    name: str
    points: Sequence[tuple[float, float]]
    marked: Sequence[float] = ()


def line_chart(title: str, description: str, x: Axis, y: Axis, lines: Sequence[Line]) -> str:
    """Lines over common axes, and a legend where there are several."""
    drawn = [_line(number, line, x, y) for number, line in enumerate(lines)]
    picture = _svg(title, description, (_WIDTH, _HEIGHT), _frame(x, y) + "".join(drawn))
    return f"{picture}{_legend([line.name for line in lines])}"


def column_chart(
    title: str, description: str, x: Axis, y: Axis, columns: Sequence[tuple[float, float, float]]
) -> str:
    """Columns of (from, to, height)."""
    ground = _down(y, y.low)
    bars = []
    for start, end, height in columns:
        left, right, top = _across(x, start) + 0.8, _across(x, end) - 0.8, _down(y, height)
        bars.append(
            f'<rect class="column s0" x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
            f'height="{ground - top:.1f}"><title>{start:g} to {end:g}{escape(x.unit)}: '
            f"{height:.1f}{escape(y.unit)}</title></rect>"
        )
    return _svg(title, description, (_WIDTH, _HEIGHT), _frame(x, y) + "".join(bars))


def reliability_diagram(title: str, description: str, bins: Sequence[Sequence[float]]) -> str:
    """How often guesses this sure are right: `bins` are rows of `ml.metrics.reliability`.

    An honest network's dots lie on the diagonal; a dot's area is its share of the guesses.
    """
    low, size = 30, _SIDE - 40

    def at(sure: float, hits: float) -> tuple[float, float]:
        return low + size * sure, 8 + size * (1 - hits)

    (x0, y0), (x1, y1) = at(0, 0), at(1, 1)
    parts = [
        f'<path class="frame" d="M{x0} {y1}V{y0}H{x1}"/>',
        f'<path class="even" d="M{x0} {y0}L{x1} {y1}"/>',
        f'<text x="{x0}" y="{y0 + 15}">0</text>',
        f'<text class="end" x="{x1}" y="{y0 + 15}">1</text>',
        f'<text class="middle" x="{(x0 + x1) / 2}" y="{y0 + 28}">sure</text>',
        f'<text class="end" x="{x0 - 5}" y="{y0}">0</text>',
        f'<text class="end" x="{x0 - 5}" y="{y1 + 9}">1</text>',
        f'<text class="middle" transform="{_upright(x0 - 14, (y0 + y1) / 2)}">right</text>',
    ]
    total = sum(row[0] for row in bins) or 1
    for number, sure, hits in bins:
        if number:
            x, y = at(sure, hits)
            parts.append(f'<path class="gap" d="M{x:.1f} {y:.1f}V{at(0, sure)[1]:.1f}"/>')
            parts.append(
                f'<circle class="dot" cx="{x:.1f}" cy="{y:.1f}" '
                f'r="{1.8 + 11 * (number / total) ** 0.5:.1f}"><title>{number:.0f} guesses: '
                f"{100 * sure:.0f} % sure, {100 * hits:.0f} % right</title></circle>"
            )
    return _svg(title, description, (_SIDE, _SIDE + 4), "".join(parts))


def _svg(title: str, description: str, size: tuple[int, int], inner: str) -> str:
    name = re.sub(r"\W+", "-", title.lower())
    return (
        f'<svg class="chart" role="img" viewBox="0 0 {size[0]} {size[1]}" '
        f'aria-labelledby="t-{name} d-{name}"><title id="t-{name}">{escape(title)}</title>'
        f'<desc id="d-{name}">{escape(description)}</desc>{inner}</svg>'
    )


def _across(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return _LEFT + share * (_WIDTH - _LEFT - _RIGHT)


def _down(axis: Axis, value: float) -> float:
    share = (value - axis.low) / (axis.high - axis.low)
    return _HEIGHT - _BOTTOM - share * (_HEIGHT - _BOTTOM - _TOP)


def _upright(x: float, y: float) -> str:
    """Words that run upwards around this point."""
    return f"translate({x:g} {y:g}) rotate(-90)"


def _frame(x: Axis, y: Axis) -> str:
    left, right = _across(x, x.low), _across(x, x.high)
    ground = _down(y, y.low)
    parts = []
    for tick in y.ticks:
        at = _down(y, tick)
        parts.append(f'<path class="grid" d="M{left} {at:.1f}H{right}"/>')
        parts.append(f'<text class="end" x="{left - 6}" y="{at + 4:.1f}">{tick:g}</text>')
    for tick in x.ticks:
        at = _across(x, tick)
        parts.append(f'<path class="grid" d="M{at:.1f} {ground}v4"/>')
        parts.append(f'<text class="middle" x="{at:.1f}" y="{ground + 17}">{tick:g}</text>')
    parts.append(f'<path class="frame" d="M{left} {ground}H{right}"/>')
    parts.append(
        f'<text class="middle" x="{(left + right) / 2}" y="{_HEIGHT - 6}">{escape(x.label)}</text>'
    )
    parts.append(
        f'<text class="middle" transform="{_upright(11, (_TOP + ground) / 2)}">'
        f"{escape(y.label)}</text>"
    )
    return "".join(parts)


def _line(number: int, line: Line, x: Axis, y: Axis) -> str:
    places = [(_across(x, a), _down(y, b)) for a, b in line.points]
    path = "L".join(f"{a:.1f} {b:.1f}" for a, b in places)
    marks = [
        f"<g><title>{escape(line.name)}, {a:g}{escape(x.unit)}: {b:.1f}{escape(y.unit)}</title>"
        f"{_mark(number, *place)}</g>"
        for (a, b), place in zip(line.points, places, strict=True)
        if a in line.marked
    ]
    return f'<g class="s{number % 6}"><path class="line" d="M{path}"/>{"".join(marks)}</g>'


def _mark(number: int, x: float, y: float) -> str:
    """A shape of its own for each line: colour alone would not do for everybody."""
    shape = _SHAPES[number % len(_SHAPES)]
    return f'<path class="mark" transform="translate({x:.1f} {y:.1f})" d="{shape}"/>'


def _legend(names: Sequence[str]) -> str:
    if len(names) < 2:  # noqa: PLR2004 (one line needs no name)
        return ""
    items = "".join(
        f'<li><svg class="key" viewBox="0 0 34 12" aria-hidden="true"><g class="s{number % 6}">'
        f'<path class="line" d="M2 6H32"/>{_mark(number, 17, 6)}</g></svg>{escape(name)}</li>'
        for number, name in enumerate(names)
    )
    return f'<ul class="legend">{items}</ul>'
