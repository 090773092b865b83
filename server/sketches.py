"""Drawings as other programs write them, and the ink they stand for.

Quick, Draw! writes a stroke as a list of x, a list of y and, in its raw form, a list of times.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from game.ink import CANVAS, Ink, stroke_of

Strokes = Sequence[Sequence[Sequence[float]]]
_LONGEST_DT: Final = 0xFFFF


def ink_of(strokes: Strokes, canvas: float | None) -> Ink:
    """The ink of ``strokes``, each ``[[x…], [y…]]`` or ``[[x…], [y…], [ms…]]``.

    ``canvas`` is the side of the square that the coordinates lie on; None makes the drawing's own
    longer side the canvas, which is how the data set was made. Coordinates grow to the right and
    down; times count from the beginning of the drawing.
    """
    if canvas is not None:
        left, top, side = 0.0, 0.0, canvas
    else:
        xs = [x for stroke in strokes for x in stroke[0]]
        ys = [y for stroke in strokes for y in stroke[1]]
        left, top = min(xs), min(ys)
        side = max(max(xs) - left, max(ys) - top) or 1.0
    return Ink(
        tuple(
            stroke_of(
                zip(
                    _placed(stroke[0], left, side),
                    _placed(stroke[1], top, side),
                    _steps(stroke),
                    strict=True,
                )
            )
            for stroke in strokes
        )
    )


def _placed(numbers: Sequence[float], first: float, side: float) -> list[int]:
    return [round((each - first) * CANVAS / side) for each in numbers]


def _steps(stroke: Sequence[Sequence[float]]) -> list[int]:
    """Milliseconds since the point before; 0 where there are no times."""
    times = stroke[2] if len(stroke) > 2 else [0.0] * len(stroke[0])  # noqa: PLR2004
    before = [times[0], *times]
    return [
        min(_LONGEST_DT, max(0, round(after - first)))
        for first, after in zip(before, times, strict=False)
    ]
