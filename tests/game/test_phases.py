"""The two tables name everything there is, and are what the room really does."""

from typing import get_args

import pytest

from game import commands as c
from game import events as e
from game.evolve import _EVOLUTIONS
from game.ink import Pen
from game.phases import ALLOWED, TRANSITIONS, after
from game.protocol import Code, Phase, Settings
from game.room import _DECISIONS, _REFUSALS
from game.view import _TELLINGS
from tests.game.table import START_MS, Table, distribution, some_points

COMMANDS = set(get_args(c.Command))
EVENTS = set(get_args(e.Event))

SAMPLES: tuple[c.Command, ...] = (
    c.Join("eve", "Eve"),
    c.Drop(0),
    c.Leave(1),
    c.Kick(0, 1),
    c.ChangeSettings(0, Settings(rounds=2)),
    c.Lock(0, locked=True),
    c.HandOver(0, 1),
    c.ExtendTime(0, 1, 2.0),
    c.Rename(0, "Ann"),
    c.Say(0, "hello"),
    c.GuessWord(0, "cat", None, None, START_MS),
    c.StartGame(0),
    c.MarkReady(0),
    c.Rematch(0),
    c.AddInk(0, 9, Pen.STARTS, some_points(), START_MS),
    c.UndoStroke(0, 9, START_MS),
    c.ClearCanvas(0, 9, START_MS),
    c.QueueFrame(0),
    c.ReceiveGuess(1, 1, 0, 1, distribution(0), "model", 1),
    c.Erase("ada"),
    c.Tick(),
    c.Resume(START_MS),
    c.Stall(5_000),
)


def room_in(phase: Phase) -> Table:
    """A room of two in ``phase``, in its only round."""
    table = Table(2, rounds=1)
    match phase:
        case Phase.LOBBY:
            pass
        case Phase.COUNTDOWN:
            table.start()
        case Phase.DRAWING:
            table.pens_up()
        case Phase.JUDGING:
            table.pens_up().draw(0)
            table.tick(20_000)
        case Phase.REVEAL:
            table.pens_up().tick(20_000)
        case Phase.GAME_OVER:
            table.pens_up().tick(20_000)
            table.tick(12_000)
    assert table.phase is phase
    return table


def test_there_is_a_sample_of_every_command() -> None:
    assert {type(command) for command in SAMPLES} == COMMANDS


def test_every_phase_has_a_row_in_both_tables_and_a_sentence() -> None:
    assert set(ALLOWED) == set(TRANSITIONS) == set(_REFUSALS) == set(Phase)


def test_every_command_is_allowed_somewhere_and_has_a_rule() -> None:
    assert set().union(*ALLOWED.values()) == COMMANDS == set(_DECISIONS)


def test_every_event_has_an_effect_and_a_transition_names_only_events() -> None:
    assert set(_EVOLUTIONS) == EVENTS
    assert set().union(*TRANSITIONS.values()) <= EVENTS
    assert set(_TELLINGS) <= EVENTS


def test_every_phase_can_be_reached_and_left() -> None:
    reached = {to for row in TRANSITIONS.values() for to in row.values()}
    assert reached == set(Phase)
    assert all(set(row.values()) - {phase} for phase, row in TRANSITIONS.items())


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("command", SAMPLES, ids=lambda command: type(command).__name__)
def test_a_command_is_refused_for_the_phase_exactly_where_the_table_says(
    phase: Phase, command: c.Command
) -> None:
    table = room_in(phase)
    if isinstance(command, c.GuessWord) and type(command) in ALLOWED[phase]:
        assert table.refuse(command) is Code.NOT_GUESSING, "this is a race"
    elif type(command) in ALLOWED[phase]:
        table.do(command)
    else:
        assert table.refuse(command) is Code.WRONG_PHASE


def test_an_event_that_moves_nothing_leaves_the_phase() -> None:
    assert after(Phase.REVEAL, e.MarkedReady(0)) is Phase.REVEAL
    assert after(Phase.REVEAL, e.GameEnded(0)) is Phase.GAME_OVER
    assert after(Phase.LOBBY, e.PensUp(0)) is Phase.LOBBY
