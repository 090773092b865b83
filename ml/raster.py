"""Strokes to the network's input: the only road, for training, evaluation and play alike.

The picture follows the recipe behind Google's official 28x28 bitmaps (quickdraw-dataset issue 19):
the strokes' own bounding box is fitted to 255 units, centred in a box of 256, drawn with a round
pen of 16 units, with 24 units (16 of padding and half a pen) around the box. Only the number of
pixels differs: any side that divides `_FINE` will do.

Drawings from a data set are simplified (Ramer-Douglas-Peucker, epsilon 2 in that box); live ink is
not. So simplifying is part of rasterising, for everybody: on a drawing that is already simplified
it changes next to nothing, and live ink becomes what the network was trained on.

Coordinates are canvas units, integers 0..65535. The 0..255 coordinates of the data set become
canvas units by x257, and the fit is one correctly rounded division of whole numbers, so scaling
a drawing by any whole factor cannot change a bit of the result.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from game.ink import unpack

Points = npt.NDArray[np.integer]
Line = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]

RASTER_VERSION = 1
"""Raised whenever any drawing's tensor changes; checkpoints carry it and the engine compares."""

CANVAS_MAX = 65535
CANVAS_PER_UNIT = 257
"""Canvas units for one unit of the data set's 0..255 box."""

SIDE = 56
CHANNELS = 2
"""Channel 0 is the ink, 0..255; channel 1 tells when it was drawn: 0 none, 64 first, 255 last."""

_BOX = 255
_MARGIN = 24  # padding 16 and half the pen
_TOTAL = 256 + 2 * _MARGIN
_MIN_EXTENT = 1024
# A tap wobbles by a few pixels. Blown up to the whole box that wobble would look like a drawing,
# so nothing smaller than 1/64 of the canvas is enlarged beyond that.
_EPSILON = 1.5
# The data set was simplified with 2. A little less, because those points were rounded afterwards:
# at 2 a second pass drops 5 % of them and moves pictures by 0.26/255, at 1.5 1.5 % and 0.06.

_FINE = 448
# Pixels of the fine picture: 16 x 28. OpenCV's anti-aliased line is about 1.5 pixels wider than
# asked for; 22 is the width whose ink is within 1 % of the nominal 16 / 304 x 448 = 23.6.
_FINE_PEN = 22
_REACH = 16  # fine pixels around a point that its ink can touch: half of 22, the soft edge, spare
_SHIFT = 8  # fractional bits of OpenCV's fixed-point coordinates

_of_thread = threading.local()
_POINT = np.dtype([("at", "<u2", 2), ("dt", "<u2")])  # the layout of `game.ink.POINT`


def strokes_from_ink(packed: bytes) -> list[npt.NDArray[np.int64]]:
    """Read ink in its packed form (`game.ink.pack`): one `(n, 2)` array of canvas units a stroke.

    Times are left out. Raises `ValueError` on malformed bytes.
    """
    strokes = unpack(packed).strokes
    return [np.frombuffer(stroke, _POINT)["at"].astype(np.int64) for stroke in strokes]


def fit(strokes: Sequence[Points]) -> list[npt.NDArray[np.float32]]:
    """Fit strokes to the box: minimum at 0, longer side 255, then simplify.

    `strokes` are `(n, 2)` canvas units with n >= 1; the result is in box units, float32.
    """
    every = np.concatenate(strokes).astype(np.int64)
    low = every.min(axis=0)
    extent = max(int((every.max(axis=0) - low).max()), _MIN_EXTENT)
    # Whole numbers below 2^53 divided once: IEEE 754 rounds the exact quotient, so a common
    # factor in numerator and denominator cannot show.
    scaled = ((every - low) * _BOX / extent).astype(np.float32)
    fitted = []
    at = 0
    for stroke in strokes:
        line = scaled[at : at + len(stroke)]
        at += len(stroke)
        if len(line) > 2:  # noqa: PLR2004 (two points are a straight line)
            simple = cv2.approxPolyDP(line, _EPSILON, closed=False)[:, 0]
            # OpenCV forgets the last point of a stroke that ends exactly where it began.
            ended = simple[-1].tobytes() == line[-1].tobytes()
            line = simple if ended else np.concatenate((simple, line[-1:]))
        fitted.append(line)
    return fitted


