"""The rasteriser: exact to Google's recipe, and the same for everybody."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from game.ink import Ink, pack, stroke_of
from ml import raster
from ml.prefix import cut_ink
from ml.raster import (
    CANVAS_MAX,
    CANVAS_PER_UNIT,
    CHANNELS,
    RASTER_VERSION,
    SIDE,
    fit,
    rasterise,
    rasterise_batch,
    rasterise_inks,
    strokes_from_ink,
)
from tests.ml.cairo_pictures import pictures
from tests.ml.shapes import Strokes, shape

unit = st.integers(0, 255)
drawings = st.lists(
    st.lists(st.tuples(unit, unit), min_size=1, max_size=12).map(np.array), min_size=1, max_size=5
)


def packed(strokes: Strokes) -> bytes:
    return pack(Ink(tuple(stroke_of((int(x), int(y), 8) for x, y in line) for line in strokes)))


def in_canvas_units(strokes: Strokes) -> Strokes:
    return [stroke * CANVAS_PER_UNIT for stroke in strokes]


def test_pictures_are_those_of_cairo_by_googles_recipe() -> None:
    """Mean difference under 1/255, the ink within 2 %."""
    ours, theirs = [], []
    for strokes, expected in pictures().values():
        ours.append(rasterise(in_canvas_units(strokes), side=28, channels=1)[0].astype(int))
        theirs.append(expected.astype(int))
    assert np.abs(np.array(ours) - np.array(theirs)).mean() < 1
    assert np.sum(ours) == pytest.approx(np.sum(theirs), rel=0.02)


@given(strokes=drawings, factor=st.integers(5, 257), x=st.integers(0, 20), y=st.integers(0, 20))
def test_size_and_place_on_the_canvas_cannot_change_a_bit(
    strokes: Strokes, factor: int, x: int, y: int
) -> None:
    """Whole-number scaling and shifting, as long as the drawing is no mere tap."""
    extent = int(np.ptp(np.concatenate(strokes), axis=0).max())
    if extent * factor < 1024:
        return
    moved = [stroke * factor + (x, y) for stroke in strokes]
    expected = rasterise(in_canvas_units(strokes))
    if extent * CANVAS_PER_UNIT >= 1024:
        assert rasterise(moved).tobytes() == expected.tobytes()


@given(strokes=drawings)
def test_ink_from_the_socket_gives_the_tensor_of_training(strokes: Strokes) -> None:
    """Invariant 2: the packed road and the training road meet in the same bytes."""
    trained = in_canvas_units(strokes)
    played = strokes_from_ink(packed(trained))
    assert [stroke.tolist() for stroke in played] == [stroke.tolist() for stroke in trained]
    assert rasterise(played).tobytes() == rasterise(trained).tobytes()


@given(strokes=drawings)
def test_any_ink_gives_a_picture_that_keeps_off_the_border(strokes: Strokes) -> None:
    ink = rasterise(in_canvas_units(strokes), side=28)[0]
    assert ink.any()
    border = np.concatenate((ink[0], ink[-1], ink[:, 0], ink[:, -1]))
    assert not border.any()


def test_many_drawings_at_once_are_the_same_as_one_by_one(many_drawings: list[Strokes]) -> None:
    batch = rasterise_batch(many_drawings[:40])
    assert batch.shape == (40, CHANNELS, SIDE, SIDE)
    assert all((row == rasterise(d)).all() for row, d in zip(batch, many_drawings, strict=False))


@given(many=st.lists(st.one_of(drawings, st.just([])), min_size=60, max_size=70))
@settings(max_examples=20)
def test_any_drawings_at_once_are_the_same_as_one_by_one(many: list[Strokes]) -> None:
    """Blank ones among them, and more than are worked on together."""
    inked = [in_canvas_units(strokes) for strokes in many]
    alone = b"".join(rasterise(strokes).tobytes() for strokes in inked)
    assert rasterise_batch(inked).tobytes() == alone
    assert rasterise_inks([packed(strokes) for strokes in inked]).tobytes() == alone


def test_simplifying_a_simplified_drawing_changes_next_to_nothing(
    many_drawings: list[Strokes],
) -> None:
    once = [[np.rint(line * CANVAS_PER_UNIT) for line in fit(drawing)] for drawing in many_drawings]
    twice = [fit([line.astype(np.int64) for line in drawing]) for drawing in once]
    before = sum(len(line) for drawing in once for line in drawing)
    after = sum(len(line) for drawing in twice for line in drawing)
    assert after > 0.95 * before


def test_live_ink_looks_like_its_simplified_copy() -> None:
    """Hundreds of samples along a line with a pixel of noise draw what its corners draw."""
    rng = np.random.default_rng(0)
    corners = shape("zigzag", rng)[0]
    steps = np.linspace(0, len(corners) - 1, 400)
    live = np.stack([np.interp(steps, range(len(corners)), corners[:, a]) for a in (0, 1)], axis=1)
    live = np.rint(live + rng.normal(0, 60, live.shape)).clip(0, CANVAS_MAX).astype(np.int64)
    difference = np.abs(rasterise([live])[0].astype(int) - rasterise([corners])[0])
    assert difference.mean() < 3
    assert len(fit([live])[0]) < 2 * len(corners)


def test_a_stroke_that_ends_where_it_began_is_closed() -> None:
    square = np.array([[0, 0], [60000, 0], [60000, 60000], [0, 60000], [0, 0]])
    assert fit([square])[0].tolist()[-1] == [0.0, 0.0]


def test_the_line_is_as_wide_in_a_prefix_as_in_the_whole_drawing() -> None:
    """The pen does not grow with the ink: the middle column of a bar holds the same ink."""
    short = rasterise([np.array([[0, 0], [9000, 0]])])[0]
    whole = rasterise([np.array([[0, 0], [60000, 0]])])[0]
    assert short[:, SIDE // 2].sum() == whole[:, SIDE // 2].sum()


def test_a_tap_that_wobbles_stays_a_dot() -> None:
    tap = np.array([[30000, 30000], [30020, 30005], [30010, 30015]])
    dot = rasterise([tap[:1]])[0]
    assert rasterise([tap])[0].astype(int).sum() < 2 * dot.astype(int).sum()
    assert dot[SIDE // 2 - 1 : SIDE // 2 + 1, SIDE // 2 - 1 : SIDE // 2 + 1].min() == 255


def test_the_second_channel_tells_the_order() -> None:
    """Backwards, the same lines have the same ink and swapped shades."""
    first, second = np.array([[0, 0], [60000, 0]]), np.array([[0, 60000], [60000, 60000]])
    forth, back = rasterise([first, second]), rasterise([second, first])
    assert (forth[0] == back[0]).all()
    top, bottom = forth[1, : SIDE // 2].max(), forth[1, SIDE // 2 :].max()
    assert 64 <= top < bottom <= 255
    assert (back[1, : SIDE // 2].max(), back[1, SIDE // 2 :].max()) == (bottom, top)


def test_no_ink_is_an_empty_picture() -> None:
    assert strokes_from_ink(b"") == []
    assert not rasterise([]).any()


@pytest.mark.parametrize(
    "ink", [b"\x01", b"\x00\x00", b"\x02\x00" + bytes(6), b"\x01\x00" + bytes(7)]
)
def test_malformed_ink_is_refused(ink: bytes) -> None:
    with pytest.raises(ValueError, match="packed ink"):
        strokes_from_ink(ink)


@pytest.mark.parametrize(("side", "channels"), [(30, 1), (56, 3)])
def test_a_picture_it_cannot_draw_is_refused(side: int, channels: int) -> None:
    with pytest.raises(ValueError, match="cannot draw"):
        rasterise([np.array([[0, 0]])], side=side, channels=channels)


def test_rasterising_needs_no_torch_and_the_package_alone_nothing_at_all() -> None:
    check = (
        "import sys, ml; assert not {'torch', 'cv2', 'numpy'} & set(sys.modules);"
        "import ml.raster; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", check], check=True)


def test_the_pictures_are_those_of_version_2(many_drawings: list[Strokes]) -> None:
    """Whoever changes one bit of them raises RASTER_VERSION, and trains again."""
    assert RASTER_VERSION == 2
    pictures = rasterise_batch([*many_drawings, *(cut_ink(d, 0.4) for d in many_drawings)])
    assert hashlib.sha256(pictures.tobytes()).hexdigest()[:16] == "48441b66c28635f6"


@given(strokes=drawings, side=st.sampled_from([8, 28, 56, 84, 112, 672]))
def test_no_drawing_leaves_anything_for_the_next(strokes: Strokes, side: int) -> None:
    """Pictures share one fine canvas, and only the inked part of it is averaged and wiped."""
    rasterise(in_canvas_units(strokes), side=side)
    assert not raster._blank().any()


def test_only_the_inked_part_is_averaged_and_nothing_is_missed() -> None:
    """The same ink as a mean over the whole fine picture."""
    for points in ([[0, 0]], [[0, 0], [60000, 0]], [[0, 0], [0, 60000]], [[0, 0], [60000, 60000]]):
        line = np.array(points)
        fine = rasterise([line], side=672, channels=1)[0]
        whole = cv2.resize(fine, (56, 56), interpolation=cv2.INTER_AREA)
        # Averaging in several steps rounds several times.
        assert np.abs(rasterise([line])[0].astype(int) - whole).max() <= 1


def test_threads_draw_as_if_alone(many_drawings: list[Strokes]) -> None:
    alone = [rasterise(drawing).tobytes() for drawing in many_drawings]
    with ThreadPoolExecutor(4) as threads:
        together = [each.tobytes() for each in threads.map(rasterise, many_drawings)]
    assert together == alone
