"""Turns: what becomes of asks that arrive together, in whatever order they do."""

from __future__ import annotations

import pytest

from game import commands as c
from game.ink import Pen
from game.protocol import Code, Settings
from game.room import evolve_all
from game.state import RoomState
from server.hub import RoomHub
from server.turn import Ask, Turn
from tests.support.asking import Socket
from tests.support.player import dots

NOW = 1_000_000


class Room:
    """A room's state and hub; each ``turn`` is taken as an owner takes it."""

    def __init__(self, **settings: int) -> None:
        self.state = RoomState("BCDFG", "seed", "m" * 345, Settings(**settings))  # type: ignore[arg-type]
        self.hub = RoomHub()

    def turn(self, *asks: Ask) -> Turn:
        turn = Turn(self.state, NOW)
        turn.take(asks, self.hub)
        assert evolve_all(self.state, turn.events) == turn.state
        self.state = turn.state
        for seat, socket in turn.joined.items():
            self.hub.attach(seat, socket)
        return turn

    def seat(self, *names: str) -> list[Socket]:
        sockets = [Socket() for _ in names]
        for name, socket in zip(names, sockets, strict=True):
            self.turn(join(name, socket))
        return sockets


def join(name: str, socket: Socket) -> Ask:
    return Ask(c.Join(name, name), socket)


def test_a_socket_that_hangs_up_before_its_welcome_leaves_the_seat_away() -> None:
    room = Room()
    socket = Socket()
    turn = room.turn(join("ada", socket), Ask(c.Drop(0), socket))
    assert turn.joined == {}
    assert not room.state.seats[0].here


def test_a_drop_is_of_the_sockets_own_seat_whatever_number_it_names() -> None:
    room = Room()
    _, bob = room.seat("ada", "bob")
    room.turn(Ask(c.Drop(0), bob))
    assert [room.state.seats[seat].here for seat in (0, 1)] == [True, False]


def test_the_old_sockets_end_after_the_new_ones_hello_changes_nothing() -> None:
    room = Room()
    (old,) = room.seat("ada")
    new = Socket()
    turn = room.turn(join("ada", new), Ask(c.Drop(0), old))
    assert turn.joined == {0: new}
    assert room.state.seats[0].here
    room.turn(Ask(c.Drop(0), old))
    assert room.state.seats[0].here
    assert room.hub.listener(0) is new


def test_the_old_sockets_end_before_the_new_ones_hello_changes_nothing_either() -> None:
    room = Room()
    (old,) = room.seat("ada")
    new = Socket()
    turn = room.turn(Ask(c.Drop(0), old), join("ada", new))
    assert turn.joined == {0: new}
    assert room.state.seats[0].here


def test_a_second_tab_that_closes_at_once_leaves_the_first_in_its_seat() -> None:
    room = Room()
    (first,) = room.seat("ada")
    second = Socket()
    turn = room.turn(join("ada", second), Ask(c.Drop(0), second))
    assert turn.joined == {}
    assert room.hub.listener(0) is first
    assert room.state.seats[0].here
    room.turn(Ask(c.Drop(0), first))
    assert not room.state.seats[0].here


def test_of_two_tabs_in_one_turn_the_later_has_the_seat() -> None:
    room = Room()
    first, second = Socket(), Socket()
    turn = room.turn(join("ada", first), join("ada", second))
    assert turn.joined == {0: second}
    assert turn.replaced == [first]
    assert len(room.state.seats) == 1


def test_a_seat_that_changes_hands_and_is_dropped_in_one_turn_is_away() -> None:
    room = Room()
    ada, _ = room.seat("ada", "bob")
    cyd = Socket()
    room.turn(Ask(c.Leave(0), ada), join("cyd", cyd), Ask(c.Drop(0), cyd))
    assert room.state.seats[0].player == "cyd"
    assert not room.state.seats[0].here


def test_a_replaced_socket_is_not_listened_to() -> None:
    room = Room()
    (old,) = room.seat("ada")
    room.turn(join("ada", Socket()))
    turn = room.turn(Ask(c.Say(0, "I am still here"), old))
    assert turn.events == []
    assert old.refusals == []


def test_a_socket_speaks_for_no_seat_but_its_own() -> None:
    room = Room()
    ada, _ = room.seat("ada", "bob")
    assert room.turn(Ask(c.Leave(1), ada)).events == []
    assert set(room.state.seats) == {0, 1}


def test_who_is_refused_is_told_and_the_others_asks_are_done() -> None:
    room = Room()
    ada, bob = room.seat("ada", "bob")
    turn = room.turn(Ask(c.StartGame(1), bob), Ask(c.Say(0, "hello"), ada))
    assert [refused.code for refused in bob.refusals] == [Code.NOT_HOST]
    assert [type(event).__name__ for event in turn.events] == ["Said"]


def test_a_fault_in_a_rule_costs_its_command_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    room = Room()
    ada, bob = room.seat("ada", "bob")

    def broken(*_: object) -> None:
        message = "this is a fault"
        raise ValueError(message)

    monkeypatch.setattr("game.room._DECISIONS", {c.Say: broken, c.Leave: lambda *_: iter(())})
    before = room.state
    turn = room.turn(Ask(c.Say(0, "hello"), ada), Ask(c.Leave(1), bob))
    assert [refused.code for refused in ada.refusals] == [Code.FAULT]
    assert turn.state is before


def test_ink_is_acknowledged_when_it_is_taken_and_not_when_it_is_refused() -> None:
    room = Room()
    ada, bob = room.seat("ada", "bob")
    ink = c.AddInk(0, 1, Pen.STARTS, dots(), NOW)
    assert room.turn(Ask(ink, ada)).heard == set()
    room.turn(Ask(c.StartGame(0), ada))
    room.state = Turn(room.state, NOW + 3_000).state
    late = Turn(room.state, NOW + 3_000)
    late.decide(c.Tick())
    late.take([Ask(ink, ada), Ask(ink, bob)], room.hub)
    assert late.heard == {0}
