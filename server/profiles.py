"""What the boards know of one player, of one category, and of the last public games."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from game.categories import CATEGORIES
from ml.commands import Command, by_name, together
from server import board_keys as keys
from server.board_keys import By
from server.counting import TIME_SLICE_MS, TIME_SLICES
from server.periods import Period, span_of
from server.players import Players
from server.replays import Replays
from server.standing import FASTEST

MIN_DRAWN: Final = 3  # a category drawn less often is neither a best nor a worst one
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class BestOf:
    """A personal record: the figure, when it was set, and the game if anybody may look at it.

    ``value`` is in points, in milliseconds, or in matches in a row. ``watchable``: the game's
    replay is still there.
    """

    value: int
    at_ms: int
    game: str | None
    watchable: bool
    category: str | None = None  # of the fastest match


@dataclass(frozen=True, slots=True)
class ModeFigures:
    """A player's games of one mode. ``rank`` is theirs among all, by points of all time."""

    mode: str
    rank: int | None
    games: int
    wins: int  # games with others that nobody won by more points
    drawn: int  # or, in pictionary, turns in which they guessed
    matches: int
    points: int
    best: BestOf | None
    fastest: BestOf | None
    streak: BestOf | None


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """How a player does with one category."""

    category: str
    drawn: int
    matched: int
    fastest_ms: int | None


@dataclass(frozen=True, slots=True)
class PlayedGame:
    """One of a player's last games. ``game`` names it if it was public."""

    game: str | None
    ended_ms: int
    mode: str
    points: int
    matches: int
    drawn: int
    place: int
    players: int


@dataclass(frozen=True, slots=True)
class Profile:
    """All that the boards know of a player. Times are Unix milliseconds."""

    player_id: str
    name: str
    first_ms: int | None
    last_ms: int | None
    modes: tuple[ModeFigures, ...]
    best_categories: tuple[CategoryFigures, ...]
    worst_categories: tuple[CategoryFigures, ...]
    games: tuple[PlayedGame, ...]


@dataclass(frozen=True, slots=True)
class Slice:
    """How many matches took this long; ``to_ms`` is None for the last slice."""

    from_ms: int
    to_ms: int | None
    matches: int


@dataclass(frozen=True, slots=True)
class FastMatch:
    """A player's fastest match of a category. ``game`` names it if it was public.

    ``watchable``: its replay is still there.
    """

    player_id: str
    name: str
    ms: int
    game: str | None
    watchable: bool


@dataclass(frozen=True, slots=True)
class PublicDrawing:
    """Where a drawing of a public game is to be found."""

    game: str
    round: int
    seat: int


@dataclass(frozen=True, slots=True)
class CategoryInPlay:
    """What became of all drawings of one category in play."""

    drawn: int
    matched: int
    mean_ms: int | None  # of the matches
    times: tuple[Slice, ...]
    fastest: tuple[FastMatch, ...]
    drawings: tuple[PublicDrawing, ...]  # the last ones


