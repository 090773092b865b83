"""A room: ``decide(state, command, now) -> events``, ``evolve(state, event) -> state``.

This is the only way a room changes. Both are pure: the clock is an argument, the seed is in the
state, and a command that is refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from game import commands as c
from game import drawing, rounds, seating
from game import events as e
from game.evolve import evolve, evolve_all
from game.phases import ALLOWED
from game.protocol import Code, Phase, Refused
from game.rounds import next_due_ms
from game.state import RoomState

__all__ = ["RoomState", "decide", "evolve", "evolve_all", "next_due_ms"]


def _nothing(_state: RoomState, _command: c.Tick, _now: int) -> Iterator[e.Event]:
    yield from ()


_DECISIONS: Final[Mapping[type[c.Command], Callable[[RoomState, Any, int], Iterator[e.Event]]]] = {
    c.Join: seating.join,
    c.Drop: seating.drop,
    c.Leave: seating.leave,
    c.Kick: seating.kick,
    c.ChangeSettings: seating.change_settings,
    c.Rename: seating.rename,
    c.Say: seating.say,
    c.StartGame: rounds.start_game,
    c.MarkReady: rounds.mark_ready,
    c.Rematch: rounds.rematch,
    c.AddInk: drawing.add_ink,
    c.UndoStroke: drawing.undo_stroke,
    c.ClearCanvas: drawing.clear_canvas,
    c.QueueFrame: drawing.queue_frame,
    c.ReceiveGuess: drawing.receive_guess,
    c.Tick: _nothing,
    c.Resume: rounds.resume,
}

_REFUSALS: Final[Mapping[Phase, str]] = {
    Phase.LOBBY: "The game has not started yet.",
    Phase.COUNTDOWN: "Wait for the countdown to end.",
    Phase.DRAWING: "That cannot be done while a round is on.",
    Phase.JUDGING: "That cannot be done while the last ink is judged.",
    Phase.REVEAL: "This round is over.",
    Phase.GAME_OVER: "This game is over.",
}


def decide(state: RoomState, command: c.Command, now: int) -> list[e.Event]:
    """What happens because of ``command`` at ``now``, with all that follows from it by itself.

    Raises ``Refused`` with a sentence for the player when the command cannot be done.
    """
    if type(command) not in ALLOWED[state.phase]:
        raise Refused(Code.WRONG_PHASE, _REFUSALS[state.phase])
    if not isinstance(command, c.Join | c.ReceiveGuess | c.QueueFrame | c.Tick | c.Resume) and (
        command.seat not in state.seats
    ):
        raise Refused(Code.NO_SEAT, "You have no seat in this room.")
    events = list(_DECISIONS[type(command)](state, command, now))
    state = evolve_all(state, events)
    while (event := rounds.due(state, now)) is not None:
        events.append(event)
        state = evolve(state, event)
    return events
