"""Events and states as bytes: what is written is what is read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from game import commands as c
from game import events as e
from game.categories import CATEGORIES
from game.ink import Pen, pack
from game.protocol import COUNTDOWN_MS, JUDGING_MS, REVEAL_MS, Phase, Refused, Settings
from game.room import RoomState, decide, evolve_all
from server.archive import read_records, records
from server.events import Snapshot, read_snapshot, read_turn, write_snapshot, write_turn
from tests.game.table import Table
from tests.support.anything import anything
from tests.support.player import dots

TEXT = st.text(st.characters(codec="utf-8"), max_size=30)


@pytest.mark.parametrize("kind", get_args(e.Event), ids=lambda kind: kind.__name__)
@settings(max_examples=30)
@given(data=st.data())
def test_every_event_is_read_as_it_was_written(kind: type[e.Event], data: st.DataObject) -> None:
    events = data.draw(st.lists(anything(kind), max_size=3))
    at_ms = data.draw(st.integers(0, 2**53))
    assert read_turn(write_turn(events, at_ms)) == (events, at_ms)


@pytest.mark.parametrize(
    "unknown", [("total_ms", "pens_up_ms", "pens_down_ms"), ("pens_up_ms",)], ids=["0.1.0", "later"]
)
@pytest.mark.parametrize("phase", [Phase.DRAWING, Phase.JUDGING, Phase.REVEAL, Phase.GAME_OVER])
def test_a_round_of_an_older_version_goes_on_with_the_time_it_had(
    phase: Phase, unknown: tuple[str, ...]
) -> None:
    """There a drawing had no time of its own, and a score against none cannot be told."""
    table = Table(2, custom=tuple(CATEGORIES[:8]), rounds=1, seconds=60).pens_up()
    table.tick(1_000)
    table.match(0)
    table.draw(1)
    table.ask(1)
    for passing_ms in (59_000, JUDGING_MS, REVEAL_MS):
        if table.phase is not phase:
            table.tick(passing_ms)
    assert table.phase is phase
    written = json.loads(write_snapshot(Snapshot(3, table.now, table.state)))
    for drawing in written["state"]["drawings"].values():
        for name in unknown:
            del drawing[name]
    assert read_snapshot(json.dumps(written).encode()).state == table.state


def test_an_event_of_another_version_is_not_guessed_at() -> None:
    with pytest.raises(ValueError, match="unknown to this version"):
        read_turn(b'{"at_ms":1,"events":[["Teleported",{}]]}')
    with pytest.raises(ValidationError):
        read_turn(b'{"at_ms":1,"events":[["SeatReturned",{}]]}')
    with pytest.raises(ValueError, match="Expecting"):
        read_turn(b"{")


SEATS = st.integers(0, 3)
COMMANDS = st.one_of(
    st.builds(c.Join, st.sampled_from("abcd"), st.sampled_from(["Ada", "Bob <i>", "漢字 ☃"])),
    st.builds(c.Drop, SEATS),
    st.builds(c.Leave, SEATS),
    st.builds(c.Kick, SEATS, SEATS),
    st.builds(c.Say, SEATS, TEXT),
    st.builds(c.StartGame, SEATS),
    st.builds(c.MarkReady, SEATS),
    st.builds(
        c.AddInk,
        SEATS,
        st.integers(1, 40),
        st.sampled_from([Pen(n) for n in range(4)]),
        st.integers(0, 5).map(dots),
        st.just(0),
    ),
    st.builds(c.UndoStroke, SEATS, st.none() | st.integers(1, 40), st.just(0)),
    st.builds(c.QueueFrame, SEATS),
    st.builds(
        c.ReceiveGuess,
        st.just(1),
        st.integers(1, 2),
        SEATS,
        st.integers(1, 4),
        st.integers(0, 9).map(lambda n: tuple(0.9 if n == i else 0.0 for i in range(345))),
        st.just("model"),
        st.just(1),
    ),
    st.builds(c.Resume, st.integers(0, 10**6)),
    st.builds(c.Stall, st.integers(1, 10**5)),
    st.builds(c.Tick),
)
STEPS = st.lists(
    st.tuples(COMMANDS, st.sampled_from([0, 10, 500, COUNTDOWN_MS, 10_000, REVEAL_MS])), max_size=40
)


def arriving(command: c.Command, now: int) -> c.Command:
    if isinstance(command, c.AddInk | c.UndoStroke):
        return replace(command, arrived_ms=now)
    return command


@settings(max_examples=60)
@given(steps=STEPS, same=st.booleans())
def test_a_room_rebuilt_from_what_is_stored_equals_the_one_that_was_told(
    steps: list[tuple[c.Command, int]], *, same: bool
) -> None:
    """After any course of play: snapshot and log, and the snapshot alone."""
    opening = RoomState(
        "BCDFG", "seed", "emh" * 115, Settings(rounds=2, prompt="same" if same else "own")
    )
    state, now = opening, 1_000_000
    start: list[tuple[c.Command, int]] = [
        (c.Join("a", "Ada"), 0),
        (c.Join("b", "Bob"), 0),
        (c.StartGame(0), COUNTDOWN_MS),
    ]
    stored = [write_snapshot(Snapshot(0, now, opening))]
    course: list[tuple[c.Command, int]] = [*start, *steps]
    for command, passing in course:
        now += passing
        try:
            events = [step.event for step in decide(state, arriving(command, now), now)]
        except Refused:
            continue
        state = evolve_all(state, events)
        stored.append(write_turn(events, now))
    rebuilt = read_snapshot(stored[0]).state
    for turn in stored[1:]:
        rebuilt = evolve_all(rebuilt, read_turn(turn)[0])
    assert rebuilt == state
    snapshot = Snapshot(len(stored) - 1, now, state)
    assert read_snapshot(write_snapshot(snapshot)) == snapshot
    kept = {name.encode(): record for name, record in records(state).items()}
    matches = read_records(kept).matches
    matched = [drawing.match for drawing in state.drawings.values() if drawing.match is not None]
    assert [match.ink for match in matches] == [pack(match.frame.ink) for match in matched]
    assert all(match.prompt in CATEGORIES for match in matches)
