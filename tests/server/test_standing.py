"""A score holds its figure exactly, and ranks first by figure, then by who was there earlier."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.board_keys import By
from server.periods import DAY_MS, Period, Span, span_of
from server.standing import Packing, packing

NOW_MS = round(datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp() * 1000)
BOARDS = st.sampled_from([(by, span_of(period, NOW_MS)) for by in By for period in Period])
FIGURES = st.integers(0, 240_000)


def score(how: Packing, figure: int, at_ms: int) -> int:
    return how.raised(figure) * how.shift + how.rest(at_ms)


@given(BOARDS, FIGURES, st.integers(0, DAY_MS))
def test_a_figure_comes_back_as_it_was(board: tuple[By, Span], figure: int, later: int) -> None:
    how = packing(*board)
    packed = score(how, figure, NOW_MS + later)
    assert packed == int(float(packed)) < 2**53
    assert how.figure(float(packed)) == figure


@given(BOARDS, FIGURES, FIGURES, st.integers(0, DAY_MS), st.integers(0, DAY_MS))
def test_better_ranks_first_and_of_equals_the_earlier(
    board: tuple[By, Span], one: int, other: int, one_ms: int, other_ms: int
) -> None:
    by, span = board
    how = packing(by, span)
    first, second = score(how, one, NOW_MS + one_ms), score(how, other, NOW_MS + other_ms)
    if one != other:
        better = one < other if by is By.FASTEST else one > other
        assert (first > second) is better
    elif abs(one_ms - other_ms) >= how.tick_ms:
        assert (first > second) is (one_ms < other_ms)


@pytest.mark.parametrize("by", By)
def test_what_is_beyond_all_bounds_stays_within_its_bits(by: By) -> None:
    how = packing(by, span_of(Period.ALL, NOW_MS))
    for figure in (0, 10**12):
        for at_ms in (0, 10**15):
            assert 0 <= score(how, figure, at_ms) < 2**53


def test_a_lifetime_of_points_fits() -> None:
    most = packing(By.POINTS, span_of(Period.ALL, NOW_MS)).most
    assert most > 4_000 * 20 * 1_500
