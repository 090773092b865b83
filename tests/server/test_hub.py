"""Who hears what."""

from __future__ import annotations

import json

from game import protocol as p
from game.ink import Pen
from game.view import Telling
from server.hub import RoomHub
from tests.support.asking import Socket
from tests.support.player import dots, read_relay


def hub_of(count: int) -> tuple[RoomHub, list[Socket]]:
    hub, sockets = RoomHub(), [Socket() for _ in range(count)]
    for seat, socket in enumerate(sockets):
        hub.attach(seat, socket)
    return hub, sockets


def test_what_is_for_all_is_the_same_for_all_and_carries_the_offset() -> None:
    hub, sockets = hub_of(3)
    hub.tell([Telling(p.ChatSaid(seat=0, name="Ada", text="hi"))], 17)
    assert len({str(socket.sent) for socket in sockets}) == 1
    assert sockets[0].said("chat")[0]["offset"] == 17


def test_what_is_for_one_seat_reaches_no_other() -> None:
    hub, sockets = hub_of(3)
    secret = p.Prompt(category="cat", level=p.Level.EASY)
    hub.tell([Telling(secret, 1), Telling(p.Pong(id=1), 9)], 1)
    assert [len(socket.sent) for socket in sockets] == [0, 1, 0]


def test_ink_reaches_everybody_but_who_drew_it() -> None:
    hub, sockets = hub_of(3)
    entries = [(0, Pen.STARTS, dots(2)), (1, Pen.ENDS, dots(1)), (0, Pen.UNDO, b"")]
    hub.relay(entries)
    for seat, socket in enumerate(sockets):
        (data,) = socket.sent
        assert isinstance(data, bytes)
        assert read_relay(data) == [entry for entry in entries if entry[0] != seat]


def test_nobody_is_sent_an_empty_relay() -> None:
    hub, (ada, bob) = hub_of(2)
    hub.relay([(0, Pen.STARTS, dots(1))])
    hub.relay([])
    assert (len(ada.sent), len(bob.sent)) == (0, 1)


def test_more_ink_than_a_message_holds_goes_out_in_several() -> None:
    hub, (_, bob) = hub_of(2)
    entries = [(0, Pen.STARTS, dots(1, n)) for n in range(600)]
    hub.relay(entries)
    assert [len(read_relay(data)) for data in bob.sent if isinstance(data, bytes)] == [255, 255, 90]
    assert [e for data in bob.sent if isinstance(data, bytes) for e in read_relay(data)] == entries


def test_only_the_newest_listener_of_a_seat_is_told_anything() -> None:
    hub, (old,) = hub_of(1)
    new = Socket()
    hub.attach(0, new)
    hub.acknowledge(0, 5)
    assert old.closing is p.Close.REPLACED
    assert (old.sent, len(new.sent), len(hub)) == ([], 1, 1)
    assert not hub.detach(0, old)
    assert hub.seat_of(new) == 0
    assert hub.detach(0, new)
    assert hub.seat_of(new) is None
    assert len(hub) == 0


def test_attaching_the_same_listener_again_does_not_close_it() -> None:
    hub, (ada,) = hub_of(1)
    hub.attach(0, ada)
    assert ada.closing is None


def test_closing_all_leaves_nobody() -> None:
    hub, sockets = hub_of(3)
    hub.close_all(p.Close.RESTARTING, "The server is restarting.")
    assert {socket.closing for socket in sockets} == {p.Close.RESTARTING}
    assert len(hub) == 0
    hub.close(2, p.Close.LEFT, "nobody there")
    hub.acknowledge(2, 1)
    assert json.dumps([socket.sent for socket in sockets]) == "[[], [], []]"
