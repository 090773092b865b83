"""Pictures made of halves of two drawings."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ml.grafting import graft


@given(st.integers(0, 2**32), st.integers(0, 12), st.floats(0, 1))
def test_only_finished_pictures_give_and_take(seed: int, count: int, share: float) -> None:
    """Every pixel is the picture's own or that of one other finished one, in all channels alike."""
    rng = np.random.default_rng(seed)
    before = np.empty((count, 2, 8, 8), np.uint8)
    before[:] = np.arange(1, count + 1)[:, None, None, None]
    before[:, 1] += 100
    whole = rng.random(count) < 0.5
    after = before.copy()
    took = graft(after, whole, share, rng)
    assert not took[~whole].any()
    assert (after[~took] == before[~took]).all()
    assert (after[:, 1] == after[:, 0] + 100).all()
    for place in np.flatnonzero(took):
        others = set(np.unique(after[place, 0]).tolist()) - {place + 1}
        assert len(others) <= 1
        assert all(whole[other - 1] for other in others)


def test_as_many_are_grafted_as_asked_and_halves_are_halves() -> None:
    rng = np.random.default_rng(0)
    pictures = np.zeros((4000, 1, 16, 16), np.uint8)
    pictures[2000:] = 1
    whole = np.ones(4000, np.bool_)
    took = graft(pictures, whole, 0.25, rng)
    assert abs(took.mean() - 0.25) < 0.03
    mixed = took & (pictures.max(axis=(1, 2, 3)) > pictures.min(axis=(1, 2, 3)))
    assert abs(mixed.sum() / took.sum() - 0.5) < 0.05, "half of the givers are of the other kind"
    shares = pictures[:2000][mixed[:2000]].mean(axis=(1, 2, 3))
    assert 0.2 < shares.min() < shares.mean() < shares.max() < 0.8


def test_a_lone_finished_picture_stays_whole() -> None:
    pictures = np.ones((2, 1, 8, 8), np.uint8)
    took = graft(pictures, np.array([True, False]), 1.0, np.random.default_rng(0))
    assert not took.any()
