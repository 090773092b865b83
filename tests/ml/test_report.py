"""Figures by ink, on networks whose answers are known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import report
from ml.data import Drawings
from ml.evaluate import read_for
from ml.report import Answers
from tests.ml.shapes import SHAPES

NAMES = ("cat", "dog", "bird", "fish")
PAIRS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


class Oracle:
    """Says line, whatever it is shown."""

    labels = tuple(SHAPES)
    channels = 1
    temperature = 1.0

    def __init__(self, side: int = 28) -> None:
        self.side = side
        self.shapes: list[tuple[int, ...]] = []

    def logits(self, pictures: Any) -> Any:
        self.shapes.append(pictures.shape[1:])
        answer = np.zeros((len(pictures), 10), np.float32)
        answer[:, 4] = 1.0
        return answer


def silent(_: int) -> None:
    """No progress to show."""


@pytest.fixture
def drawings(data_folder: Path) -> Drawings:
    return read_for([Oracle()], data_folder)


def answers(pairs: list[tuple[int, int]], sure: float = 0.5) -> tuple[Answers, report.Whole]:
    """Of (truth, first guess)."""
    labels, top = np.array(pairs, np.int64).T
    rank = (labels != top).astype(np.int64)
    return Answers(rank, top, np.full(len(top), sure), np.full(len(top), -np.log(sure))), labels


def test_figures_of_a_network_that_always_says_line(drawings: Drawings) -> None:
    """Ten categories, one always right: 10 % at top-1; ties fill top-3 and top-5 by index.

    It is as sure each time: e in e + 9.
    """
    [curve] = report.ask([Oracle()], drawings, report.FINE_INK, silent)
    figures = report.by_ink({ink: curve[ink] for ink in report.INK}, drawings.labels)
    for row in figures["ink"].values():
        ece = round(float(np.e / (np.e + 9) - 0.1), 4)
        assert row == {"top1": 10.0, "top3": 30.0, "top5": 50.0, "ece": ece}
    rows = report.by_category(curve, drawings.labels, Oracle.labels)
    assert rows["line"] == {"accuracy": 100.0, "ink_to_match": 0.05, "level": "easy"}
    assert rows["zigzag"] == {"accuracy": 0.0, "ink_to_match": 1.0, "level": "hard"}


def test_every_network_sees_pictures_of_its_own_size_and_progress_counts_drawings(
    drawings: Drawings,
) -> None:
    small, large, done = Oracle(28), Oracle(56), []
    both = report.ask([small, large], drawings, (0.5, 1.0), done.append)
    assert set(small.shapes) == {(1, 28, 28)}
    assert set(large.shapes) == {(1, 56, 56)}
    assert sum(done) == 2 * len(drawings)
    assert [list(curve) for curve in both] == [[0.5, 1.0]] * 2


def test_the_fine_fractions_hold_the_defined_ones() -> None:
    """To the bit: they are keys."""
    assert set(report.INK) < set(report.FINE_INK)
    assert list(report.FINE_INK) == sorted(report.FINE_INK)


@given(PAIRS)
def test_confusions_are_all_the_mistakes_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    """Each pair once; both directions add up; shares are of the category that was drawn."""
    given_answers, labels = answers(pairs)
    rows = report.confused(given_answers, labels, NAMES)
    told = sum(row["one_as_other"] + row["other_as_one"] for row in rows)
    assert told == sum(truth != said for truth, said in pairs)
    assert len({frozenset((row["one"], row["other"])) for row in rows}) == len(rows)
    for row in rows:
        drawn = sum(NAMES[truth] == row["one"] for truth, _ in pairs)
        assert row["share_one"] == round(100 * row["one_as_other"] / max(1, drawn), 1)
    weights = [row["share_one"] + row["share_other"] for row in rows]
    assert weights == sorted(weights, reverse=True)


@given(PAIRS)
def test_a_category_has_one_level_and_levels_are_thirds(pairs: list[tuple[int, int]]) -> None:
    given_answers, labels = answers(pairs)
    curve = dict.fromkeys(report.FINE_INK, given_answers)
    rows = report.by_category(curve, labels, NAMES)
    assert list(rows) == [name for name in NAMES if name in {NAMES[truth] for truth, _ in pairs}]
    levels = sorted(row["level"] for row in rows.values())
    assert {levels.count(level) for level in levels} <= {1, 2}
    for row in rows.values():
        assert 0 <= row["accuracy"] <= 100
        assert 0 < row["ink_to_match"] <= 1


def test_the_first_right_guess_counts_even_if_it_was_lost_again() -> None:
    never, early, late = np.array([1, 1, 1]), np.array([1, 0, 1]), np.array([1, 1, 0])
    curve = {
        ink: Answers(rank, np.zeros(3, np.int64), np.zeros(3), np.zeros(3))
        for ink, rank in ((0.25, never), (0.5, early), (1.0, late))
    }
    assert report.first_right(curve).tolist() == [np.inf, 0.5, 1.0]


def test_confidence_is_at_the_networks_temperature_and_rank_is_not(drawings: Drawings) -> None:
    """A temperature makes a network surer or less sure; it changes no guess."""
    logits = np.random.default_rng(0).normal(0, 2, (len(drawings), 10)).astype(np.float32)
    warm, cold = (report.read_off(logits, drawings.labels, t) for t in (2.0, 0.5))
    assert (warm.rank == cold.rank).all()
    assert (warm.top == cold.top).all()
    assert (warm.confidence < cold.confidence).all()
