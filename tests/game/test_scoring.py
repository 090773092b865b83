import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.protocol import Level
from game.scoring import WORTH, places, points

TOTALS = st.integers(10_000, 120_000)


@pytest.mark.parametrize(
    ("left_ms", "level", "expected"),
    [
        (20_000, Level.EASY, 1000),
        (20_000, Level.MEDIUM, 1250),
        (20_000, Level.HARD, 1500),
        (10_000, Level.EASY, 500),
        (2_000, Level.EASY, 100),
        (1, Level.EASY, 100),
        (1, Level.MEDIUM, 125),
        (0, Level.HARD, 150),
    ],
)
def test_points_of_a_round_of_twenty_seconds(left_ms: int, level: Level, expected: int) -> None:
    assert points(left_ms, 20_000, level) == expected


@given(TOTALS, st.data(), st.sampled_from(Level))
def test_earlier_is_never_worth_less(total_ms: int, data: st.DataObject, level: Level) -> None:
    less, more = sorted(data.draw(st.tuples(st.integers(0, total_ms), st.integers(0, total_ms))))
    assert points(less, total_ms, level) <= points(more, total_ms, level)


@given(TOTALS, st.data(), st.sampled_from(Level))
def test_points_lie_between_the_least_and_the_most(
    total_ms: int, data: st.DataObject, level: Level
) -> None:
    worth = points(data.draw(st.integers(0, total_ms)), total_ms, level)
    assert 100 * WORTH[level] <= worth <= 1000 * WORTH[level]


def test_equal_results_share_a_place_and_the_next_is_skipped() -> None:
    assert places({3: 900, 0: 500, 7: 900, 1: 1000}) == {0: 1, 3: 2, 7: 2, 1: 4}


def test_nobody_has_no_place() -> None:
    assert places({}) == {}