def rasterise(strokes: Sequence[Points], *, side: int = SIDE, channels: int = CHANNELS) -> Picture:
    """Draw strokes (canvas units) as `(channels, side, side)`, uint8.

    One channel is the ink alone; two add its order. No strokes give zeros. Raises `ValueError`
    when `side` does not divide 448 or `channels` is not 1 or 2.
    """
    if _FINE % side or channels not in (1, 2):
        msg = f"cannot draw {channels} channels of side {side}"
        raise ValueError(msg)
    picture = np.zeros((channels, side, side), np.uint8)
    if not strokes:
        return picture
    fitted = fit(strokes)
    counts = [len(line) for line in fitted]
    points = np.concatenate(fitted)
    points += (256 - points.max(axis=0)) / 2 + _MARGIN
    _draw_ink(points, counts, picture[0])
    if channels == 2:  # noqa: PLR2004 (the two channels are ink and order)
        _draw_order(points, counts, picture[1])
    return picture


def rasterise_batch(
    drawings: Sequence[Sequence[Points]], *, side: int = SIDE, channels: int = CHANNELS
) -> Picture:
    """`rasterise` for many drawings: `(len(drawings), channels, side, side)`, uint8."""
    pictures = np.empty((len(drawings), channels, side, side), np.uint8)
    for row, strokes in enumerate(drawings):
        pictures[row] = rasterise(strokes, side=side, channels=channels)
    return pictures


def _fixed(points: Line, pixels: int) -> npt.NDArray[np.int32]:
    """Box units with margin to OpenCV's fixed point; pixel centres are whole numbers there."""
    scaled: Line = (points * (pixels / _TOTAL) - 0.5) * (1 << _SHIFT)
    return np.rint(scaled).astype(np.int32)


def _draw_ink(points: Line, counts: Sequence[int], out: Picture) -> None:
    """Draw finely, then average each cell of fine pixels, where there is ink alone."""
    fixed = _fixed(points, _FINE)
    lines = []
    end = 0
    for count in counts:
        start, end = end, end + count
        # OpenCV draws nothing for a line of one point; the pen put down and lifted leaves a dot.
        lines.append(fixed[start:end] if count > 1 else np.repeat(fixed[start:end], 2, axis=0))
    fine = _blank()
    cv2.polylines(fine, lines, False, 255, _FINE_PEN, cv2.LINE_AA, _SHIFT)
    cell = _FINE // len(out)
    left, top = ((fixed.min(axis=0) >> _SHIFT) - _REACH).clip(0).tolist()
    right, bottom = ((fixed.max(axis=0) >> _SHIFT) + _REACH).tolist()
    rows = slice(top // cell, min(len(out), bottom // cell + 1))
    columns = slice(left // cell, min(len(out), right // cell + 1))
    inked = fine[rows.start * cell : rows.stop * cell, columns.start * cell : columns.stop * cell]
    size = (columns.stop - columns.start, rows.stop - rows.start)
    out[rows, columns] = cv2.resize(inked, size, interpolation=cv2.INTER_AREA)
    inked.fill(0)


def _blank() -> Picture:
    """This thread's fine picture, which whoever draws on it leaves blank."""
    fine: Picture | None = getattr(_of_thread, "fine", None)
    if fine is None:
        fine = _of_thread.fine = np.zeros((_FINE, _FINE), np.uint8)
    return fine


def _draw_order(points: Line, counts: Sequence[int], out: Picture) -> None:
    """Each piece of line in the shade of its place along the whole ink, later over earlier."""
    side = out.shape[0]
    pen = max(1, round(side * 16 / _TOTAL))
    steps = points[1:] - points[:-1]
    every = np.hypot(steps[:, 0], steps[:, 1])  # and from each stroke to the next, left out below
    lengths = []
    end = 0
    for count in counts:
        start, end = end, end + count
        lengths.append(every[start : end - 1])
    # Stroke by stroke: the sums of shorter and longer lists are rounded in different orders.
    sums = [length.sum() for length in lengths]
    total = float(sum(sums)) or 1.0
    places = _fixed(points, side).tolist()
    spent = 0.0
    end = 0
    for count, length, length_sum in zip(counts, lengths, sums, strict=True):
        start, end = end, end + count
        if count > 1:
            middles = spent + np.cumsum(length) - length / 2
            shades = (64 + np.rint(191 * middles / total)).tolist()
            line = places[start:end]
        else:
            shades = [64 + round(191 * spent / total)]
            line = places[start:end] * 2
        spent += float(length_sum)
        for one, other, shade in zip(line[:-1], line[1:], shades, strict=True):
            cv2.line(out, one, other, shade, pen, cv2.LINE_8, _SHIFT)
