"""Nobody loses time to draw to an outage: not while it lasts, and not on the way back from it."""

from __future__ import annotations

import pytest

from game import commands as c
from game import view
from game.protocol import COUNTDOWN_MS, CUT_OFF_MS, SEAT_KEPT_MS, Phase
from game.state import last_pen_ms
from tests.game.table import Table, kinds

SECONDS = 20


def drawing(people: int = 2, **settings: object) -> Table:
    return Table(people, seconds=SECONDS, **settings).pens_up()


def outage(table: Table, ms: int) -> None:
    """The room's server dies now, and another takes the room on ``ms`` later."""
    stopped_ms = table.now
    table.now += ms
    table.do(c.Resume(stopped_ms))


def left_ms(table: Table, seat: int) -> int:
    """What the page of ``seat`` is told to have left."""
    told = view.phase(table.state, seat, table.now)
    assert told.phase is Phase.DRAWING
    return told.ms_left


def test_who_comes_back_late_has_as_long_to_draw_as_who_came_first() -> None:
    table = drawing()
    table.tick(5_000)
    outage(table, 60_000)
    table.join("Ada")
    assert left_ms(table, 0) == 15_000
    table.tick(3_000)
    table.join("Bob")
    assert left_ms(table, 0) == 12_000
    assert left_ms(table, 1) == 15_000
    assert kinds(table.tick(12_000)) == ["TimeUp"]
    assert kinds(table.tick(3_000 - 1)) == []
    assert kinds(table.tick(1)) == ["PensDown", "RoundEnded"]


def test_who_is_not_back_when_time_is_up_is_waited_for() -> None:
    table = drawing()
    table.tick(19_000)
    outage(table, 1_000)
    table.join("Ada")
    table.tick(1_000 + CUT_OFF_MS - 1_001)
    table.join("Bob")
    assert left_ms(table, 1) == 1_000


def test_nobody_is_waited_for_longer_than_that() -> None:
    table = drawing()
    table.tick(19_000)
    outage(table, 1_000)
    table.join("Ada")
    assert kinds(table.tick(1_000)) == ["TimeUp"]
    assert kinds(table.tick(CUT_OFF_MS)) == ["PensDown", "RoundEnded"]
    assert kinds(table.join("Bob")) == ["SeatReturned"]


def test_of_a_longer_absence_the_rest_is_ones_own() -> None:
    table = drawing()
    outage(table, 1_000)
    table.join("Ada")
    table.tick(9_000)
    table.join("Bob")
    assert left_ms(table, 1) == 1_000 * SECONDS - 9_000 + CUT_OFF_MS


def test_ink_from_before_is_worth_what_it_was_and_ink_from_after_too() -> None:
    table = drawing()
    table.tick(2_000)
    table.draw(0)
    table.draw(1)
    table.ask(1)
    outage(table, 30_000)
    table.join("Ada")
    table.tick(1_500)
    table.join("Bob")
    table.answer(1)
    match = table.drawing(1).match
    assert match is not None
    assert match.ms == 2_000
    table.tick(500)
    table.match(0)
    other = table.drawing(0).match
    assert other is not None
    assert other.ms == 4_000


def test_who_was_kept_away_while_pens_went_up_lost_only_what_came_after() -> None:
    table = Table(2, seconds=SECONDS)
    table.start()
    outage(table, 1_000)
    table.join("Ada")
    table.tick(COUNTDOWN_MS + 2_000)
    assert table.phase is Phase.DRAWING
    table.tick(1_000)
    table.join("Bob")
    assert left_ms(table, 1) == 1_000 * SECONDS


def test_who_went_by_themselves_are_given_nothing() -> None:
    table = drawing()
    table.do(c.Drop(1))
    table.tick(3_000)
    table.join("Bob")
    assert left_ms(table, 1) == left_ms(table, 0) == 17_000


def test_a_seat_whose_gateway_died_has_its_time_as_well() -> None:
    table = drawing()
    table.do(c.Drop(1, cut_off=True))
    table.tick(3_000)
    assert "PenHeldBack" in kinds(table.join("Bob"))
    assert left_ms(table, 1) == 20_000
    assert left_ms(table, 0) == 17_000


def test_who_is_done_sees_that_the_round_waits() -> None:
    table = drawing(3)
    table.match(0)
    table.match(2)
    before = table.state
    told = table.told(table.do(c.Drop(1, cut_off=True)), before)
    waits = [each.message.ms_left for each in told if each.message.type == "phase"]
    assert waits == [20_000 + CUT_OFF_MS]
    assert last_pen_ms(table.state) == table.now + 20_000 + CUT_OFF_MS


@pytest.mark.parametrize("mode", ["race", "pictionary"])
def test_a_stall_is_nobodys_time(mode: str) -> None:
    table = drawing(mode=mode)
    table.tick(5_000)
    table.now += 8_000
    table.do(c.Stall(8_000))
    assert left_ms(table, 0) == left_ms(table, 1) == 15_000


def test_a_turn_of_pictionary_waits_for_its_drawer() -> None:
    table = drawing(mode="pictionary")
    assert table.turn.drawer == 0
    table.tick(19_500)
    outage(table, 1_000)
    table.join("Bob")
    table.tick(2_000)
    table.word(1, "is it a zebra")  # taken, though the turn's own time has passed
    table.join("Ada")
    assert left_ms(table, 0) == left_ms(table, 1) == 500
    assert kinds(table.tick(500))[0] == "PensDown"


def test_a_seat_that_an_outage_cut_off_is_kept_no_longer_than_another() -> None:
    table = Table(2)
    outage(table, 1_000)
    table.join("Ada")
    assert kinds(table.tick(SEAT_KEPT_MS)) == ["SeatLeft"]
