"""How often a drawing is asked about, and what is made of an answer."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.categories import CATEGORIES
from ml.queue import Reply
from server.recogniser import LONGEST_MS, SHORTEST_MS, Cadence, read_guess
from tests.support.house import answer_of


def reply(drawing: str = "BCDFG:2:3:4", probabilities: bytes = b"", error: str = "") -> Reply:
    return Reply(drawing, 5, probabilities, "model", 1, error)


def after(*waits: int) -> int:
    cadence = Cadence()
    for waited in waits:
        cadence.saw(waited)
    return cadence.interval_ms


def test_an_idle_network_is_asked_as_often_as_it_makes_sense() -> None:
    assert after() == after(0, 5, 10) == after(*[20] * 100) == SHORTEST_MS


def test_a_busy_network_is_asked_less_and_recovers() -> None:
    assert after(*[500] * 100) == LONGEST_MS
    assert after(*[500] * 100, *[0] * 100) == SHORTEST_MS
    assert SHORTEST_MS < after(*[110] * 100) < LONGEST_MS


@given(st.lists(st.integers(0, 100_000), max_size=50), st.integers(0, 100_000))
def test_the_interval_stays_in_bounds_and_never_falls_with_more_waiting(
    waits: list[int], more: int
) -> None:
    interval = after(*waits)
    assert SHORTEST_MS <= interval <= LONGEST_MS
    assert after(*(waited + more for waited in waits)) >= interval


def test_an_answer_names_its_drawing_and_carries_the_whole_distribution() -> None:
    guess = read_guess(reply(probabilities=answer_of("cat", 0.75)))
    assert guess is not None
    assert (guess.game, guess.round, guess.seat, guess.n) == (2, 3, 4, 5)
    assert len(guess.probabilities) == len(CATEGORIES)
    assert guess.probabilities[CATEGORIES.index("cat")] == 0.75


def test_an_error_is_an_answer_without_probabilities() -> None:
    guess = read_guess(reply(error="the network stumbled"))
    assert guess is not None
    assert guess.probabilities == ()


@pytest.mark.parametrize(
    "bad",
    [
        reply("nonsense", answer_of("cat")),
        reply("A:b:c:d", answer_of("cat")),
        reply("A:1:2:3:4", answer_of("cat")),
        reply(probabilities=b""),
        reply(probabilities=b"\0" * 10),
        reply(probabilities=struct.pack("<346e", *[0.0] * 346)),
    ],
    ids=["nonsense", "no numbers", "too many parts", "none", "short", "long"],
)
def test_an_answer_that_makes_no_sense_is_dropped(bad: Reply) -> None:
    assert read_guess(bad) is None


@given(st.text(max_size=30), st.binary(max_size=700))
def test_no_answer_whatsoever_raises(drawing: str, probabilities: bytes) -> None:
    read_guess(reply(drawing, probabilities))
