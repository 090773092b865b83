"""A room: ``decide(state, command, now) -> steps``, ``evolve(state, event) -> state``.

This is the only way a room changes. Both are pure: the clock is an argument, the seed is in the
state, and a command that is refused leaves nothing behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from game import commands as c
from game import drawing, pictionary, rounds, seating
from game import events as e
from game.evolve import evolve, evolve_all
from game.phases import ALLOWED
from game.protocol import Code, Phase, Refused
from game.rounds import next_due_ms
from game.state import RoomState

__all__ = ["RoomState", "Step", "decide", "evolve", "evolve_all", "next_due_ms"]


class Step(NamedTuple):
    """An event between the states around it: ``after`` is ``evolve(before, event)``."""

    event: e.Event
    before: RoomState
    after: RoomState


def _nothing(_state: RoomState, _command: c.Tick, _now: int) -> Iterator[e.Event]:
    yield from ()


_DECISIONS: Final[Mapping[type[c.Command], Callable[[RoomState, Any, int], Iterator[e.Event]]]] = {
    c.Join: seating.join,
    c.Drop: seating.drop,
    c.Leave: seating.leave,
    c.Kick: seating.kick,
    c.ChangeSettings: seating.change_settings,
    c.Lock: seating.lock,
    c.HandOver: seating.hand_over,
    c.ExtendTime: seating.extend_time,
    c.Rename: seating.rename,
    c.Say: seating.say,
    c.GuessWord: pictionary.guess_word,
    c.StartGame: rounds.start_game,
    c.MarkReady: rounds.mark_ready,
    c.Rematch: rounds.rematch,
    c.AddInk: drawing.add_ink,
    c.UndoStroke: drawing.undo_stroke,
    c.ClearCanvas: drawing.clear_canvas,
    c.QueueFrame: drawing.queue_frame,
    c.ReceiveGuess: drawing.receive_guess,
    c.Erase: seating.erase,
    c.Tick: _nothing,
    c.Resume: rounds.resume,
    c.Stall: rounds.stall,
}

_REFUSALS: Final[Mapping[Phase, str]] = {
    Phase.LOBBY: "The game has not started yet.",
    Phase.COUNTDOWN: "Wait for the countdown to end.",
    Phase.DRAWING: "That cannot be done while a round is on.",
    Phase.JUDGING: "That cannot be done while the last ink is judged.",
    Phase.REVEAL: "This round is over.",
    Phase.GAME_OVER: "This game is over.",
}


# Nothing follows from more ink, or from a question to the network. They are most of what a room
# is asked, and what time brings meanwhile it brings by the ``Tick`` that ends each turn.
_INCONSEQUENTIAL: Final = frozenset({c.AddInk, c.QueueFrame})


def decide(state: RoomState, command: c.Command, now: int) -> list[Step]:
    """What happens because of ``command`` at ``now``, with all that follows from it by itself.

    The first step starts from ``state``, every other where the one before it ended. Raises
    ``Refused`` with a sentence for the player when the command cannot be done.
    """
    if type(command) not in ALLOWED[state.phase]:
        raise Refused(Code.WRONG_PHASE, _REFUSALS[state.phase])
    if not isinstance(
        command, c.Join | c.Erase | c.ReceiveGuess | c.QueueFrame | c.Tick | c.Resume | c.Stall
    ) and (command.seat not in state.seats):
        raise Refused(Code.NO_SEAT, "You have no seat in this room.")
    return list(_steps(state, command, now))


def _steps(state: RoomState, command: c.Command, now: int) -> Iterator[Step]:
    for event in _DECISIONS[type(command)](state, command, now):
        before, state = state, evolve(state, event)
        yield Step(event, before, state)
    if type(command) in _INCONSEQUENTIAL:
        return
    while (following := rounds.due(state, now)) is not None:
        before, state = state, evolve(state, following)
        yield Step(following, before, state)
