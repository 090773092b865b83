"""Effects that no walk through a game shows as plainly."""

from itertools import accumulate

from game import commands as c
from game import events as e
from game.evolve import evolve, evolve_all, into_round_ms
from game.protocol import MAX_BANNED, MAX_CURVE
from game.state import Drawn
from tests.game.table import STROKE, Table, some_points


def test_the_room_before_an_event_is_left_as_it_was() -> None:
    table = Table(2).pens_up()
    table.match(0)
    rooms = list(accumulate(table.events, evolve, initial=table.opening))
    before = [repr(room) for room in rooms]
    for room, event in zip(rooms, table.events, strict=False):
        evolve(room, event)
    assert [repr(room) for room in rooms] == before
    assert rooms[-1] == table.state


def test_no_events_change_nothing() -> None:
    state = Table(2).state
    assert evolve_all(state, []) is state


def test_time_into_a_round_lies_within_it() -> None:
    state = Table(1).pens_up().state
    at_ms = state.pens_up_ms
    assert [into_round_ms(state, 0, at_ms + ms) for ms in (-5, 0, 7, 20_000, 90_000)] == [
        0,
        0,
        7,
        20_000,
        20_000,
    ]


def test_a_shifted_clock_moves_every_running_time_and_no_sentinel() -> None:
    table = Table(2)
    shifted = evolve(table.state, e.ClockShifted(777))
    assert (shifted.phase_ends_ms, shifted.pens_up_ms, shifted.pens_down_ms) == (0, 0, 0)
    table.pens_up()
    table.match(0)
    table.draw(1)
    table.ask(1)
    table.do(c.Say(0, "hello"))
    before = table.state
    after = evolve(before, e.ClockShifted(777))
    assert after.phase_ends_ms == before.phase_ends_ms + 777
    assert after.pens_down_ms == before.pens_down_ms + 777
    assert after.seats[0].chats_ms == (table.now + 777,)
    was, now = before.drawings[1].in_flight, after.drawings[1].in_flight
    assert was is not None
    assert now is not None
    assert (now.ink_ms, now.queued_ms) == (was.ink_ms + 777, was.queued_ms + 777)
    match = after.drawings[0].match
    assert match is not None
    assert match.frame.ink_ms - after.pens_up_ms == match.ms
    assert evolve(after, e.ClockShifted(-777)) == before


def test_what_became_of_every_drawing_is_noted_until_the_next_game() -> None:
    table = Table(2, rounds=2).pens_up()
    prompts = [table.drawing(0).prompt, table.drawing(1).prompt]
    table.tick(1_500)
    table.match(0)
    match = table.drawing(0).match
    assert match is not None
    table.tick(60_000)
    assert table.state.seats[0].drawn == (Drawn(1, prompts[0], 1_500, match.points),)
    assert table.state.seats[1].drawn == (Drawn(1, prompts[1], None, 0),)
    table.pens_up()
    table.join("Cyd")  # watches until the next round
    table.tick(60_000)
    assert [len(seat.drawn) for seat in table.state.seats.values()] == [2, 2, 0]
    table.tick(60_000)
    table.do(c.Rematch(0))
    assert len(table.state.seats[0].drawn) == 2
    table.start()
    assert [seat.drawn for seat in table.state.seats.values()] == [(), (), ()]


def test_only_those_who_were_kicked_are_banned() -> None:
    table = Table(3)
    table.do(c.Leave(2))
    table.do(c.Kick(0, 1))
    assert table.state.banned == ("bob",)


def test_a_room_remembers_so_many_whom_it_removed() -> None:
    state = Table(1).state
    for n in range(MAX_BANNED + 5):
        state = evolve(state, e.SeatTaken(1, f"player {n}", "Bob"))
        state = evolve(state, e.SeatLeft(1, "kicked"))
    assert state.banned == tuple(f"player {n}" for n in range(5, MAX_BANNED + 5))


def test_a_curve_has_so_many_points_and_always_the_newest() -> None:
    state = Table(1).pens_up().state
    for n in range(1, 3 * MAX_CURVE):
        at_ms = state.pens_up_ms + n
        state = evolve(state, e.InkAdded(0, n, STROKE, some_points(), at_ms))
        state = evolve(state, e.FrameQueued(0, n, at_ms))
        state = evolve(state, e.Guessed(0, n, ((0, 0.5),), n / 1000, at_ms))
        curve = state.drawings[0].curve
        assert curve[-1] == (n, n / 1000)
        assert len(curve) <= MAX_CURVE
        assert list(curve) == sorted(curve)
    assert len(curve) > MAX_CURVE // 2
