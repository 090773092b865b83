"""A 28x28 bitmap as the network's input, for whoever has no strokes to show.

Play, training and evaluation never come this way: there the strokes are known, and `ml.raster`
draws them. A bitmap has lost half the pixels and all of the order, so what comes out is a likeness:
enlarged, with the softness of enlarging taken back, and all of its ink from the middle of time. An
empty order channel, which no drawing has, would cost a quarter of the right answers
(`python -m tests.bench.bitmaps DIR`).
"""

from __future__ import annotations

import cv2
import numpy as np

from ml.frames import BITMAP_SIDE
from ml.raster import CHANNELS, SIDE, Picture

_STEEPER = 2.0  # an edge that was enlarged, back to about the width that the rasteriser gives it
_MIDDLE = 136.0  # of such an edge: enlarged ink is a little wider than drawn ink
_INKED = 127
_MIDWAY = 160  # between 64, the first ink, and 255, the last


def enlarge(bitmap: bytes, *, side: int = SIDE, channels: int = CHANNELS) -> Picture:
    """The picture `(channels, side, side)`, uint8, of 784 bytes of a bitmap, ink 255 on 0.

    Raises `ValueError` for another number of bytes or of channels.
    """
    if channels not in (1, 2):
        msg = f"cannot draw {channels} channels"
        raise ValueError(msg)
    small = np.frombuffer(bitmap, np.uint8).reshape(BITMAP_SIDE, BITMAP_SIDE)
    picture = np.zeros((channels, side, side), np.uint8)
    if side == BITMAP_SIDE:
        picture[0] = small
    else:
        large = cv2.resize(small, (side, side), interpolation=cv2.INTER_CUBIC)
        steep = (large.astype(np.float32) - _MIDDLE) * _STEEPER + 255 / 2
        picture[0] = np.rint(steep.clip(0, 255))
    if channels == 2:  # noqa: PLR2004 (the two channels are ink and order)
        picture[1] = np.where(picture[0] > _INKED, _MIDWAY, 0)
    return picture
