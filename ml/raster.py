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
from itertools import accumulate, islice
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from game.ink import unpack

Points = npt.NDArray[np.integer]
Line = npt.NDArray[np.float32]
Picture = npt.NDArray[np.uint8]
Strokes = Sequence[tuple[int, int]]
"""Of one drawing: where each begins and ends in an array of points."""

RASTER_VERSION = 2
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

_FINE = 672
# Pixels of the fine picture: 24 x 28. OpenCV's hard-edged line is a pixel or two wider than asked
# for; 34 is the width whose ink is within 2 % of the nominal 16 / 304 x 672 = 35.4. With edges this
# fine a soft one gains nothing, and costs three times as much to draw.
_FINE_PEN = 34
_REACH = 20  # fine pixels around a point that its ink can touch: half of 34, spare
_SHIFT = 8  # fractional bits of OpenCV's fixed-point coordinates

_TOGETHER = 64  # drawings at once: what is known of all of them should stay in the cache

_of_thread = threading.local()
_POINT = np.dtype([("at", "<u2", 2), ("dt", "<u2")])  # the layout of `game.ink.POINT`


def strokes_from_ink(packed: bytes) -> list[npt.NDArray[np.int64]]:
    """Read ink in its packed form (`game.ink.pack`): one `(n, 2)` array of canvas units a stroke.

    Times are left out. Raises `ValueError` on malformed bytes.
    """
    strokes = unpack(packed).strokes
    return [np.frombuffer(stroke, _POINT)["at"].astype(np.int64) for stroke in strokes]


def fit(strokes: Sequence[Points]) -> list[Line]:
    """Fit strokes to the box: minimum at 0, longer side 255, then simplify.

    `strokes` are `(n, 2)` canvas units with n >= 1; the result is in box units, float32.
    """
    every = np.concatenate(strokes).astype(np.int64)
    points, counts = _fit(every, [len(stroke) for stroke in strokes], [len(strokes)])
    return np.split(points, np.cumsum(counts[:-1]))


def rasterise(strokes: Sequence[Points], *, side: int = SIDE, channels: int = CHANNELS) -> Picture:
    """Draw strokes (canvas units) as `(channels, side, side)`, uint8.

    One channel is the ink alone; two add its order. No strokes give zeros. Raises `ValueError`
    when `side` does not divide 672 or `channels` is not 1 or 2.
    """
    picture: Picture = rasterise_batch([strokes], side=side, channels=channels)[0]
    return picture


def rasterise_batch(
    drawings: Sequence[Sequence[Points]], *, side: int = SIDE, channels: int = CHANNELS
) -> Picture:
    """`rasterise` for many drawings: `(len(drawings), channels, side, side)`, uint8."""
    pictures = _blank_pictures(len(drawings), side, channels)
    for start in range(0, len(drawings), _TOGETHER):
        some = drawings[start : start + _TOGETHER]
        strokes = [stroke for drawing in some for stroke in drawing]
        if strokes:
            every = np.concatenate(strokes).astype(np.int64)
            _draw(every, [len(stroke) for stroke in strokes], some, pictures[start:])
    return pictures


