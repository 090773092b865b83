"""The phases of a room as two tables: what may be asked when, and what leads where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from game import commands as c
from game import events as e
from game.protocol import Phase

_ALWAYS: Final[frozenset[type[c.Command]]] = frozenset(
    {c.Join, c.Drop, c.Leave, c.Kick, c.Lock, c.HandOver, c.ExtendTime}
    | {c.Rename, c.Say, c.Erase, c.Tick, c.Resume, c.Stall}
)
# Late answers and a recogniser one step behind are no mistakes: the rules sort them out.
_NETWORK: Final[frozenset[type[c.Command]]] = frozenset({c.QueueFrame, c.ReceiveGuess})
_GUESS: Final[frozenset[type[c.Command]]] = frozenset({c.GuessWord})
_PEN: Final[frozenset[type[c.Command]]] = frozenset({c.AddInk, c.UndoStroke, c.ClearCanvas})

ALLOWED: Final[Mapping[Phase, frozenset[type[c.Command]]]] = {
    Phase.LOBBY: _ALWAYS | _NETWORK | {c.ChangeSettings, c.StartGame},
    Phase.COUNTDOWN: _ALWAYS | _NETWORK,
    Phase.DRAWING: _ALWAYS | _NETWORK | _PEN | _GUESS,
    Phase.JUDGING: _ALWAYS | _NETWORK | _PEN | _GUESS,
    # Ink still on its way when the round ended is no mistake either: it is skipped.
    Phase.REVEAL: _ALWAYS | _NETWORK | _PEN | {c.MarkReady},
    Phase.GAME_OVER: _ALWAYS | _NETWORK | {c.Rematch},
}

TRANSITIONS: Final[Mapping[Phase, Mapping[type[e.Event], Phase]]] = {
    Phase.LOBBY: {e.RoundStarted: Phase.COUNTDOWN},
    Phase.COUNTDOWN: {e.PensUp: Phase.DRAWING, e.LobbyOpened: Phase.LOBBY},
    Phase.DRAWING: {
        e.PensDown: Phase.JUDGING,
        e.RoundEnded: Phase.REVEAL,
        e.LobbyOpened: Phase.LOBBY,
    },
    Phase.JUDGING: {e.RoundEnded: Phase.REVEAL, e.LobbyOpened: Phase.LOBBY},
    Phase.REVEAL: {
        e.RoundStarted: Phase.COUNTDOWN,
        e.GameEnded: Phase.GAME_OVER,
        e.LobbyOpened: Phase.LOBBY,
    },
    Phase.GAME_OVER: {e.LobbyOpened: Phase.LOBBY},
}


def after(phase: Phase, event: e.Event) -> Phase:
    """The phase that ``event`` leads to; the same one for an event that moves nothing."""
    return TRANSITIONS[phase].get(type(event), phase)
