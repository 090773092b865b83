"""The definitions behind every figure."""

from __future__ import annotations

import numpy as np
import pytest

from ml import metrics


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
    labels = np.array([0] * 8 + [1] * 2)
    honest = np.tile([0.8, 0.2], (10, 1))
    boastful = np.tile([0.99, 0.01], (10, 1))
    assert metrics.calibration_error(honest, labels) == pytest.approx(0)
    assert metrics.calibration_error(boastful, labels) == pytest.approx(0.19)


def test_the_temperature_that_was_put_in_is_found() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (4000, 6))
    shares = metrics.softmax(logits)
    labels = np.array([rng.choice(6, p=row) for row in shares])
    assert metrics.fit_temperature(logits * 1.7, labels) == pytest.approx(1.7, rel=0.06)


def test_cross_entropy_of_an_even_guess_is_the_log_of_the_choices() -> None:
    assert metrics.cross_entropy(np.zeros((2, 8)), np.array([1, 7])) == pytest.approx(np.log(8))
