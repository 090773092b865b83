"""Figures by the clock, on a network whose answers are known."""

from __future__ import annotations

from typing import Any

import numpy as np

from ml.by_time import by_time
from ml.data import TimedDrawing


class Counting:
    """Says "both" once ink goes all across the middle; counts what it is asked."""

    labels = ("left", "both")
    side = 28
    channels = 1
    temperature = 1.0

    def __init__(self) -> None:
        self.asked = 0

    def logits(self, pictures: Any) -> Any:
        self.asked += len(pictures)
        both = (pictures[:, 0, 14, :] > 0).sum(axis=1) > 15
        return np.stack((~both, both), axis=1).astype(np.float32)


def two_strokes(pause_ms: float, label: int) -> TimedDrawing:
    """Down on the left within 0.4 s; after a pause, down on the right and all across."""
    down = np.stack((np.zeros(5), np.linspace(0, 100, 5)), axis=1)
    right = down + np.array([100.0, 0.0])
    cross = np.array([[0.0, 50.0], [100.0, 50.0]])
    times = np.linspace(0, 400, 5)
    later = [times + pause_ms, np.array([500.0, 600.0]) + pause_ms]
    return TimedDrawing([down, right, cross], [times, *later], label, 1)


def silent(_: int) -> None:
    """No progress to show."""


def test_the_first_right_guess_is_timed_in_half_seconds() -> None:
    [figures] = by_time([Counting()], [two_strokes(2000, 1)], silent)
    assert figures["median_first_right_s"] == figures["median_first_right_all_s"] == 3.0
    assert figures["right_by"]["2.5"] == 0
    assert figures["right_by"]["3.0"] == figures["right_by"]["20.0"] == 100
    assert figures["seconds"]["2"]["top1"] == 0
    assert figures["seconds"]["3"]["top1"] == figures["seconds"]["20"]["top1"] == 100
    assert figures["median_drawing_s"] == 2.6


def test_what_was_right_only_before_it_was_finished_still_counts_as_ever_right() -> None:
    [figures] = by_time([Counting()], [two_strokes(2000, 0)], silent)
    assert figures["ever_right"] == 100
    assert figures["median_first_right_s"] == 0.5
    assert figures["seconds"]["20"]["top1"] == 0


def test_never_counts_as_infinity_and_medians_beyond_it_are_none() -> None:
    class Silent(Counting):
        def logits(self, pictures: Any) -> Any:
            return np.tile(np.float32([0, 1]), (len(pictures), 1))

    [figures] = by_time([Silent()], [two_strokes(0, 0)], silent)
    assert figures["ever_right"] == 0
    assert figures["median_first_right_s"] is None
    assert figures["median_first_right_all_s"] is None


def test_a_drawing_at_rest_is_asked_about_once() -> None:
    """Of 60 s, two moments are worth a guess: a first stroke, and that whole."""
    network = Counting()
    by_time([network], [two_strokes(60_000, 1)], silent)
    assert network.asked == 2


def test_all_networks_are_asked_about_the_same_moments() -> None:
    one, other = by_time([Counting(), Counting()], [two_strokes(700, 1)] * 3, silent)
    assert one == other
