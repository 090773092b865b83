"""Cutting drawings by ink and by time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.prefix import cut_ink, cut_time, ink_length
from tests.ml.shapes import Strokes

coordinate = st.integers(0, 65535)
drawings = st.lists(
    st.lists(st.tuples(coordinate, coordinate), min_size=1, max_size=9).map(np.array),
    min_size=1,
    max_size=5,
)


@given(strokes=drawings, fraction=st.floats(0, 1))
def test_a_cut_keeps_its_share_of_the_ink(strokes: Strokes, fraction: float) -> None:
    """To within the rounding of one end point to whole canvas units."""
    total = ink_length(strokes)
    if total:
        assert ink_length(cut_ink(strokes, fraction)) == pytest.approx(fraction * total, abs=1.5)


@given(strokes=drawings, fraction=st.floats(0, 1))
def test_a_cut_is_a_beginning_of_the_drawing(strokes: Strokes, fraction: float) -> None:
    cut = cut_ink(strokes, fraction)
    assert 1 <= len(cut) <= len(strokes)
    for kept, stroke in zip(cut[:-1], strokes, strict=False):
        assert (kept == stroke).all()
    last, stroke = cut[-1], strokes[len(cut) - 1]
    assert (last[:-1] == stroke[: len(last) - 1]).all()
    assert np.issubdtype(last.dtype, np.integer)


@given(strokes=drawings)
def test_all_of_the_ink_is_the_drawing_itself(strokes: Strokes) -> None:
    assert all((a == b).all() for a, b in zip(cut_ink(strokes, 1.0), strokes, strict=True))


def test_the_cut_is_inside_a_stroke_and_pen_up_moves_are_free() -> None:
    first, second = np.array([[0, 0], [100, 0]]), np.array([[5000, 0], [5000, 100]])
    cut = cut_ink([first, second], 0.75)
    assert [stroke.tolist() for stroke in cut] == [[[0, 0], [100, 0]], [[5000, 0], [5000, 50]]]


def test_a_stroke_that_begins_where_the_ink_is_spent_does_not_exist() -> None:
    first, second = np.array([[0, 0], [100, 0]]), np.array([[0, 9], [100, 9]])
    assert len(cut_ink([first, second], 0.5)) == 1


def test_dots_stay_whole_at_any_fraction() -> None:
    dots = [np.array([[5, 5]]), np.array([[90, 5], [90, 5]])]
    assert len(cut_ink(dots, 0.1)) == 2


def test_time_keeps_the_points_drawn_so_far_from_the_first_one() -> None:
    strokes = [np.array([[0, 0], [1, 1], [2, 2]]), np.array([[9, 9]])]
    times = [np.array([500.0, 1500.0, 1501.0]), np.array([4000.0])]
    assert [s.tolist() for s in cut_time(strokes, times, 1)] == [[[0, 0], [1, 1]]]
    assert len(cut_time(strokes, times, 3.5)) == 2
