"""``python -m ml.seeing``: the picture of ``ml/docs/seeing.md``, drawn by the rasteriser itself.

One drawing, made up here, at some fractions of its ink: as it stands on its sheet, and the two
channels that the network gets. A test draws it again and compares.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from ml.prefix import cut_ink
from ml.raster import CANVAS_MAX, CANVAS_PER_UNIT, Points, rasterise

PICTURE: Final = Path(__file__).parent / "docs" / "seeing.png"
INK: Final = (0.1, 0.25, 0.5, 0.75, 1.0)
_PANEL: Final = 168  # pixels of a side: three for one of the network's
_GAP: Final = 12
_PAPER: Final = 255
_PEN: Final = 3
# A house in a corner of its sheet, in units of 255: walls, roof, door, window, smoke.
_HOUSE: Final = (
    ((40, 120), (40, 215), (150, 215), (150, 120), (40, 120)),
    ((28, 128), (95, 62), (162, 128)),
    ((84, 215), (84, 165), (110, 165), (110, 215)),
    ((120, 140), (138, 140), (138, 158), (120, 158), (120, 140)),
    ((128, 92), (128, 66), (142, 66), (142, 106)),
    ((135, 58), (128, 48), (142, 38), (132, 26), (146, 14)),
)


def drawing() -> list[Points]:
    """The strokes, in canvas units."""
    return [np.array(stroke) * CANVAS_PER_UNIT for stroke in _HOUSE]


def picture() -> npt.NDArray[np.uint8]:
    """Grey pixels: a column for each of ``INK``; below the sheet the ink, below it its order."""
    columns = []
    for fraction in INK:
        strokes = cut_ink(drawing(), fraction)
        panels = [_sheet(strokes), *(_enlarged(channel) for channel in rasterise(strokes))]
        columns.append(np.vstack([each for panel in panels for each in (panel, _gap(panel, 0))]))
    rows = [each for column in columns for each in (column, _gap(column, 1))]
    whole: npt.NDArray[np.uint8] = np.hstack(rows)[:-_GAP, :-_GAP]
    return whole


def _sheet(strokes: list[Points]) -> npt.NDArray[np.uint8]:
    panel = np.full((_PANEL, _PANEL), 238, np.uint8)
    for stroke in strokes:
        points = np.rint(stroke * (_PANEL / CANVAS_MAX)).astype(np.int32)
        cv2.polylines(panel, [points], isClosed=False, color=(0,), thickness=_PEN)
    return panel


def _enlarged(channel: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    times = _PANEL // len(channel)
    enlarged: npt.NDArray[np.uint8] = channel.repeat(times, axis=0).repeat(times, axis=1)
    return enlarged


def _gap(beside: npt.NDArray[np.uint8], axis: int) -> npt.NDArray[np.uint8]:
    shape = (_GAP, beside.shape[1]) if axis == 0 else (beside.shape[0], _GAP)
    return np.full(shape, _PAPER, np.uint8)


def main() -> int:
    """Write the picture; returns the exit status."""
    PICTURE.parent.mkdir(exist_ok=True)
    return 0 if cv2.imwrite(str(PICTURE), picture(), [cv2.IMWRITE_PNG_COMPRESSION, 9]) else 1


if __name__ == "__main__":
    sys.exit(main())
