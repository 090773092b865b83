"""``decide`` and ``evolve`` from outside: who may ask, what is refused, what follows by itself."""

import pytest

from game import commands as c
from game import room
from game.ink import Pen
from game.protocol import COUNTDOWN_MS, JUDGING_MS, REVEAL_MS, Code, Phase, Settings
from tests.game.table import STROKE, Table, kinds, some_points

BY_SEAT: tuple[c.Command, ...] = (
    c.Drop(3),
    c.Leave(3),
    c.Kick(3, 0),
    c.ChangeSettings(3, Settings()),
    c.Rename(3, "Eve"),
    c.Say(3, "hello"),
    c.StartGame(3),
)


@pytest.mark.parametrize("command", BY_SEAT, ids=lambda command: type(command).__name__)
def test_whoever_has_no_seat_asks_in_vain(command: c.Command) -> None:
    assert Table(2).refuse(command) is Code.NO_SEAT


def test_ink_without_a_seat_is_refused_and_without_a_drawing_too() -> None:
    table = Table(1).pens_up()
    ink = some_points()
    assert table.refuse(c.AddInk(5, 1, STROKE, ink, table.now)) is Code.NO_SEAT
    table.join("Late")
    assert table.refuse(c.AddInk(1, 1, STROKE, ink, table.now)) is Code.NOT_DRAWING
    assert table.refuse(c.UndoStroke(1, 1, table.now)) is Code.NOT_DRAWING


def test_only_time_passes_in_a_tick() -> None:
    table = Table(2)
    before = table.state
    assert table.tick(10_000_000) == []
    assert table.state is before


def test_a_whole_game_from_lobby_to_lobby() -> None:
    table = Table(2, rounds=2)
    phases = []
    table.start()
    for _ in range(2):
        phases.append(table.phase)
        table.tick(COUNTDOWN_MS)
        phases.append(table.phase)
        table.match(0)
        table.draw(1)
        table.ask(1)
        table.tick(1_000 * table.state.settings.seconds)
        table.ask(1)
        phases.append(table.phase)
        table.tick(JUDGING_MS)
        phases.append(table.phase)
        table.tick(REVEAL_MS)
    phases.append(table.phase)
    table.do(c.Rematch(0))
    phases.append(table.phase)
    once = [Phase.COUNTDOWN, Phase.DRAWING, Phase.JUDGING, Phase.REVEAL]
    assert phases == [*once, *once, Phase.GAME_OVER, Phase.LOBBY]
    assert table.state.seats[0].matches == 2
    assert table.state.seats[1].score == 0
    assert room.evolve_all(table.opening, table.events) == table.state


def test_what_follows_by_itself_is_decided_at_once() -> None:
    """The only player matches: the round ends in the same breath."""
    table = Table(1).pens_up()
    assert kinds(table.match(0)) == ["Matched", "Guessed", "RoundEnded"]


def test_ink_on_its_way_when_the_round_ended_is_skipped_and_acknowledged() -> None:
    table = Table(1).pens_up()
    table.match(0)
    assert table.phase is Phase.REVEAL
    drawn = table.drawing(0).ink
    assert kinds(table.draw(0, pen=Pen.ENDS)) == ["InkSkipped"]
    assert table.drawing(0).ink is drawn
    assert table.state.seats[0].batch == 2


def test_ink_in_time_that_is_dealt_with_after_the_round_changes_no_revealed_drawing() -> None:
    table = Table(1).pens_up()
    table.tick(20_000)
    assert table.phase is Phase.REVEAL
    in_time_ms = table.state.pens_down_ms - 1
    late = c.AddInk(0, 1, STROKE, some_points(), in_time_ms)
    assert kinds(table.do(late)) == ["InkSkipped"]
    assert table.drawing(0).ink.strokes == ()
