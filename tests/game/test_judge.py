import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.categories import CATEGORIES
from game.judge import judge
from tests.game.table import distribution

CAT = 64
PROBABILITIES = st.lists(
    st.one_of(st.floats(0, 1), st.just(math.nan), st.just(0.0)), min_size=10, max_size=20
)


def test_the_top_prediction_matches_if_it_is_sure_enough() -> None:
    assert judge(distribution(CAT, 0.20), CAT, 0.20).matched
    assert not judge(distribution(CAT, 0.19), CAT, 0.20).matched


def test_a_second_best_never_matches_however_sure() -> None:
    seen = [0.0] * 345
    seen[CAT], seen[CAT + 1] = 0.45, 0.46
    verdict = judge(seen, CAT, 0.2)
    assert not verdict.matched
    assert verdict.top[:2] == ((CAT + 1, 0.46), (CAT, 0.45))
    assert verdict.prompt_p == 0.45


def test_ties_go_to_the_lower_index() -> None:
    seen = [0.0] * 345
    seen[CAT] = seen[CAT + 1] = 0.5
    assert judge(seen, CAT, 0.5).matched
    assert not judge(seen, CAT + 1, 0.5).matched


def test_five_guesses_are_told_most_likely_first() -> None:
    seen = [index / 1000 for index in range(345)]
    assert [index for index, _ in judge(seen, 0, 0).top] == [344, 343, 342, 341, 340]


def test_a_deck_masks_what_is_not_in_it_and_shares_out_the_rest() -> None:
    seen = [0.0] * 345
    seen[0], seen[1], seen[2] = 0.8, 0.15, 0.05
    verdict = judge(seen, 1, 0.7, among=range(1, 9))
    assert verdict.matched
    assert verdict.prompt_p == pytest.approx(0.75)
    assert [index for index, _ in verdict.top] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("among", [None, tuple(range(8))])
def test_a_network_that_sees_nothing_matches_nothing_even_with_no_bar(
    among: tuple[int, ...] | None,
) -> None:
    verdict = judge([0.0] * 345, 0, 0.0, among)
    assert not verdict.matched
    assert verdict.prompt_p == 0


@given(PROBABILITIES, st.integers(0, 9), st.floats(0, 0.95), st.booleans())
def test_a_match_needs_the_top_prediction_and_the_confidence(
    seen: list[float], prompt: int, confidence: float, masked: bool
) -> None:
    among = range(10) if masked else None
    verdict = judge(seen, prompt, confidence, among)
    assert all(0 <= p <= 1 for _, p in verdict.top)
    assert [p for _, p in verdict.top] == sorted((p for _, p in verdict.top), reverse=True)
    best, best_p = verdict.top[0]
    assert verdict.matched == (best == prompt and best_p >= confidence and best_p > 0)
    assert best_p >= verdict.prompt_p


@given(
    st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5, -1.0, math.nan, math.inf]), min_size=8),
    st.none() | st.permutations(range(8)),
)
def test_the_guesses_are_those_of_a_plain_sort(seen: list[float], among: list[int] | None) -> None:
    kept = [min(p, 1.0) if p > 0 else 0.0 for p in seen]
    places = range(len(kept)) if among is None else among
    mass = 1.0 if among is None else sum(kept[place] for place in among) or 1.0
    ranked = sorted(((place, kept[place] / mass) for place in places), key=lambda each: -each[1])
    verdict = judge(seen, 3, 0.0, among)
    assert verdict.top == tuple(ranked[:5])
    assert verdict.prompt_p == dict(ranked)[3]
    assert judge(seen, 99, 0.0, among).prompt_p == 0


def test_what_is_no_number_counts_as_nothing() -> None:
    """One NaN would otherwise spoil the order of all others, and JSON knows none."""
    seen = [math.nan] * 345
    seen[CAT] = 0.3
    assert judge(seen, CAT, 0.2).matched
    assert judge(seen, CAT, 0.2).top[1][1] == 0
    assert not judge([math.nan] * len(CATEGORIES), 0, 0).matched
