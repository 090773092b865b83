"""What is kept of a game so that its verdicts can be derived again, by ``server.verdicts``.

One record for each match: the exact ink of the frame that decided it, what had to be drawn and how
sure the network had to be, what came of it, and which network and rasteriser said so. One for the
podium, and one for each score that a player gave up by leaving, so that the points can be added up.
Of a game of pictionary also what each guesser typed to be right, and what each drawer earned.

================================  =================================================================
``match:ROUND:SEAT:PLAYER``        ``MatchRecord``
``solve:ROUND:SEAT:PLAYER:MS``     ``SolveRecord``: a guess that was right
``drew:ROUND:SEAT:PLAYER``         ``DrewRecord``: what the drawer of a turn earned
``left:ROUND:SEAT:PLAYER:SCORE``   ``Forfeit``: that player left in that round with that score
``end``                            ``Podium``: the game was played to its end
================================  =================================================================

Whoever guesses right, leaves and comes back may guess right again in the same turn: hence the last
parts, by which each of these is kept.
The same records come of the same room however often they are asked for, so keeping one again
changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from pydantic import TypeAdapter

from game.categories import CATEGORIES
from game.deck import deck_of, level_of
from game.dynamics import Sign
from game.ink import BYTES_AS_BASE64, pack
from game.protocol import Level, Phase
from game.state import Drawn, RoomState, Turn


@dataclass(frozen=True, slots=True)
class MatchRecord:
    """A verdict with all that it rests on."""

    __pydantic_config__: ClassVar[dict[str, Any]] = BYTES_AS_BASE64

    player: str
    round: int
    prompt: str
    level: Level
    among: tuple[str, ...] | None  # the deck, where the network had to choose among its cards
    confidence: float  # how sure it had to be, 0-1
    frame: int
    ink: bytes = field(repr=False)  # of that frame, as ``game.ink.pack`` packs it
    p: float  # how sure it was, 0-1
    ms: int  # into the round, when the deciding ink arrived
    total_ms: int  # of drawing in that round
    points: int
    model: str  # hash of the weights
    raster: int  # version of the rasteriser
    for_machine: bool = False  # the network won these points itself, in pictionary
    signs: tuple[Sign, ...] | None = None  # that no hand drew it; None: not looked for then


@dataclass(frozen=True, slots=True)
class SolveRecord:
    """A right guess of pictionary with all that it rests on."""

    player: str
    round: int
    prompt: str
    level: Level
    text: str
    category: str | None  # what the player's page read in it, in their language
    ms: int  # into the turn, when the guess arrived
    total_ms: int  # of guessing in that turn
    points: int


@dataclass(frozen=True, slots=True)
class DrewRecord:
    """What a turn of pictionary earned its drawer."""

    player: str
    round: int
    level: Level
    among: int  # people who guessed
    beaten: int  # of whom so many beat the network
    points: int


@dataclass(frozen=True, slots=True)
class Forfeit:
    """A score that its player gave up."""

    player: str
    score: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A player's part in a finished game."""

    player: str
    score: int
    matches: int
    seat: int = 0
    drawn: tuple[Drawn, ...] = ()


@dataclass(frozen=True, slots=True)
class Podium:
    """How a game ended, in order of seats."""

    standings: tuple[Standing, ...]
    mode: str = "race"
    rounds: int = 0
    ended_ms: int = 0  # Unix time
    public: bool = False  # played in a public room
    machine_score: int = 0  # what the network won, in pictionary


@dataclass(frozen=True, slots=True)
class GameRecord:
    """All that is kept of one game. ``podium`` is None if it was not played to its end."""

    matches: tuple[MatchRecord, ...]
    forfeits: tuple[Forfeit, ...]
    podium: Podium | None
    solves: tuple[SolveRecord, ...] = ()
    turns: tuple[DrewRecord, ...] = ()


_MATCH: Final = TypeAdapter(MatchRecord)
_SOLVE: Final = TypeAdapter(SolveRecord)
_DREW: Final = TypeAdapter(DrewRecord)
_LEFT: Final = TypeAdapter(Forfeit)
_END: Final = TypeAdapter(Podium)
END_FIELD: Final = "end"


