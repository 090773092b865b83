"""The definitions behind every figure."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml import metrics

GUESSES = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=60)
LABELS = st.lists(st.integers(0, 4), min_size=7, max_size=7)


def test_equal_outputs_go_to_the_lower_index() -> None:
    outputs = np.array([[0.5, 0.5, 0.1], [0.5, 0.5, 0.1], [0.0, 0.0, 0.0]])
    assert metrics.ranks(outputs, np.array([0, 1, 2])).tolist() == [0, 1, 2]


def test_every_category_weighs_the_same_however_many_drawings_it_has() -> None:
    labels = np.array([0] * 9 + [2])
    hits = np.array([True] * 9 + [False])
    assert metrics.balanced(hits, labels) == pytest.approx(50)


def test_top_k_counts_the_k_largest() -> None:
    outputs = np.tile(np.arange(6.0), (3, 1))
    labels = np.array([5, 3, 1])
    figures = metrics.top_k(outputs, labels)
    assert figures == pytest.approx({"top1": 100 / 3, "top3": 200 / 3, "top5": 100})


def test_a_network_that_knows_how_sure_it_is_has_no_calibration_error() -> None:
    """Right 8 times of 10 at a share of 0.8; claiming 0.99 instead costs the difference."""
    right = np.array([True] * 8 + [False] * 2)
    assert metrics.calibration_error(np.full(10, 0.8), right) == pytest.approx(0)
    assert metrics.calibration_error(np.full(10, 0.99), right) == pytest.approx(0.19)


@given(GUESSES, st.integers(1, 30))
def test_calibration_errors_are_shares_and_count_every_guess_once(
    guesses: list[tuple[float, bool]], bins: int
) -> None:
    """And one bin alone cannot see errors that several can."""
    confidence = np.array([sure for sure, _ in guesses])
    right = np.array([hit for _, hit in guesses], bool)
    rows = metrics.reliability(confidence, right, bins)
    error = metrics.calibration_error(confidence, right, bins)
    assert rows.shape == (bins, 3)
    assert rows[:, 0].sum() == len(guesses)
    assert (rows[:, 0] * rows[:, 2]).sum() == pytest.approx(right.sum())
    assert ((rows[:, 1:] >= 0) & (rows[:, 1:] <= 1 + 1e-12)).all()
    assert 0 <= error <= 1 + 1e-12
    assert metrics.calibration_error(confidence, right, 1) <= error + 1e-9


def test_every_guess_falls_into_the_bin_of_its_confidence() -> None:
    rows = metrics.reliability(np.array([0.0, 0.49, 0.5, 1.0]), np.array([False, True] * 2), 2)
    assert rows.tolist() == [[2, 0.245, 0.5], [2, 0.75, 0.5]]


@given(arrays(np.float32, (7, 5), elements=st.floats(-4, 4, width=32)), LABELS)
def test_a_wider_net_catches_no_less(outputs: metrics.Floats, labels: list[int]) -> None:
    figures = metrics.top_k(outputs, np.array(labels))
    assert 0 <= figures["top1"] <= figures["top3"] <= figures["top5"]
    assert figures["top5"] == pytest.approx(100)


def test_the_sampling_error_is_the_one_the_definitions_quote() -> None:
    """12,920 drawings, 74 % right: ± 0.8; no drawings tell nothing."""
    assert metrics.sampling_error(74.1, 12_920) == pytest.approx(0.8, abs=0.05)
    assert metrics.sampling_error(50, 0) == 100


def test_the_temperature_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 6))
    shares = metrics.softmax(logits)
    labels = np.array([rng.choice(6, p=row) for row in shares])
    assert metrics.fit_temperature(logits * 1.7, labels) == pytest.approx(1.7, rel=0.06)


def test_the_surprise_of_an_even_guess_is_the_log_of_the_choices() -> None:
    assert metrics.surprise(np.zeros((2, 8)), np.array([1, 7])) == pytest.approx(np.log(8))
