"""Whatever is said on the sockets of a room, in whatever order, the room stays sound.

The whole way of a message but for the network and Redis: text and bytes are read as a ``Session``
reads them, decided in turns, published as a ``RoomOwner`` publishes. No clock, no waiting.
"""

from __future__ import annotations

import json
from contextlib import suppress
from types import SimpleNamespace
from typing import Any, Final, cast

from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from pydantic import TypeAdapter

from game import commands as c
from game import protocol as p
from game.categories import CATEGORIES
from game.ink import Pen
from game.room import RoomState, evolve_all
from server import wire
from server.events import Snapshot, read_snapshot, read_turn, write_snapshot, write_turn
from server.owner import RoomOwner
from server.session import Session
from server.turn import Ask, Turn
from server.word_filter import WordFilter
from tests.support.anything import anything
from tests.support.asking import Socket

PLAYERS: Final = 4
SERVER: Final[TypeAdapter[p.AnyServerMessage]] = TypeAdapter(p.AnyServerMessage)
MESSAGES: Final = anything(p.ClientMessage)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["type", "seat", "text", "batch"]), inner, max_size=3)
    ),
    max_leaves=6,
)
POINTS: Final = st.binary(max_size=20).map(lambda data: data * 6)


class Door(Socket):
    """A socket's both ends: it notes what it is told, and reads what it says as a session does."""

    def __init__(self, player: str) -> None:
        super().__init__()
        self.player = player
        nothing: Any = None
        players: Any = SimpleNamespace(unwanted=WordFilter())
        self.session = Session(nothing, nothing, players)
        self.sent_batch = 0
        self.acknowledged = 0
        self.read_upto = 0


