"""Raw drawings, point by point as the pen moved: what had been drawn after some seconds.

A prefix is prepared as the data set's simplified drawings were: scaled so that its own box has a
longer side of 255, resampled at 1 unit, simplified (RDP, epsilon 2), rounded.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.data import TimedDrawing
from ml.prefix import cut_time
from ml.raster import CANVAS_PER_UNIT, Points

Floats = npt.NDArray[np.float64]

SECONDS = (1, 2, 3, 5, 8, 12, 20)
STEP_S = 0.5
_EPSILON = 2.0
_LONGEST_S = 60.0  # nobody plays longer; a drawing left open overnight costs no hours


def duration(drawing: TimedDrawing) -> float:
    """Seconds from the first point to the last."""
    return float((max(float(time.max()) for time in drawing.times) - drawing.times[0][0]) / 1000)


def moments(drawing: TimedDrawing) -> Floats:
    """0.5, 1.0, 1.5 ... seconds, up to the first multiple at which the drawing is whole."""
    steps = max(1, int(np.ceil(min(duration(drawing), _LONGEST_S) / STEP_S)))
    return np.arange(1.0, steps + 1) * STEP_S


def prefix_at(drawing: TimedDrawing, seconds: float) -> list[Points]:
    """The drawing after `seconds`, simplified, in canvas units."""
    return simplify(cut_time(drawing.strokes, drawing.times, seconds))  # type: ignore[arg-type, return-value]  # screen pixels are floats


def simplify(strokes: Sequence[Floats]) -> list[npt.NDArray[np.int64]]:
    """Raw strokes (any unit) as the data set simplifies them, then in canvas units."""
    every = np.concatenate(strokes)
    low = every.min(axis=0)
    extent = float((every.max(axis=0) - low).max()) or 1.0
    simple = []
    for stroke in strokes:
        line = _resample((stroke - low) * (255 / extent))
        simple.append(np.rint(_rdp(line)).astype(np.int64) * CANVAS_PER_UNIT)
    return simple


def _resample(line: Floats) -> Floats:
    """Points 1 unit apart along the line; the last point is kept."""
    steps = np.hypot(*np.diff(line, axis=0).T)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    if along[-1] == 0.0:
        return line[:1]
    places = np.append(np.arange(0.0, along[-1], 1.0), along[-1])
    return np.stack([np.interp(places, along, line[:, axis]) for axis in (0, 1)], axis=1)


def _rdp(line: Floats) -> Floats:
    """Ramer-Douglas-Peucker by distance to the chord's line, without recursion."""
    keep = np.zeros(len(line), bool)
    keep[[0, -1]] = True
    open_spans = [(0, len(line) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:  # noqa: PLR2004 (no point between them)
            continue
        chord = line[last] - line[first]
        arms = line[first + 1 : last] - line[first]
        length = float(np.hypot(*chord))
        if length:
            distance = np.abs(chord[0] * arms[:, 1] - chord[1] * arms[:, 0]) / length
        else:
            distance = np.hypot(*arms.T)
        farthest = int(distance.argmax())
        if distance[farthest] > _EPSILON:
            middle = first + 1 + farthest
            keep[middle] = True
            open_spans += [(first, middle), (middle, last)]
    return line[keep]
