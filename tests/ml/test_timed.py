"""Raw drawings by the clock."""

from __future__ import annotations

import numpy as np

from ml import timed
from ml.data import TimedDrawing
from ml.raster import CANVAS_PER_UNIT


def drawing(*strokes: list[tuple[float, float, float]]) -> TimedDrawing:
    arrays = [np.array(stroke, float) for stroke in strokes]
    return TimedDrawing([a[:, :2] for a in arrays], [a[:, 2] for a in arrays], 0, 1)


def test_guesses_come_each_half_second_until_the_drawing_is_whole() -> None:
    assert timed.moments(drawing([(0, 0, 100), (9, 9, 1300)])).tolist() == [0.5, 1.0, 1.5]
    assert timed.moments(drawing([(0, 0, 0), (9, 9, 1000)])).tolist() == [0.5, 1.0]
    assert timed.moments(drawing([(0, 0, 5)])).tolist() == [0.5]


def test_a_prefix_fills_the_box_by_itself_and_is_simplified() -> None:
    straight = [(10 + step, 20.0, step * 10.0) for step in range(100)]
    [line] = timed.prefix_at(drawing(straight, [(500, 500, 9000)]), 0.5)
    assert line.tolist() == [[0, 0], [255 * CANVAS_PER_UNIT, 0]]


def test_corners_stay_and_wobbles_under_the_tolerance_go() -> None:
    corner = np.array([[0, 0], [50, 0.4], [100, 0], [100, 100.0]])
    [line] = timed.simplify([corner])
    assert (line // CANVAS_PER_UNIT).tolist() == [[0, 0], [255, 0], [255, 255]]


def test_a_closed_stroke_and_a_dot_are_kept() -> None:
    ring = np.array([[0, 0], [100, 0], [100, 100], [0, 100], [0, 0.0]])
    closed, dot = timed.simplify([ring, np.array([[50.0, 50.0]])])
    assert closed[0].tolist() == closed[-1].tolist() == [0, 0]
    assert len(closed) == 5
    assert len(dot) == 1
