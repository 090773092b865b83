"""One turn of a room: what was asked of it since the last, decided in order, in memory.

A turn has no effect until its events are stored; what follows from it is worked out afterwards
from the steps it is made of.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from game import commands as c
from game.events import Event
from game.protocol import Code, Refused
from game.room import RoomState, Step, decide
from game.seating import seat_of
from server.hub import Listener, RoomHub

_log = logging.getLogger(__name__)
_FAULT: Final = Refused(Code.FAULT, "Something went wrong on our side; that was not done.")


@dataclass(frozen=True, slots=True)
class Ask:
    """A command, and who waits for what becomes of it."""

    command: c.Command
    asker: Asker | None = None

    @property
    def may_wait(self) -> bool:
        """Whether this may wait a moment to share a turn with others of its kind."""
        return isinstance(self.command, c.AddInk | c.ReceiveGuess)


class Asker(Listener, Protocol):
    """A socket that asks as well as listens."""

    def refuse(self, command: c.Command, refused: Refused) -> None:
        """Say that ``command`` was not accepted."""

    def seated(self, seat: int) -> None:
        """This socket now speaks for ``seat``."""


@dataclass(slots=True)
class Turn:
    """Events decided so far, and the room as it would be after them."""

    state: RoomState
    now_ms: int
    steps: list[Step] = field(default_factory=list)
    joined: dict[int, Asker] = field(default_factory=dict)
    replaced: list[Asker] = field(default_factory=list)  # came in, but not as the last of its seat
    heard: set[int] = field(default_factory=set)  # seats whose ink is to be acknowledged

    @property
    def events(self) -> list[Event]:
        """What happened, in order."""
        return [step.event for step in self.steps]

    def take(self, asks: Sequence[Ask], hub: RoomHub) -> None:
        """Decide every ask; the refused are told and change nothing."""
        for ask in asks:
            try:
                self._take(ask, hub)
            except Refused as refused:
                if ask.asker is not None:
                    ask.asker.refuse(ask.command, refused)
            except Exception:  # noqa: BLE001 - a fault in the rules, whatever it is
                # Deciding is pure: the room is as it was, and one bad command must not end it.
                _log.exception("room %s: %s failed", self.state.code, type(ask.command).__name__)
                if ask.asker is not None:
                    ask.asker.refuse(ask.command, _FAULT)

    def _take(self, ask: Ask, hub: RoomHub) -> None:
        if isinstance(ask.command, c.Drop) and ask.asker is not None:
            self._let_go(ask.asker, hub, cut_off=ask.command.cut_off)
        elif self._speaks_for_its_seat(ask, hub):
            self.decide(ask.command)
            self._note(ask)

    def decide(self, command: c.Command) -> None:
        """Decide one command on top of what was decided before. Raises ``Refused``."""
        steps = decide(self.state, command, self.now_ms)
        if steps:
            self.steps += steps
            self.state = steps[-1].after

    def settle(self, ready: Callable[[RoomState, int], list[int]]) -> None:
        """Let time pass, and queue the frames that are ready."""
        self.decide(c.Tick())
        for seat in ready(self.state, self.now_ms):
            self.decide(c.QueueFrame(seat))

    def _speaks_for_its_seat(self, ask: Ask, hub: RoomHub) -> bool:
        """False for the last words of a socket that was replaced or removed meanwhile."""
        if ask.asker is None or isinstance(ask.command, c.Join):
            return True
        assert not isinstance(ask.command, c.Erase | c.Tick | c.Resume | c.Stall)  # noqa: S101 - nobody asks for these
        seat = ask.command.seat
        return seat not in self.joined and hub.listener(seat) is ask.asker

    def _let_go(self, asker: Asker, hub: RoomHub, *, cut_off: bool) -> None:
        """A socket is gone, and with it its player, unless another socket has the seat by now."""
        joined = next((seat for seat, each in self.joined.items() if each is asker), None)
        if joined is not None:
            del self.joined[joined]
        listening = hub.seat_of(asker)
        if listening is not None:
            hub.detach(listening, asker)
        seat = joined if joined is not None else listening
        if seat is None or seat not in self.state.seats or seat in self.joined:
            return
        if not self._has_former(seat, hub):
            self.decide(c.Drop(seat, cut_off))

    def _has_former(self, seat: int, hub: RoomHub) -> bool:
        """Whether the player on ``seat`` had a socket before this turn and has it still."""
        before = self.steps[0].before if self.steps else self.state
        return (
            hub.listener(seat) is not None
            and seat in before.seats
            and before.seats[seat].player == self.state.seats[seat].player
        )

    def _note(self, ask: Ask) -> None:
        match ask.command:
            case c.Join(player=player, name=name) if ask.asker is not None:
                seat = seat_of(self.state, player)
                if seat is not None:
                    if self.state.seats[seat].name != name:
                        self.decide(c.Rename(seat, name))
                    if seat in self.joined:
                        self.replaced.append(self.joined[seat])
                    self.joined[seat] = ask.asker
            case c.AddInk(seat=seat) | c.UndoStroke(seat=seat) | c.ClearCanvas(seat=seat):
                self.heard.add(seat)
            case _:
                pass