def records(state: RoomState) -> dict[str, bytes]:
    """What is to be kept of the room as it is: its matches, and the podium once there is one."""
    found = {
        f"match:{state.round}:{seat}:{state.seats[seat].player}": _match(state, seat)
        for seat, drawing in state.drawings.items()
        if drawing.match is not None
    }
    if state.turn is not None:
        found |= _turn(state, state.turn)
    if state.phase is Phase.GAME_OVER:
        standings = tuple(
            Standing(held.player, held.score, held.matches, seat, held.drawn)
            for seat, held in sorted(state.seats.items())
        )
        end = Podium(
            standings,
            mode=state.settings.mode,
            rounds=state.round,
            ended_ms=state.phase_since_ms,
            public=state.settings.public,
            machine_score=state.machine_score,
        )
        found[END_FIELD] = _END.dump_json(end)
    return found


def farewell(before: RoomState, seat: int) -> dict[str, bytes]:
    """What is to be kept when ``seat`` is given up in a room that was ``before``."""
    held = before.seats[seat]
    if before.phase in (Phase.LOBBY, Phase.GAME_OVER):
        return {}
    if not held.score:
        return records(before) if before.turn else {}  # the network may have won by its drawing
    left = _LEFT.dump_json(Forfeit(held.player, held.score))
    return {**records(before), f"left:{before.round}:{seat}:{held.player}:{held.score}": left}


def _match(state: RoomState, seat: int) -> bytes:
    drawing, settings = state.drawings[seat], state.settings
    match = drawing.match
    assert match is not None  # noqa: S101 - asked for matched drawings only
    among = None
    if settings.guess_among == "deck":
        among = tuple(CATEGORIES[index] for index in deck_of(settings, state.levels))
    return _MATCH.dump_json(
        MatchRecord(
            player=state.seats[seat].player,
            round=state.round,
            prompt=CATEGORIES[drawing.prompt],
            level=level_of(state.levels, drawing.prompt),
            among=among,
            confidence=settings.confidence,
            frame=match.frame.n,
            ink=pack(match.frame.ink),
            p=drawing.prompt_p,  # of the newest guess, and a match is the last there is
            ms=match.ms,
            total_ms=drawing.total_ms,
            points=match.points,
            model=match.model,
            raster=match.raster,
            for_machine=state.turn is not None,
            signs=match.signs,
        )
    )


def _turn(state: RoomState, turn: Turn) -> dict[str, bytes]:
    level = level_of(state.levels, turn.prompt)
    found = {}
    for seat, solve in turn.solved.items():
        player = state.seats[seat].player
        found[f"solve:{state.round}:{seat}:{player}:{solve.ms}"] = _SOLVE.dump_json(
            SolveRecord(
                player=player,
                round=state.round,
                prompt=CATEGORIES[turn.prompt],
                level=level,
                text=solve.text,
                category=solve.category,
                ms=solve.ms,
                total_ms=solve.total_ms,
                points=solve.points,
            )
        )
    if turn.drawer is not None and turn.points:
        player = state.seats[turn.drawer].player
        found[f"drew:{state.round}:{turn.drawer}:{player}"] = _DREW.dump_json(
            DrewRecord(player, state.round, level, turn.among, turn.beaten, turn.points)
        )
    return found


def read_records(stored: Mapping[bytes, bytes]) -> GameRecord:
    """What was kept of a game, in order of rounds and seats.

    Raises ``ValueError`` for what is no such record.
    """
    ordered = sorted(stored.items(), key=lambda item: [_number(p) for p in item[0].split(b":")])
    kinds = [(name.partition(b":")[0].decode(), value) for name, value in ordered]
    end = stored.get(END_FIELD.encode())
    return GameRecord(
        matches=tuple(_MATCH.validate_json(value) for kind, value in kinds if kind == "match"),
        forfeits=tuple(_LEFT.validate_json(value) for kind, value in kinds if kind == "left"),
        podium=_END.validate_json(end) if end is not None else None,
        solves=tuple(_SOLVE.validate_json(value) for kind, value in kinds if kind == "solve"),
        turns=tuple(_DREW.validate_json(value) for kind, value in kinds if kind == "drew"),
    )


def read_podium(stored: bytes) -> Podium:
    """What was kept of a game's end. Raises ``ValueError`` for what is no such record."""
    return _END.validate_json(stored)


def _number(part: bytes) -> tuple[int, bytes]:
    return (int(part), b"") if part.isdigit() else (-1, part)
