"""Augmentation: another drawing of the same thing, still on the canvas."""

from __future__ import annotations

import numpy as np
import pytest

from ml.augment import augment
from ml.raster import CANVAS_MAX, rasterise
from tests.ml.shapes import SHAPES, shape


@pytest.mark.parametrize("name", SHAPES)
def test_strokes_and_points_stay_in_number_and_on_the_canvas(name: str) -> None:
    rng = np.random.default_rng(1)
    drawing = shape(name, rng)
    for _ in range(20):
        changed = augment(drawing, rng)
        assert [len(stroke) for stroke in changed] == [len(stroke) for stroke in drawing]
        points = np.concatenate(changed)
        assert points.dtype == np.int64
        assert 0 <= points.min() <= points.max() <= CANVAS_MAX


def test_the_same_seed_makes_the_same_drawing_and_another_seed_another() -> None:
    drawing = shape("house", np.random.default_rng(0))
    first, again, other = (
        rasterise(augment(drawing, np.random.default_rng(seed))) for seed in (5, 5, 6)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_a_dot_survives() -> None:
    [stroke] = augment([np.array([[100, 100]])], np.random.default_rng(0))
    assert stroke.shape == (1, 2)


@pytest.mark.parametrize(("bends", "least", "most"), [(True, 0.01, 0.1), (False, 0, 0.01)])
def test_lines_bend_so_that_proportions_differ_and_not_only_the_frame(
    bends: bool, least: float, most: float
) -> None:
    """Nine points of a straight line do not stay straight, and do not jump either."""
    line = np.stack([np.linspace(0, CANVAS_MAX, 9), np.full(9, 30_000.0)], axis=1).astype(np.int64)
    bows = []
    for seed in range(40):
        [changed] = augment([line], np.random.default_rng(seed), bends=bends)
        chord = changed[-1] - changed[0]
        arms = changed - changed[0]
        away = np.abs(chord[0] * arms[:, 1] - chord[1] * arms[:, 0]) / np.hypot(*chord) ** 2
        bows.append(away.max())
    assert least < np.median(bows) < most
