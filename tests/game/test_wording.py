"""What is taken for a name, what for a near miss, and what would give a name away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.categories import CATEGORIES
from game.wording import _ALSO, _spellings, distance, is_near, names, tells

NAMES = st.sampled_from(CATEGORIES)
TEXTS = st.text(max_size=60)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cat", "cat"),
        ("  A CAT! ", "cat"),
        ("cats", "cat"),
        ("the éléphants", "elephant"),
        ("\uff43\uff41\uff54", "cat"),  # as keyboards of the Far East may write it
        ("tshirts", "t-shirt"),
        ("ice-cream", "ice cream"),
        ("blackberries", "blackberry"),
        ("cookies", "cookie"),
        ("buses", "bus"),
        ("pea", "peas"),
        ("grass", "grass"),
        ("knives", "knife"),
        ("palm trees", "palm tree"),
        ("cell-phone's", "cell phone"),
        ("Great Wall of China", "The Great Wall of China"),
        ("bike", "bicycle"),
        ("fire engines", "firetruck"),
    ],
)
def test_how_it_is_typed_makes_no_difference(typed: str, name: str) -> None:
    assert names(typed, name)
    assert tells(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [("bat", "cat"), ("", "cat"), ("!?", "cat"), ("the", "cat"), ("hot", "hot dog"), ("s", "bus")],
)
def test_another_word_is_another_word(typed: str, name: str) -> None:
    assert not names(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("aple", "apple"),
        ("aplpe", "apple"),
        ("elehpnat", "elephant"),
        ("wine", "wine glass"),
        ("bat", "baseball bat"),
        ("is it a cat", "cat"),
        ("icecream van", "ice cream"),
        ("wall", "The Great Wall of China"),
    ],
)
def test_a_slip_or_a_part_is_near(typed: str, name: str) -> None:
    assert is_near(typed, name)
    assert tells(typed, name)


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("cot", "cat"),  # three letters leave nothing to get wrong
        ("beer", "bear"[:3]),
        ("house", "mouse"),  # another category, spelt right
        ("of", "The Great Wall of China"),
        ("banana", "apple"),
    ],
)
def test_what_is_something_else_is_not_near(typed: str, name: str) -> None:
    assert not is_near(typed, name)


def test_a_list_of_words_is_told_nothing_of_and_still_hidden() -> None:
    """Or thirty words at once would find out in a few guesses what is drawn."""
    listed = "dog cat bee sun owl"
    assert not names(listed, "cat")
    assert not is_near(listed, "cat")
    assert tells(listed, "cat")
    assert tells("what if it is ice cream", "ice cream")


def test_no_two_categories_can_be_taken_for_each_other() -> None:
    spelt = [spelling for name in CATEGORIES for spelling in _spellings(name)]
    assert len(spelt) == len(set(spelt))


def test_other_words_are_for_categories_that_there_are() -> None:
    assert set(_ALSO.values()) <= set(CATEGORIES)


@given(NAMES)
def test_every_category_is_itself_in_any_case_and_form(name: str) -> None:
    plural = name + ("es" if name.endswith(("s", "x", "ch", "sh")) else "s")
    for typed in (name, name.upper(), f"a {name}", f"the {plural}", name.replace(" ", "-")):
        assert names(typed, name)
    assert tells(f"I think that it must be a {name} or so", name)


@given(TEXTS, NAMES)
def test_any_text_is_read_without_a_fault(text: str, name: str) -> None:
    if names(text, name):
        assert tells(text, name)


@given(st.text("abc", max_size=8), st.text("abc", max_size=8), st.integers(0, 3))
def test_a_distance_is_the_same_both_ways_and_no_larger_than_it_may_be(
    one: str, other: str, most: int
) -> None:
    far = distance(one, other, most)
    assert far == distance(other, one, most) <= most + 1
    assert (far == 0) == (one == other)
    assert far >= min(abs(len(one) - len(other)), most + 1)


def test_two_letters_swapped_are_one_slip() -> None:
    assert distance("abcd", "abdc", 2) == 1
    assert distance("kitten", "sitting", 9) == 3