class Room(RuleBasedStateMachine):
    """A room with a few sockets, each of which may say anything at any time."""

    @initialize()
    def open(self) -> None:
        self.now = 1_000_000
        self.opening = RoomState("BCDFG", "seed", "e" * len(CATEGORIES))
        self.stored: list[bytes] = []
        services: Any = None
        self.owner = RoomOwner(Snapshot(0, self.now, self.opening), services)
        self.doors: dict[str, Door] = {}
        for number in range(PLAYERS):
            self.dial(number)

    # --- what may happen -------------------------------------------------------------------------

    @rule(number=st.integers(0, PLAYERS - 1))
    def dial(self, number: int) -> None:
        door = Door(f"player {number}")
        before = self.doors.get(door.player)
        self.doors[door.player] = door
        self.ask(c.Join(door.player, f"Name {number}"), door)
        if before is not None and before.seat is not None and door.seat is not None:
            assert before.closing is not None
            assert door.seat == before.seat or before.closing is not p.Close.REPLACED

    @rule(number=st.integers(0, PLAYERS - 1))
    def hang_up(self, number: int) -> None:
        door = self.doors.pop(f"player {number}", None)
        if door is not None:
            self.ask(c.Drop(door.seat or 0), door)

    @rule(number=st.integers(0, PLAYERS - 1), message=MESSAGES)
    def say(self, number: int, message: p.ClientMessage) -> None:
        adapter: TypeAdapter[Any] = TypeAdapter(type(message))
        self.hear(number, adapter.dump_json(message).decode())

    @rule(number=st.integers(0, PLAYERS - 1), said=JSON)
    def babble(self, number: int, said: object) -> None:
        self.hear(number, json.dumps(said))

    @rule(number=st.integers(0, PLAYERS - 1), said=st.text() | st.binary(max_size=40))
    def rave(self, number: int, said: str | bytes) -> None:
        self.hear(number, said)

    @rule(number=st.integers(0, PLAYERS - 1), kind=st.sampled_from(["start", "ready", "rematch"]))
    def play(self, number: int, kind: str) -> None:
        self.hear(number, json.dumps({"type": kind}))

    @rule()
    def go_on(self) -> None:
        """What it takes to get from this phase to the next."""
        kind = {
            p.Phase.LOBBY: "start",
            p.Phase.REVEAL: "ready",
            p.Phase.GAME_OVER: "rematch",
        }.get(self.owner.state.phase)
        if kind is None:
            self.wait(3_000 if self.owner.state.phase is p.Phase.COUNTDOWN else 21_000)
            return
        for number in range(PLAYERS):
            self.hear(number, json.dumps({"type": kind}))
        self.wait(2_000)

    @rule(
        number=st.integers(0, PLAYERS - 1),
        step=st.integers(-2, 3),
        pen=st.sampled_from([Pen(0), Pen.STARTS, Pen.ENDS, Pen.STARTS | Pen.ENDS]),
        points=POINTS,
    )
    def draw(self, number: int, step: int, pen: Pen, points: bytes) -> None:
        door = self.doors.get(f"player {number}")
        if door is not None:
            batch = max(1, door.sent_batch + step)
            self.hear(number, p.write_ink(p.InkBatch(batch, pen, points)))

    @rule(ms=st.sampled_from([1, 50, 3_000, 12_000, 31_000, 61_000]))
    def wait(self, ms: int) -> None:
        self.now += ms
        self.ask(c.Tick(), None)

    @rule(ms=st.sampled_from([400, 9_000]))
    def stall(self, ms: int) -> None:
        """Redis was away, and is back."""
        self.now += ms
        self.ask(c.Stall(ms), None)

    @rule(ms=st.sampled_from([0, 700, 9_000, 3_600_000]), lost=st.sets(st.integers(0, PLAYERS - 1)))
    def die(self, ms: int, lost: set[int]) -> None:
        """The room's server is killed; another takes it on as it was stored, and most come back."""
        stopped_ms, self.now = self.now, self.now + ms
        services: Any = None
        snapshot = Snapshot(len(self.stored), stopped_ms, self.owner.state)
        self.owner = RoomOwner(read_snapshot(write_snapshot(snapshot)), services)
        seats = {player: door.seat for player, door in self.doors.items() if door.closing is None}
        self.doors.clear()
        self.ask(c.Resume(stopped_ms), None)
        assert not any(held.here for held in self.owner.state.seats.values())
        for number in set(range(PLAYERS)) - lost:
            self.dial(number)
            seat = seats.get(f"player {number}")
            assert seat is None or self.doors[f"player {number}"].seat == seat

    @rule(number=st.integers(0, PLAYERS - 1))
    def lose_gateway(self, number: int) -> None:
        door = self.doors.pop(f"player {number}", None)
        if door is not None:
            self.ask(c.Drop(door.seat or 0, cut_off=True), door)

    @precondition(lambda self: self.owner.state.drawings)
    @rule(data=st.data(), right=st.booleans())
    def guess(self, data: st.DataObject, right: bool) -> None:
        state = self.owner.state
        seat = data.draw(st.sampled_from(sorted(state.drawings)))
        self.ask(c.QueueFrame(seat), None)
        drawing = self.owner.state.drawings.get(seat)
        if drawing is None or drawing.in_flight is None:
            return
        best = drawing.prompt if right else (drawing.prompt + 1) % len(CATEGORIES)
        shares = tuple(0.9 if n == best else 0.0 for n in range(len(CATEGORIES)))
        n = drawing.in_flight.n
        self.ask(c.ReceiveGuess(state.game, state.round, seat, n, shares, "m", 1), None)

    # --- how it happens --------------------------------------------------------------------------

    def hear(self, number: int, data: str | bytes) -> None:
        """A message of a socket, on the way that a session takes it."""
        door = self.doors.get(f"player {number}")
        if door is None or door.closing is not None:
            return
        door.session._seat = door.seat
        command = None
        with suppress(p.Refused):
            command = door.session._read(data, self.now)
        if command is not None:
            if isinstance(command, c.AddInk | c.UndoStroke | c.ClearCanvas) and command.batch:
                door.sent_batch = max(door.sent_batch, command.batch)
            self.ask(command, door)

    def ask(self, command: c.Command, door: Door | None) -> None:
        """One turn of the room, stored and told."""
        owner = self.owner
        turn = Turn(owner.state, self.now)
        turn.take([Ask(command, door)], owner.hub)
        turn.settle(lambda _state, _now: [])
        if turn.steps:
            self.stored.append(write_turn(turn.events, self.now))
            owner._state = turn.state
            owner._offset += 1
        owner._publish(turn)

    # --- what always holds -----------------------------------------------------------------------

    @invariant()
    def nothing_went_wrong(self) -> None:
        event(f"phase {self.owner.state.phase}")
        for door in self.doors.values():
            assert p.Code.FAULT not in [refused.code for refused in door.refusals]

    @invariant()
    def what_is_stored_is_the_room(self) -> None:
        state = self.opening
        for stored in self.stored:
            state = evolve_all(state, read_turn(stored)[0])
        assert state == self.owner.state
        snapshot = Snapshot(len(self.stored), self.now, state)
        assert read_snapshot(write_snapshot(snapshot)) == snapshot

    @invariant()
    def every_word_is_of_the_protocol_and_no_secret(self) -> None:
        state = self.owner.state
        for door in self.doors.values():
            for data in door.sent[door.read_upto :]:
                if isinstance(data, bytes):
                    self.check_binary(door, data)
                    continue
                message = cast("Any", SERVER.validate_json(data))
                assert wire.write(message) == data
                if isinstance(message, p.Prompt) and door.seat in state.drawings:
                    own = state.drawings[door.seat].prompt
                    assert message.category == CATEGORIES[own]
            door.read_upto = len(door.sent)

    def check_binary(self, door: Door, data: bytes) -> None:
        """What is acknowledged was sent, and the count never goes back."""
        if data[0] == p.ACKNOWLEDGED:
            number = int.from_bytes(data[1:], "little")
            assert number >= door.acknowledged
            door.acknowledged = number
        else:
            assert data[0] == p.RELAYED_INK

    @invariant()
    def one_listener_for_a_seat_and_a_seat_for_a_player(self) -> None:
        players = [held.player for held in self.owner.state.seats.values()]
        assert len(players) == len(set(players))
        for player, door in self.doors.items():
            if door.closing is None and door.seat is not None:
                assert self.owner.state.seats[door.seat].player == player


TestRoom = Room.TestCase
TestRoom.settings = settings(max_examples=40, stateful_step_count=30)
