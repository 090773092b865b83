"""Finished games as anybody may look at them: the last public ones, and one with its verdicts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from game.categories import CATEGORIES
from server import board_keys as keys
from server.archive import GameRecord, MatchRecord, Podium
from server.cursors import cursor_of, downward
from server.players import Players
from server.replays import Replays
from server.store import read_podiums, read_verdicts


@dataclass(frozen=True, slots=True)
class DrawnThen:
    """What became of one drawing; ``ms`` is into the round, None if it was not recognised."""

    round: int
    category: str
    ms: int | None
    points: int


@dataclass(frozen=True, slots=True)
class Stood:
    """A player's part in a game. Names are those of today."""

    place: int
    player_id: str
    name: str
    points: int
    matches: int
    drawings: tuple[DrawnThen, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the network said that decided a match, and which network it was.

    ``for_network``: in pictionary its points are the network's own, not the player's who drew.
    ``python -m server.verdicts GAME`` derives it again from the ink.
    """

    round: int
    player_id: str
    category: str
    p: float  # how sure the network was, 0-1
    confidence: float  # how sure it had to be
    ms: int
    total_ms: int
    points: int
    model: str
    raster: int
    for_network: bool


@dataclass(frozen=True, slots=True)
class Game:
    """A finished game. ``ended_ms`` is Unix time; ``network_points`` are what it won, if any.

    ``watchable``: its replay is still there.
    """

    game: str
    mode: str
    public: bool
    watchable: bool
    rounds: int
    ended_ms: int
    network_points: int
    standings: tuple[Stood, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A finished game with its verdicts, in order of rounds."""

    summary: Game
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Games:
    """Some of the last public games, the newest first, and the cursor of those before."""

    games: tuple[Game, ...]
    next: str | None


class Record:
    """The games on record, in Redis."""

    def __init__(self, redis: Redis, players: Players, replays: Replays) -> None:
        self._redis = redis
        self._players = players
        self._replays = replays

    async def recent(self, limit: int, cursor: str | None = None) -> Games:
        """The last public games. Raises ``Refused`` for what is no cursor."""
        scored = await downward(self._redis, keys.RECENT, limit + 1, cursor)
        further, scored = len(scored) > limit, scored[:limit]
        ids = [game for game, _ in scored]
        ended = [
            (game, podium)
            for game, podium in zip(ids, await read_podiums(self._redis, ids), strict=True)
            if podium is not None  # else it is too long ago
        ]
        named = await self._names([podium for _, podium in ended])
        watchable = await self._replays.watchable(game for game, _ in ended)
        return Games(
            tuple(_game(game, podium, named, watchable) for game, podium in ended),
            # What is older than one that is too long ago is so, too.
            cursor_of(scored[-1][1], ids[-1]) if further and len(ended) == len(ids) else None,
        )

    async def game(self, game_id: str) -> Judged | None:
        """A finished game with its verdicts; None if there is none, or it is too long ago."""
        record = await read_verdicts(self._redis, game_id)
        if record is None or record.podium is None:
            return None
        named = await self._names([record.podium])
        watchable = await self._replays.watchable([game_id])
        return Judged(_game(game_id, record.podium, named, watchable), _verdicts(record))

    async def _names(self, podiums: list[Podium]) -> dict[str, str]:
        ids = sorted({held.player for podium in podiums for held in podium.standings})
        return dict(zip(ids, await self._players.names(ids), strict=True)) if ids else {}


def _game(game_id: str, podium: Podium, named: dict[str, str], watchable: Collection[str]) -> Game:
    ranked = sorted(podium.standings, key=lambda held: (-held.score, held.seat))
    scores = [held.score for held in ranked]
    return Game(
        game=game_id,
        mode=podium.mode,
        public=podium.public,
        watchable=game_id in watchable,
        rounds=podium.rounds,
        ended_ms=podium.ended_ms,
        network_points=podium.machine_score,
        standings=tuple(
            Stood(
                place=1 + scores.index(held.score),
                player_id=held.player,
                name=named[held.player],
                points=held.score,
                matches=held.matches,
                drawings=tuple(
                    DrawnThen(drawn.round, CATEGORIES[drawn.prompt], drawn.ms, drawn.points)
                    for drawn in held.drawn
                ),
            )
            for held in ranked
        ),
    )


def _verdicts(record: GameRecord) -> tuple[Verdict, ...]:
    return tuple(_verdict(match) for match in record.matches)


def _verdict(match: MatchRecord) -> Verdict:
    fields: dict[str, Any] = {
        name: getattr(match, name)
        for name in ("round", "confidence", "ms", "total_ms", "points", "model", "raster")
    }
    return Verdict(
        player_id=match.player,
        category=match.prompt,
        p=round(match.p, 4),
        for_network=match.for_machine,
        **fields,
    )
