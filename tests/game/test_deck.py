import math
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.categories import CATEGORIES, INDEX
from game.deck import check, deal, deck_of, level_of, levels_from
from game.protocol import Code, Level, Refused, Settings
from tests.game.table import EIGHT, LEVELS

SEEDS = st.text(max_size=8)
DECKS = st.sets(st.integers(0, 344), min_size=8, max_size=40).map(sorted)
TABLES = st.lists(st.sets(st.integers(0, 15), min_size=1).map(sorted), min_size=1, max_size=20)


def test_what_was_not_measured_counts_as_medium() -> None:
    levels = levels_from({"cat": Level.EASY, "zigzag": Level.HARD})
    assert len(levels) == len(CATEGORIES)
    assert level_of(levels, INDEX["cat"]) is Level.EASY
    assert level_of(levels, INDEX["zigzag"]) is Level.HARD
    assert level_of(levels, INDEX["dog"]) is Level.MEDIUM


@pytest.mark.parametrize("level", Level)
def test_a_deck_of_levels_has_all_their_categories_and_no_others(level: Level) -> None:
    deck = deck_of(Settings(deck=(level,)), LEVELS)
    assert list(deck) == [n for n in range(345) if LEVELS[n] == level.value[0]]


def test_a_custom_deck_goes_before_levels_and_counts_nothing_twice() -> None:
    deck = deck_of(Settings(custom=(*EIGHT, "cat")), LEVELS)
    assert [CATEGORIES[n] for n in deck] == sorted(EIGHT)


def refusal(**settings: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        check(Settings(**settings), LEVELS)
    return refused.value


def test_the_defaults_are_within_bounds() -> None:
    check(Settings(), LEVELS)


@pytest.mark.parametrize(
    "bounds",
    [
        {"rounds": 1, "seconds": 10, "players": 1, "confidence": 0.0},
        {"rounds": 20, "seconds": 120, "players": 16, "confidence": 0.95, "custom": EIGHT},
    ],
)
def test_bounds_are_included(bounds: dict[str, Any]) -> None:
    check(Settings(**bounds), LEVELS)


@pytest.mark.parametrize("value", [-1, 0, 121, 10**400, -(10**400), True, False, math.nan])
@pytest.mark.parametrize("name", ["rounds", "seconds", "players"])
def test_whole_numbers_out_of_bounds_are_refused_whatever_they_are(name: str, value: int) -> None:
    refused = refusal(**{name: value})
    assert refused.code is Code.SETTING_OUT_OF_BOUNDS
    assert f"“{name}” can be" in refused.message


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, -1e-9, 0.951, 1e308, True])
def test_a_confidence_out_of_bounds_is_refused(value: float) -> None:
    refused = refusal(confidence=value)
    assert refused.code is Code.SETTING_OUT_OF_BOUNDS
    assert refused.message == "“confidence” can be 0 to 0.95."


def test_unknown_categories_are_refused_by_name_but_not_at_length() -> None:
    refused = refusal(custom=(*EIGHT, "hatstand", "x" * 5_000, *("<b>" for _ in range(900))))
    assert refused.code is Code.UNKNOWN_CATEGORY
    assert "“hatstand”" in refused.message
    assert len(refused.message) < 300


@pytest.mark.parametrize(
    "deck", [{"deck": ()}, {"custom": EIGHT[:7]}, {"custom": ("cat",) * 8}, {"custom": ("cat",)}]
)
def test_a_deck_of_fewer_than_eight_different_categories_is_refused(deck: dict[str, Any]) -> None:
    assert refusal(**deck).code is Code.DECK_TOO_SMALL


def game(
    seed: str, deck: list[int], tables: list[list[int]], *, same: bool = False
) -> list[dict[int, int]]:
    """The hands of one game, round by round, for the seats that were there."""
    hands: list[dict[int, int]] = []
    dealt = 0
    for seats in tables:
        hands.append(deal(seed, dealt, seats, deck, same=same))
        dealt += 1 if same else len(seats)
    return hands


@given(SEEDS, DECKS, TABLES)
def test_nothing_repeats_before_the_deck_is_exhausted_whoever_comes_and_goes(
    seed: str, deck: list[int], tables: list[list[int]]
) -> None:
    cards: Counter[int] = Counter()
    for hand in game(seed, deck, tables):
        cards.update(hand.values())
    assert set(cards) <= set(deck)
    often = [cards[card] for card in deck]
    assert max(often) - min(often) <= 1


@given(SEEDS, DECKS, TABLES)
def test_everybody_is_dealt_a_card_and_no_two_the_same_while_there_are_enough(
    seed: str, deck: list[int], tables: list[list[int]]
) -> None:
    for seats, hand in zip(tables, game(seed, deck, tables), strict=True):
        assert list(hand) == seats
        assert len(set(hand.values())) == min(len(seats), len(deck))


@given(SEEDS, DECKS, TABLES)
def test_the_same_seed_deals_the_same_game(
    seed: str, deck: list[int], tables: list[list[int]]
) -> None:
    assert game(seed, deck, tables) == game(seed, deck, tables)


def test_another_seed_deals_another_game() -> None:
    hands = {
        tuple(deal(f"seed {n}", 0, range(4), range(345), same=False).values()) for n in range(20)
    }
    assert len(hands) == 20


@given(SEEDS, DECKS, TABLES)
def test_the_same_prompt_for_all_is_a_new_one_each_round(
    seed: str, deck: list[int], tables: list[list[int]]
) -> None:
    cards = []
    for hand in game(seed, deck, tables, same=True):
        assert len(set(hand.values())) == 1
        cards.append(next(iter(hand.values())))
    for at in range(0, len(cards), len(deck)):
        once = cards[at : at + len(deck)]
        assert len(set(once)) == len(once)


@given(SEEDS)
def test_eight_players_with_eight_cards_draw_something_else_each_round(seed: str) -> None:
    hands = game(seed, list(range(8)), [list(range(8))] * 8)
    for before, after in pairwise(hands):
        assert all(before[seat] != after[seat] for seat in range(8))
    for seat in range(8):
        assert len({hand[seat] for hand in hands}) == 8


def test_sixteen_players_with_eight_cards_draw_each_card_twice() -> None:
    hand = deal("seed", 0, range(16), range(8), same=False)
    assert Counter(hand.values()) == dict.fromkeys(range(8), 2)


def test_a_deck_names_no_more_categories_than_there_are() -> None:
    check(Settings(custom=CATEGORIES), LEVELS)
    refused = refusal(custom=(*CATEGORIES, CATEGORIES[0]))
    assert refused.code is Code.SETTING_OUT_OF_BOUNDS
