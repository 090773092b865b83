"""Drawings made by code, for tests that need something the network knows.

Each is a list of strokes, each stroke a list of ``(x, y)`` in 0..255.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Final

Point = tuple[float, float]
Sketch = list[list[Point]]


def _arc(  # noqa: PLR0917 - an ellipse has that many
    x: float, y: float, rx: float, ry: float, start: float = 0.0, turn: float = 1.0
) -> list[Point]:
    """Part of an ellipse; ``start`` and ``turn`` in whole turns, clockwise from the right."""
    steps = max(4, round(28 * abs(turn)))
    angles = (2 * math.pi * (start + turn * step / steps) for step in range(steps + 1))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def _lines(*points: Point) -> list[Point]:
    """Straight lines through ``points``, with points in between as a pen would leave them."""
    drawn = [points[0]]
    for (x0, y0), (x1, y1) in pairwise(points):
        steps = max(1, round(math.hypot(x1 - x0, y1 - y0) / 16))
        drawn += [
            (x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps)
            for step in range(1, steps + 1)
        ]
    return drawn


def _polygon(corners: int, first: float = -0.25) -> list[Point]:
    points = _corners(corners, first, 120)
    return _lines(*points, points[0])


def _corners(count: int, first: float, radius: float) -> list[Point]:
    return [
        (
            128 + radius * math.cos(2 * math.pi * (first + n / count)),
            128 + radius * math.sin(2 * math.pi * (first + n / count)),
        )
        for n in range(count)
    ]


def _star() -> list[Point]:
    tips = _corners(5, -0.25, 120)
    return _lines(*(tips[n] for n in (0, 2, 4, 1, 3, 0)))


SKETCHES: Final[dict[str, Sketch]] = {
    "circle": [_arc(128, 128, 120, 120, -0.25)],
    "square": [_lines((20, 20), (235, 20), (235, 235), (20, 235), (20, 20))],
    "triangle": [_lines((128, 15), (245, 230), (10, 230), (128, 15))],
    "star": [_star()],
    "line": [_lines((10, 128), (245, 130))],
    "zigzag": [_lines((5, 170), (45, 90), (85, 170), (125, 90), (165, 170), (205, 90), (250, 170))],
    "ladder": [
        _lines((85, 5), (85, 250)),
        _lines((170, 5), (170, 250)),
        *(_lines((85, y), (170, y)) for y in (35, 80, 125, 170, 215)),
    ],
    "stairs": [
        _lines(
            (10, 245),
            (10, 195),
            (60, 195),
            (60, 145),
            (110, 145),
            (110, 95),
            (160, 95),
            (160, 45),
            (240, 45),
        )
    ],
    "envelope": [
        _lines((10, 60), (245, 60), (245, 200), (10, 200), (10, 60)),
        _lines((10, 60), (128, 140), (245, 60)),
    ],
    "sun": [
        _arc(128, 128, 55, 55),
        *(
            _lines(inner, outer)
            for inner, outer in zip(_corners(10, 0, 75), _corners(10, 0, 120), strict=True)
        ),
    ],
    "smiley face": [
        _arc(128, 128, 120, 120, -0.25),
        _arc(90, 95, 9, 12),
        _arc(166, 95, 9, 12),
        _arc(128, 140, 60, 55, 0.04, 0.42),
    ],
    "ice cream": [
        _lines((60, 110), (128, 250), (196, 110), (60, 110)),
        _arc(128, 110, 68, 85, 0.5, 0.5),
    ],
    "hourglass": [_lines((50, 10), (205, 10), (50, 245), (205, 245), (50, 10))],
    "clock": [
        _arc(128, 128, 120, 120, -0.25),
        _lines((128, 128), (128, 50)),
        _lines((128, 128), (185, 150)),
    ],
    "house": [
        _lines((40, 110), (40, 240), (215, 240), (215, 110), (40, 110)),
        _lines((25, 115), (128, 15), (230, 115)),
        _lines((105, 240), (105, 175), (150, 175), (150, 240)),
    ],
    "lollipop": [_arc(128, 80, 70, 70, 0.25), _lines((128, 150), (128, 250))],
}


def in_canvas_units(sketch: Iterable[Iterable[Point]]) -> list[list[tuple[int, int]]]:
    """A sketch on the 0..65535 canvas."""
    return [[(round(x * 257), round(y * 257)) for x, y in stroke] for stroke in sketch]
