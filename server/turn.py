"""One turn of a room: what was asked of it since the last, decided in order, in memory.

A turn has no effect until its events are stored; what follows from it is worked out afterwards
from the steps it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from game import commands as c
from game.events import Event
from game.protocol import Refused
from game.room import RoomState, decide, evolve
from game.seating import seat_of
from server.hub import Listener, RoomHub


@dataclass(frozen=True, slots=True)
class Ask:
    """A command, and who waits for what becomes of it."""

    command: c.Command
    asker: Asker | None = None

    @property
    def may_wait(self) -> bool:
        """Whether this may wait a moment to share a turn with others of its kind."""
        return isinstance(self.command, c.AddInk | c.ReceiveGuess)


class Asker(Listener):
    """A socket that asks as well as listens."""

    def refuse(self, command: c.Command, refused: Refused) -> None:
        """Say that ``command`` was not accepted."""
        raise NotImplementedError

    def seated(self, seat: int) -> None:
        """This socket now speaks for ``seat``."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Step:
    """An event between the states around it."""

    event: Event
    before: RoomState
    after: RoomState


@dataclass(slots=True)
class Turn:
    """Events decided so far, and the room as it would be after them."""

    state: RoomState
    now_ms: int
    steps: list[Step] = field(default_factory=list)
    joined: dict[int, Asker] = field(default_factory=dict)
    heard: set[int] = field(default_factory=set)  # seats whose ink is to be acknowledged

    @property
    def events(self) -> list[Event]:
        """What happened, in order."""
        return [step.event for step in self.steps]

    def take(self, asks: Sequence[Ask], hub: RoomHub) -> None:
        """Decide every ask; the refused are told and change nothing."""
        for ask in asks:
            if not self._speaks_for_its_seat(ask, hub):
                continue
            try:
                self.decide(ask.command)
            except Refused as refused:
                if ask.asker is not None:
                    ask.asker.refuse(ask.command, refused)
            else:
                self._note(ask)

    def decide(self, command: c.Command) -> None:
        """Decide one command on top of what was decided before. Raises ``Refused``."""
        for event in decide(self.state, command, self.now_ms):
            after = evolve(self.state, event)
            self.steps.append(Step(event, self.state, after))
            self.state = after

    def settle(self, ready: Callable[[RoomState, int], list[int]]) -> None:
        """Let time pass, and queue the frames that are ready."""
        self.decide(c.Tick())
        for seat in ready(self.state, self.now_ms):
            self.decide(c.QueueFrame(seat))

    def _speaks_for_its_seat(self, ask: Ask, hub: RoomHub) -> bool:
        """False for the last words of a socket that was replaced or removed meanwhile."""
        if ask.asker is None or isinstance(ask.command, c.Join):
            return True
        assert not isinstance(ask.command, c.Tick | c.Resume)  # noqa: S101 - nobody asks for these
        seat = ask.command.seat
        if isinstance(ask.command, c.Drop):
            self.joined = {s: each for s, each in self.joined.items() if each is not ask.asker}
            return hub.detach(seat, ask.asker)
        return seat not in self.joined and hub.listener(seat) is ask.asker

    def _note(self, ask: Ask) -> None:
        match ask.command:
            case c.Join(player=player) if ask.asker is not None:
                seat = seat_of(self.state, player)
                if seat is not None:
                    self.joined[seat] = ask.asker
            case c.AddInk(seat=seat) | c.UndoStroke(seat=seat) | c.ClearCanvas(seat=seat):
                self.heard.add(seat)
            case _:
                pass
