"""How often a drawing is asked about, and what is made of an answer."""

from __future__ import annotations

import asyncio
import contextlib
import struct
import time
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from game.categories import CATEGORIES
from game.ink import Pen
from game.protocol import FRAME_LOST_MS, Phase
from ml.queue import Reply
from server.cadence import (
    LONGEST_GAP_MS,
    LONGEST_MS,
    OVERLOADED_GAP_MS,
    OVERLOADED_MS,
    SHORTEST_MS,
    TURN_GAP_MS,
    Cadence,
)
from server.recogniser import RESTING_MS, Recogniser, read_guess
from tests.game.table import Table, some_points
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
    assert after(*[200] * 100) == pytest.approx(LONGEST_MS, abs=1)
    assert after(*[200] * 100, *[0] * 100) == SHORTEST_MS
    assert SHORTEST_MS < after(*[110] * 100) < LONGEST_MS


def test_a_network_that_cannot_keep_up_is_asked_less_and_less_but_before_frames_are_lost() -> None:
    assert LONGEST_MS < after(*[300] * 100) < after(*[600] * 100) < OVERLOADED_MS
    assert after(*[10_000] * 100) == OVERLOADED_MS < FRAME_LOST_MS


@given(st.lists(st.integers(0, 100_000), max_size=50), st.integers(0, 100_000))
def test_the_interval_stays_in_bounds_and_never_falls_with_more_waiting(
    waits: list[int], more: int
) -> None:
    interval = after(*waits)
    assert SHORTEST_MS <= interval <= OVERLOADED_MS
    assert after(*(waited + more for waited in waits)) >= interval


def late(*lates: float) -> Cadence:
    cadence = Cadence()
    for late_ms in lates:
        cadence.ran(late_ms)
    return cadence


def test_a_server_that_runs_late_asks_and_tells_less_often_and_recovers() -> None:
    assert (late().interval_ms, late().turn_gap_ms) == (SHORTEST_MS, TURN_GAP_MS)
    calm, busy = late(*[2.0] * 100), late(*[10.0] * 100)
    assert (calm.interval_ms, calm.turn_gap_ms) == (SHORTEST_MS, TURN_GAP_MS)
    assert (busy.interval_ms, busy.turn_gap_ms) == (
        pytest.approx(LONGEST_MS, abs=1),
        LONGEST_GAP_MS,
    )
    assert late(*[80.0] * 100, *[0.0] * 100).turn_gap_ms == TURN_GAP_MS


def test_a_server_that_cannot_keep_up_at_all_goes_on_slowing_down_but_ink_still_moves() -> None:
    overloaded, worse = late(*[30.0] * 100), late(*[5000.0] * 100)
    assert LONGEST_GAP_MS < overloaded.turn_gap_ms < worse.turn_gap_ms == OVERLOADED_GAP_MS
    assert LONGEST_MS < overloaded.interval_ms < worse.interval_ms == OVERLOADED_MS


def test_the_busier_of_network_and_server_decides_and_turns_do_not_wait_for_the_network() -> None:
    cadence = late(*[6.0] * 100)
    own = cadence.interval_ms
    cadence.saw(100)
    assert SHORTEST_MS < cadence.interval_ms == own < LONGEST_MS
    for _ in range(100):
        cadence.saw(10_000)
    assert cadence.interval_ms == OVERLOADED_MS
    assert cadence.turn_gap_ms < LONGEST_GAP_MS


@pytest.mark.asyncio
async def test_a_loop_that_is_held_up_is_noticed() -> None:
    cadence = Cadence()
    watching = asyncio.create_task(cadence.watch())
    for _ in range(4):
        await asyncio.sleep(0.06)
        time.sleep(0.2)  # noqa: ASYNC251 - holding the loop up is the point
    assert cadence.turn_gap_ms > TURN_GAP_MS
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


def test_ink_that_hardly_changed_is_asked_about_once_a_second() -> None:
    """And moving on, or lifting the pen, is asked about as ever."""
    table, nowhere = Table(1).pens_up(), cast("Redis", None)
    recogniser = Recogniser(nowhere, "server")
    table.draw(0, some_points(5), Pen.STARTS)
    table.ask(0)
    table.answer(0, table.wrong(0))
    framed_ms = table.now
    table.draw(0, some_points(1, 5), Pen(0))
    assert recogniser.ready(table.state, framed_ms + LONGEST_MS) == []
    assert recogniser.next_ready_ms(table.state, framed_ms + LONGEST_MS) == framed_ms + RESTING_MS
    assert recogniser.ready(table.state, framed_ms + RESTING_MS) == [0]
    table.draw(0, some_points(1, 9_000), Pen(0))
    assert recogniser.next_ready_ms(table.state, framed_ms) == framed_ms + SHORTEST_MS
    assert recogniser.ready(table.state, framed_ms + SHORTEST_MS) == [0]
    table.draw(0, some_points(1, 5), Pen.ENDS)
    assert recogniser.ready(table.state, framed_ms + 1) == [0]


def test_after_the_bell_a_pen_that_rests_is_asked_about_at_once() -> None:
    table, nowhere = Table(1).pens_up(), cast("Redis", None)
    table.draw(0, some_points(5), Pen.STARTS)
    table.ask(0)
    table.answer(0, table.wrong(0))
    table.draw(0, some_points(1, 5), Pen(0))
    table.tick(1_000 * table.state.settings.seconds)
    assert table.phase is Phase.JUDGING
    assert Recogniser(nowhere, "server").ready(table.state, table.now) == [0]


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
