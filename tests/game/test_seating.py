"""Who sits where, who hosts, who talks."""

import math

import pytest

from game import commands as c
from game import events as e
from game.protocol import CHAT_BURST, CHAT_WINDOW_MS, KICKED_FROM_MS, Code, Settings
from tests.game.table import EIGHT, Table, kinds


def test_who_is_erased_is_gone_from_the_seats_and_from_the_banned() -> None:
    table = Table(3)
    table.do(c.Kick(0, 2))
    for player in ("bob", "cyd", "nobody"):
        events = table.do(c.Erase(player))
        assert events[0] == e.PlayerErased(player)
    assert table.state.banned == ()
    assert [held.player for held in table.state.seats.values()] == ["ada"]
    table.join("Cyd")  # whoever that is now
    assert len(table.state.seats) == 2


def test_the_first_to_come_hosts() -> None:
    table = Table()
    assert table.join("Ada") == [e.SeatTaken(0, "ada", "Ada")]
    table.join("Bob")
    assert table.state.host == 0


def test_a_player_comes_back_to_their_own_seat_with_their_score() -> None:
    table = Table(2).pens_up()
    table.match(1)
    held = table.state.seats[1]
    table.do(c.Drop(1))
    table.tick(5_000)
    assert table.join("Bob") == [e.SeatReturned(1)]
    assert table.state.seats[1] == held


def test_dropping_twice_does_not_make_the_seat_wait_longer() -> None:
    table = Table(2)
    assert table.do(c.Drop(1)) == [e.SeatDropped(1, table.now)]
    table.tick(5_000)
    assert table.do(c.Drop(1)) == []


def test_a_room_is_full_when_its_seats_are_taken_even_by_somebody_away() -> None:
    table = Table(2, players=2)
    table.do(c.Drop(1))
    assert table.refuse(c.Join("cyd", "Cyd")) is Code.ROOM_FULL
    assert table.join("Bob") == [e.SeatReturned(1)]


def test_a_free_seat_is_taken_again_by_somebody_with_nothing_of_the_old() -> None:
    table = Table(3).pens_up()
    table.match(1)
    table.do(c.Leave(1))
    table.join("Dee")
    assert table.state.seats[1].score == 0
    assert table.state.seats[1].batch == 0
    assert 1 not in table.state.drawings


def test_a_name_is_tidied_and_an_impossible_one_refused() -> None:
    table = Table()
    table.do(c.Join("ada", "  <b>A\u200bda</b> "))
    assert table.state.seats[0].name == "<b>Ada</b>"
    assert table.refuse(c.Join("bob", "\u202e")) is Code.NAME_EMPTY
    assert table.refuse(c.Rename(0, "x" * 5_000)) is Code.NAME_TOO_LONG


def test_a_new_name_is_news_and_the_same_is_none() -> None:
    table = Table(1)
    assert table.do(c.Rename(0, " Ann ")) == [e.Renamed(0, "Ann")]
    assert table.do(c.Rename(0, "Ann")) == []


def test_whoever_was_kicked_cannot_come_back() -> None:
    table = Table(2)
    assert table.do(c.Kick(0, 1)) == [e.SeatLeft(1, "kicked", table.now)]
    assert table.refuse(c.Join("bob", "Bob")) is Code.KICKED


def test_whoever_left_can() -> None:
    table = Table(2)
    table.do(c.Leave(1))
    assert kinds(table.join("Bob")) == ["SeatTaken"]


def test_who_was_kicked_does_not_come_back_at_once_by_another_name() -> None:
    table = Table()
    for name, origin in (("ada", "home"), ("bob", "cafe"), ("cyd", "cafe")):
        table.do(c.Join(name, name, origin))
    table.do(c.Kick(0, 1))
    assert table.refuse(c.Join("bob2", "Robert", "cafe")) is Code.ROOM_LOCKED
    table.do(c.Join("dee", "Dee", "home"))
    table.do(c.Join("eli", "Eli"))  # from nowhere that is known
    table.do(c.Drop(2))
    assert kinds(table.do(c.Join("cyd", "Cyd", "cafe"))) == ["SeatReturned"]  # who had a seat
    table.tick(KICKED_FROM_MS - 1)
    assert table.refuse(c.Join("bob2", "Robert", "cafe")) is Code.ROOM_LOCKED
    table.tick(1)
    table.do(c.Join("bob2", "Robert", "cafe"))
    table.do(c.Kick(0, 3))
    assert table.state.kicked_from == {}  # nowhere is not shut out, and what is over is forgotten


def test_a_player_is_from_where_they_were_last() -> None:
    table = Table()
    table.do(c.Join("ada", "Ada", "home"))
    table.do(c.Join("bob", "Bob", "cafe"))
    table.do(c.Drop(1))
    table.do(c.Join("bob", "Bob", "phone"))
    table.do(c.Kick(0, 1))
    assert table.refuse(c.Join("bob2", "Robert", "phone")) is Code.ROOM_LOCKED
    table.do(c.Join("cyd", "Cyd", "cafe"))


