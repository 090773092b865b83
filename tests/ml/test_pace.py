"""How far a run is, and the learning rate that goes with it."""

from __future__ import annotations

import pytest

from ml.pace import Pace


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_rate_rises_to_its_peak_then_falls_to_nothing() -> None:
    pace = Pace(steps=1000)
    rates = [pace.rate(step) for step in range(1001)]
    peak = rates.index(max(rates))
    assert peak == 40
    assert rates[peak] == pytest.approx(1)
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert rates[0] > 0
    assert rates[-1] == 0


def test_by_the_clock_steps_do_not_matter_and_earlier_parts_count() -> None:
    clock = Clock()
    pace = Pace(steps=1, hours=1, spent_s=900, clock=clock)
    assert pace.progress(10**6) == pytest.approx(0.25)
    clock.now += 900
    assert pace.progress(0) == pytest.approx(0.5)
    clock.now += 9000
    assert pace.progress(0) == 1
    assert pace.rate(0) == 0


def test_nobody_knows_the_steps_of_a_run_by_the_clock() -> None:
    assert Pace(steps=7, hours=1).expected_steps() == float("inf")
    assert Pace(steps=7).expected_steps() == 7
