"""Bitmaps as the network's input."""

from __future__ import annotations

import numpy as np
import pytest

from ml.enlarging import enlarge
from ml.frames import bitmap_in, pack_bitmap
from ml.raster import rasterise
from tests.support.sketches import SKETCHES, in_canvas_units


def test_an_enlarged_bitmap_is_a_likeness_of_the_same_drawing() -> None:
    for name, sketch in SKETCHES.items():
        strokes = [np.array(stroke) for stroke in in_canvas_units(sketch)]
        drawn = rasterise(strokes)
        bitmap = rasterise(strokes, side=28, channels=1).tobytes()
        likeness = enlarge(bitmap)
        assert likeness.shape == drawn.shape
        off = np.abs(likeness[0].astype(int) - drawn[0].astype(int))
        assert off.mean() < 6, name  # of 255; its ink is a sixth of them
        inked = likeness[0] > 127
        assert set(np.unique(likeness[1][inked])) == {160}
        assert not likeness[1][~inked].any()


def test_a_network_of_the_same_size_gets_the_bitmap_itself() -> None:
    bitmap = bytes(range(256)) * 3 + bytes(16)
    picture = enlarge(bitmap, side=28, channels=1)
    assert picture.shape == (1, 28, 28)
    assert picture.tobytes() == bitmap


def test_a_blank_bitmap_stays_blank() -> None:
    assert not enlarge(bytes(784)).any()


def test_what_is_no_bitmap_is_refused() -> None:
    with pytest.raises(ValueError, match="784 pixels, not 3"):
        pack_bitmap(b"abc")
    with pytest.raises(ValueError, match="reshape"):
        enlarge(b"abc")
    with pytest.raises(ValueError, match="3 channels"):
        enlarge(bytes(784), channels=3)


def test_ink_is_never_taken_for_a_bitmap() -> None:
    assert bitmap_in(pack_bitmap(b"\1" * 784)) == b"\1" * 784
    assert bitmap_in(b"\1\0" + b"\0" * 784) is None
    assert bitmap_in(b"\0\0") is None
    assert bitmap_in(b"") is None