def test_hosts_kick_others_who_are_there_and_nobody_else_kicks() -> None:
    table = Table(3)
    assert table.refuse(c.Kick(1, 2)) is Code.NOT_HOST
    assert table.refuse(c.Kick(0, 0)) is Code.NO_SEAT
    assert table.refuse(c.Kick(0, 9)) is Code.NO_SEAT


def test_the_host_changes_the_settings_within_bounds() -> None:
    table = Table(3)
    changed = Settings(rounds=3, custom=EIGHT)
    assert table.refuse(c.ChangeSettings(1, changed)) is Code.NOT_HOST
    assert table.do(c.ChangeSettings(0, changed)) == [e.SettingsChanged(changed)]
    assert table.do(c.ChangeSettings(0, changed)) == []
    too_few = Settings(players=2)
    assert table.refuse(c.ChangeSettings(0, too_few)) is Code.SETTING_OUT_OF_BOUNDS
    assert table.refuse(c.ChangeSettings(0, Settings(rounds=21))) is Code.SETTING_OUT_OF_BOUNDS


def test_a_locked_room_takes_nobody_new_and_everybody_back() -> None:
    table = Table(2)
    assert table.refuse(c.Lock(1, locked=True)) is Code.NOT_HOST
    assert table.state.is_open
    assert table.do(c.Lock(0, locked=True)) == [e.LockChanged(locked=True)]
    assert not table.state.is_open
    assert table.do(c.Lock(0, locked=True)) == []
    assert table.refuse(c.Join("cyd", "Cyd")) is Code.ROOM_LOCKED
    table.do(c.Drop(1))
    assert table.join("Bob") == [e.SeatReturned(1)]
    table.do(c.Lock(0, locked=False))
    assert kinds(table.join("Cyd")) == ["SeatTaken"]


def test_a_locked_room_that_everybody_left_is_open_again() -> None:
    table = Table(2)
    table.do(c.Lock(0, locked=True))
    table.do(c.Leave(0))
    assert table.state.locked
    table.do(c.Leave(1))
    assert kinds(table.join("Cyd")) == ["SeatTaken"]


def test_hosts_hand_over_to_somebody_who_is_here() -> None:
    table = Table(3)
    table.do(c.Drop(2))
    assert table.refuse(c.HandOver(1, 1)) is Code.NOT_HOST
    assert table.refuse(c.HandOver(0, 9)) is Code.NO_SEAT
    assert table.refuse(c.HandOver(0, 2)) is Code.NO_SEAT
    assert table.do(c.HandOver(0, 0)) == []
    assert table.do(c.HandOver(0, 1)) == [e.HostChanged(1)]
    assert table.refuse(c.HandOver(0, 1)) is Code.NOT_HOST


def test_hosts_give_more_time_in_steps_to_those_who_are_there() -> None:
    table = Table(2)
    assert table.refuse(c.ExtendTime(1, 1, 2.0)) is Code.NOT_HOST
    assert table.refuse(c.ExtendTime(0, 9, 2.0)) is Code.NO_SEAT
    assert table.refuse(c.ExtendTime(0, 1, 1.7)) is Code.SETTING_OUT_OF_BOUNDS
    assert table.refuse(c.ExtendTime(0, 1, math.nan)) is Code.SETTING_OUT_OF_BOUNDS
    assert table.do(c.ExtendTime(0, 1, 1.0)) == []
    assert table.do(c.ExtendTime(0, 1, 1.5)) == [e.TimeExtended(1, 1.5)]
    assert table.state.seats[1].time == 1.5


def test_talk_keeps_the_pace_of_a_person() -> None:
    table = Table(2)
    for n in range(CHAT_BURST):
        assert table.do(c.Say(0, f" line {n} ")) == [e.Said(0, f"line {n}", table.now)]
    assert table.refuse(c.Say(0, "more")) is Code.TOO_FAST
    assert kinds(table.do(c.Say(1, "hello"))) == ["Said"], "the pace is each player's own"
    table.now += CHAT_WINDOW_MS - 1
    assert table.refuse(c.Say(0, "more")) is Code.TOO_FAST
    table.now += 1
    assert kinds(table.do(c.Say(0, "more"))) == ["Said"]


@pytest.mark.parametrize(
    ("text", "code"), [(" \n", Code.CHAT_EMPTY), ("x" * 201, Code.CHAT_TOO_LONG)]
)
def test_talk_of_nothing_or_too_much_is_refused(text: str, code: Code) -> None:
    assert Table(1).refuse(c.Say(0, text)) is code
