"""What a finished game is worth to the boards, taken from the room as the game left it."""

from __future__ import annotations

from dataclasses import dataclass

from game.scoring import places
from game.state import Drawn, RoomState


@dataclass(frozen=True, slots=True)
class Result:
    """One player's part in a finished game.

    ``feats`` are what records and streaks are made of: one's drawings in a race, one's guesses in
    pictionary, where a drawing that the network recognises is nothing to be proud of.

    A ``flagged`` one has ink in it that no hand drew, and stays off the boards unless the host of
    the server wants it there.
    """

    player_id: str
    points: int
    matches: int
    drawn: tuple[Drawn, ...] = ()
    feats: tuple[Drawn, ...] = ()
    place: int = 1
    seat: int = 0
    flagged: bool = False


@dataclass(frozen=True, slots=True)
class Award:
    """A finished game. ``game_id`` is what it is counted once by."""

    game_id: str
    ended_ms: int  # Unix time
    results: tuple[Result, ...]
    mode: str = "race"
    public: bool = False  # played in a public room, so that anybody may look at it
    rounds: int = 0


def award_of(state: RoomState) -> Award:
    """What is to be counted of a room whose game is over: all who stayed to the end."""
    place = places({seat: -held.score for seat, held in state.seats.items()})
    return Award(
        game_id=state.game_id,
        ended_ms=state.phase_since_ms,
        results=tuple(
            Result(
                player_id=held.player,
                points=held.score,
                matches=held.matches,
                drawn=held.drawn,
                feats=held.drawn if state.settings.mode == "race" else held.guessed,
                place=place[seat],
                seat=seat,
                flagged=bool(held.signs),
            )
            for seat, held in sorted(state.seats.items())
        ),
        mode=state.settings.mode,
        public=state.settings.public,
        rounds=state.round,
    )