class Profiles:
    """Players and categories as the boards know them, in Redis."""

    def __init__(self, redis: Redis, players: Players, replays: Replays) -> None:
        self._redis = redis
        self._players = players
        self._replays = replays

    async def player(self, player_id: str) -> Profile | None:
        """What is known of a player; None if there is no such player any more."""
        sums_key, drawn_key, games_key = keys.player(player_id)
        forever = span_of(Period.ALL, 0)
        asked: list[Command] = [
            ("HGETALL", sums_key),
            ("HGETALL", drawn_key),
            ("LRANGE", games_key, 0, -1),
            *(("ZREVRANK", keys.board(m, forever, By.POINTS), player_id) for m in keys.MODES),
            *self._players.asking_names([player_id]),
        ]
        summed, drawn, games, *ranks, name = await together(self._redis, asked)
        if name is None:
            return None
        sums = by_name(summed)
        linked = [stored.decode() for field, stored in sums.items() if field.endswith(b"_game")]
        watchable = await self._replays.watchable(filter(None, linked))
        best, worst = _best_and_worst(by_name(drawn))
        return Profile(
            player_id=player_id,
            name=Players.shown(name),
            first_ms=_number(sums.get(b"first_ms")),
            last_ms=_number(sums.get(b"last_ms")),
            modes=tuple(
                _mode(mode, rank, sums, watchable)
                for mode, rank in zip(keys.MODES, ranks, strict=True)
                if f"{mode}:games".encode() in sums
            ),
            best_categories=best,
            worst_categories=worst,
            games=tuple(PlayedGame(**json.loads(line)) for line in games),
        )

    async def drawings(self, index: int) -> list[PublicDrawing]:
        """Where the last public drawings of a category are, the newest first."""
        *_, drawings_key = keys.category(index)
        places: Any = await self._redis.lrange(drawings_key, 0, -1)
        return [_drawing(place.decode()) for place in places]

    async def category(self, index: int, limit: int = 10) -> CategoryInPlay:
        """What became of the drawings of a category, with its ``limit`` fastest players."""
        sums_key, fastest_key, links_key, drawings_key = keys.category(index)
        asked: list[Command] = [
            ("HGETALL", sums_key),
            ("ZREVRANGE", fastest_key, 0, limit - 1, "WITHSCORES"),
            ("LRANGE", drawings_key, 0, -1),
        ]
        summed, ranked, drawings = await together(self._redis, asked)
        sums, fastest = by_name(summed), by_name(ranked)
        ids = [player.decode() for player in fastest]
        asked = [("HMGET", links_key, *ids), *self._players.asking_names(ids)] if ids else []
        links, *names = await together(self._redis, asked) or [[]]
        games = [_text(link) for link in links]
        watchable = await self._replays.watchable(filter(None, games))
        matched = int(sums.get(b"matched", 0))
        return CategoryInPlay(
            drawn=int(sums.get(b"drawn", 0)),
            matched=matched,
            mean_ms=round(int(sums[b"sum_ms"]) / matched) if matched else None,
            times=_times(sums),
            fastest=tuple(
                FastMatch(
                    ids[n],
                    Players.shown(names[n]),
                    FASTEST.figure(float(score)),
                    games[n],
                    games[n] in watchable,
                )
                for n, score in enumerate(fastest.values())
            ),
            drawings=tuple(_drawing(place.decode()) for place in drawings),
        )


def _mode(
    mode: str, rank: int | None, sums: Mapping[bytes, bytes], watchable: Collection[str]
) -> ModeFigures:
    def of(name: str) -> bytes | None:
        return sums.get(f"{mode}:{name}".encode())

    def record(name: str) -> BestOf | None:
        value = _number(of(name))
        if value is None:
            return None
        category, game = _number(of(f"{name}_category")), _text(of(f"{name}_game"))
        return BestOf(
            value=value,
            at_ms=int(of(f"{name}_ms") or 0),
            game=game,
            watchable=game in watchable,
            category=None if category is None else CATEGORIES[category],
        )

    return ModeFigures(
        mode=mode,
        rank=None if rank is None else rank + 1,
        games=int(of("games") or 0),
        wins=int(of("wins") or 0),
        drawn=int(of("drawn") or 0),
        matches=int(of("matches") or 0),
        points=int(of("points") or 0),
        best=record("best"),
        fastest=record("fastest"),
        streak=record("streak"),
    )


def _best_and_worst(
    drawn: Mapping[bytes, bytes],
) -> tuple[tuple[CategoryFigures, ...], tuple[CategoryFigures, ...]]:
    """By the share that was recognised, then by how much there is to say so."""
    figures = [_category(int(index), stored) for index, stored in drawn.items()]
    known = [each for each in figures if each.drawn >= MIN_DRAWN]
    best = sorted(known, key=lambda f: (-f.matched / f.drawn, -f.drawn, f.category))
    worst = sorted(known, key=lambda f: (f.matched / f.drawn, -f.drawn, f.category))
    half = len(known) // 2  # nothing is both
    return tuple(best[: min(_SHOWN, len(known) - half)]), tuple(worst[: min(_SHOWN, half)])


def _category(index: int, stored: bytes) -> CategoryFigures:
    drawn, matched, fastest_ms = map(int, stored.split(b","))
    return CategoryFigures(CATEGORIES[index], drawn, matched, fastest_ms if matched else None)


def _times(sums: Mapping[bytes, bytes]) -> tuple[Slice, ...]:
    return tuple(
        Slice(
            n * TIME_SLICE_MS,
            (n + 1) * TIME_SLICE_MS if n + 1 < TIME_SLICES else None,
            int(sums.get(f"t{n}".encode(), 0)),
        )
        for n in range(TIME_SLICES)
    )


def _drawing(place: str) -> PublicDrawing:
    game, number, seat = place.rsplit(":", 2)
    return PublicDrawing(game, int(number), int(seat))


def _number(stored: bytes | None) -> int | None:
    return None if stored is None else int(stored)


def _text(stored: bytes | None) -> str | None:
    return stored.decode() if stored else None