def rasterise_inks(inks: Sequence[bytes], *, side: int = SIDE, channels: int = CHANNELS) -> Picture:
    """`rasterise_batch` for drawings in their packed form (`game.ink.pack`).

    Raises `ValueError` when any of them is malformed.
    """
    pictures = _blank_pictures(len(inks), side, channels)
    for start in range(0, len(inks), _TOGETHER):
        some = [unpack(ink).strokes for ink in inks[start : start + _TOGETHER]]
        strokes = [stroke for drawing in some for stroke in drawing]
        if strokes:
            every = np.frombuffer(b"".join(strokes), _POINT)["at"].astype(np.int64)
            counts = [len(stroke) // _POINT.itemsize for stroke in strokes]
            _draw(every, counts, some, pictures[start:])
    return pictures


def _blank_pictures(count: int, side: int, channels: int) -> Picture:
    if _FINE % side or channels not in (1, 2):
        msg = f"cannot draw {channels} channels of side {side}"
        raise ValueError(msg)
    return np.zeros((count, channels, side, side), np.uint8)


# What NumPy does, it does to the points of all drawings in one call: on the dozen or two points of
# one drawing the call takes several times as long as the work. The points follow each other in one
# array; `counts` are the points of each stroke, `sizes` the strokes of each drawing.


def _draw(
    every: npt.NDArray[np.int64],
    counts: Sequence[int],
    drawings: Sequence[Sequence[object]],
    out: Picture,
) -> None:
    """Draw `drawings` as the first of `out`, which is blank; `every` holds all their points.

    A drawing is as long as it has strokes; at least one has any.
    """
    inked = [place for place, drawing in enumerate(drawings) if len(drawing)]
    sizes = [len(drawings[place]) for place in inked]
    points, counts = _fit(every, counts, sizes)
    fitted = _split(counts, sizes)
    starts = [strokes[0][0] for strokes in fitted]
    across = [strokes[-1][1] - strokes[0][0] for strokes in fitted]
    points += np.repeat((256 - np.maximum.reduceat(points, starts)) / 2 + _MARGIN, across, axis=0)
    _draw_ink(points, fitted, [out[place, 0] for place in inked])
    if out.shape[1] == 2:  # noqa: PLR2004 (the two channels are ink and order)
        _draw_order(points, fitted, [out[place, 1] for place in inked])


def _split(counts: Sequence[int], sizes: Sequence[int]) -> list[Strokes]:
    """Where the strokes of each drawing lie among the points."""
    strokes = zip(_starts(counts), accumulate(counts), strict=True)
    return [list(islice(strokes, size)) for size in sizes]


def _starts(lengths: Sequence[int]) -> list[int]:
    return list(accumulate(lengths[:-1], initial=0))


def _fit(
    every: npt.NDArray[np.int64], counts: Sequence[int], sizes: Sequence[int]
) -> tuple[Line, list[int]]:
    """`fit` for drawings of so many strokes each: points and counts of what is left of them."""
    ends = np.cumsum(counts)
    of_drawing = np.add.reduceat(counts, _starts(sizes))
    starts = _starts(of_drawing.tolist())
    low = np.minimum.reduceat(every, starts)
    extent = (np.maximum.reduceat(every, starts) - low).max(axis=1).clip(_MIN_EXTENT)
    every -= np.repeat(low, of_drawing, axis=0)
    # Whole numbers below 2^53 divided once: IEEE 754 rounds the exact quotient, so a common
    # factor in numerator and denominator cannot show.
    scaled = (every * _BOX / np.repeat(extent, of_drawing)[:, None]).astype(np.float32)
    scaled = scaled[:, None]  # as OpenCV gives and takes them
    lines = []
    at = 0
    for count in counts:
        line = scaled[at : at + count]
        at += count
        if count > 2:  # noqa: PLR2004 (two points are a straight line)
            line = cv2.approxPolyDP(line, _EPSILON, closed=False)
        lines.append(line)
    last = np.concatenate([line[-1] for line in lines])
    # OpenCV forgets the last point of a stroke that ends exactly where it began.
    for stroke in np.flatnonzero((last != scaled[ends - 1, 0]).any(axis=1)).tolist():
        end = ends[stroke]
        lines[stroke] = np.concatenate((lines[stroke], scaled[end - 1 : end]))
    return np.concatenate(lines)[:, 0], [len(line) for line in lines]


def _fixed(points: Line, pixels: int) -> npt.NDArray[np.int32]:
    """Box units with margin to OpenCV's fixed point; pixel centres are whole numbers there."""
    scaled: Line = (points * (pixels / _TOTAL) - 0.5) * (1 << _SHIFT)
    return np.rint(scaled).astype(np.int32)


def _draw_ink(points: Line, drawings: Sequence[Strokes], out: Sequence[Picture]) -> None:
    """Draw finely, then average each cell of fine pixels, where there is ink alone."""
    fixed = _fixed(points, _FINE)
    starts = [strokes[0][0] for strokes in drawings]
    side = len(out[0])
    cell = _FINE // side
    first = ((np.minimum.reduceat(fixed, starts) >> _SHIFT) - _REACH).clip(0) // cell
    last = ((np.maximum.reduceat(fixed, starts) >> _SHIFT) + _REACH) // cell
    boxes = np.hstack((first, (last + 1).clip(max=side))).tolist()
    fine = _blank()
    for strokes, (left, top, right, bottom), picture in zip(drawings, boxes, out, strict=True):
        # OpenCV draws nothing for a line of one point; the pen put down and lifted leaves a dot.
        lines = [
            fixed[start:end] if end - start > 1 else fixed[[start, start]] for start, end in strokes
        ]
        cv2.polylines(fine, lines, False, 255, _FINE_PEN, cv2.LINE_8, _SHIFT)
        inked = fine[top * cell : bottom * cell, left * cell : right * cell]
        picture[top:bottom, left:right] = _averaged(inked, right - left, bottom - top)
        inked.fill(0)


def _averaged(fine: Any, width: int, height: int) -> Any:
    """The mean of each cell, in halvings as far as they go: OpenCV has a quick way for those."""
    while fine.shape[0] % (2 * height) == 0:
        half = (fine.shape[1] // 2, fine.shape[0] // 2)
        fine = cv2.resize(fine, half, interpolation=cv2.INTER_AREA)
    return cv2.resize(fine, (width, height), interpolation=cv2.INTER_AREA)


def _blank() -> Picture:
    """This thread's fine picture, which whoever draws on it leaves blank."""
    fine: Picture | None = getattr(_of_thread, "fine", None)
    if fine is None:
        fine = _of_thread.fine = np.zeros((_FINE, _FINE), np.uint8)
    return fine


def _draw_order(points: Line, drawings: Sequence[Strokes], out: Sequence[Picture]) -> None:
    """Each piece of line in the shade of its place along the whole ink, later over earlier."""
    side = len(out[0])
    pen = max(1, round(side * 16 / _TOTAL))
    steps = points[1:] - points[:-1]
    lengths = np.hypot(steps[:, 0], steps[:, 1])  # and from each stroke to the next, not looked at
    middles = np.zeros(len(points), np.float32)
    before: list[float] = []  # the ink up to each stroke
    totals: list[float] = []  # and all of it, of each drawing
    for strokes in drawings:
        spent, total = 0.0, np.float32(0)
        for start, end in strokes:
            stroke = lengths[start : end - 1]
            np.add.accumulate(stroke, out=middles[start : end - 1])
            # Not the last of those: sums and running sums are rounded in different orders.
            length = np.add.reduce(stroke)
            before.append(spent)
            spent += float(length)
            total += length
        totals.append(float(total) or 1.0)
    counts = [end - start for strokes in drawings for start, end in strokes]
    across = [strokes[-1][1] - strokes[0][0] for strokes in drawings]
    middles += np.repeat(np.array(before, np.float32), counts)
    middles[:-1] -= lengths / 2
    middles *= 191
    middles /= np.repeat(np.array(totals, np.float32), across)
    shades = (64 + np.rint(middles)).tolist()
    places = _fixed(points, side).tolist()
    inked = iter(before)
    for strokes, total_length, picture in zip(drawings, totals, out, strict=True):
        for start, end in strokes:
            spent = next(inked)
            if end - start == 1:
                dot = places[start]
                shade = 64 + round(191 * spent / total_length)
                cv2.line(picture, dot, dot, shade, pen, cv2.LINE_8, _SHIFT)
            for at in range(start, end - 1):
                one, other = places[at], places[at + 1]
                cv2.line(picture, one, other, shades[at], pen, cv2.LINE_8, _SHIFT)
