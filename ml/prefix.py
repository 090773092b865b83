"""Cut a drawing to what had been drawn at some moment.

Cut points are whole canvas units, so a cut drawing is still ink that could have come from a
socket: training, evaluation and play rasterise the same integers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.integer]


def ink_length(strokes: Sequence[Points]) -> float:
    """Length of all segments inside strokes, in canvas units; pen-up moves count nothing."""
    return float(sum(_segments(stroke).sum() for stroke in strokes))


def cut_ink(strokes: Sequence[Points], fraction: float) -> list[Points]:
    """Keep the first `fraction` (0..1) of the ink length, in order, cutting inside a stroke.

    The cut is a linear interpolation rounded to whole units. A drawing without length (dots)
    stays whole. A stroke that would begin where the ink is already spent does not exist; the
    first stroke keeps at least its first point.
    """
    if fraction >= 1.0:
        return list(strokes)
    left = fraction * ink_length(strokes)
    if left == 0.0 and ink_length(strokes) == 0.0:
        return list(strokes)
    kept: list[Points] = []
    for stroke in strokes:
        lengths = _segments(stroke)
        total = float(lengths.sum())
        if total <= left:
            kept.append(stroke)
            left -= total
            continue
        if left > 0.0 or not kept:
            kept.append(_cut_stroke(stroke, lengths, left))
        break
    return kept


def cut_time(
    strokes: Sequence[Points], times: Sequence[npt.NDArray[np.floating]], seconds: float
) -> list[Points]:
    """Keep the points drawn within `seconds` of the first one.

    `times` holds one array of milliseconds for each stroke. No interpolation; a stroke without
    such a point does not exist.
    """
    end = float(times[0][0]) + 1000 * seconds
    kept = []
    for stroke, time in zip(strokes, times, strict=True):
        early = stroke[np.asarray(time) <= end]
        if len(early):
            kept.append(early)
    return kept


def _segments(stroke: Points) -> npt.NDArray[np.float64]:
    steps = np.diff(stroke.astype(np.float64), axis=0)
    return np.hypot(steps[:, 0], steps[:, 1])


def _cut_stroke(stroke: Points, lengths: npt.NDArray[np.float64], left: float) -> Points:
    """The first `left` units of one stroke, which is longer than that."""
    ends = np.cumsum(lengths)
    segment = int(np.searchsorted(ends, left, side="right"))
    start = float(ends[segment - 1]) if segment else 0.0
    share = (left - start) / float(lengths[segment])
    a, b = stroke[segment].astype(np.float64), stroke[segment + 1].astype(np.float64)
    end = np.rint(a + share * (b - a)).astype(stroke.dtype)
    return np.concatenate((stroke[: segment + 1], end[None]))
