"""The boards: finished games counted once each, and read by rank.

Two players share a rank only if they reached the same figure at the same moment; otherwise whoever
was there first ranks first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from game.categories import CATEGORIES
from ml.commands import Command, together
from server import board_keys as keys
from server.awards import Award
from server.board_keys import By
from server.counting import SCRIPT, Terms, asked
from server.cursors import Scored, cursor_of, downward
from server.periods import DAY_MS, Span, spans_since
from server.players import Players
from server.standing import packing

MAX_ROWS: Final = 100
_LONGEST_SPAN_MS: Final = 31 * DAY_MS
_TERMS: Final = Terms()


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a board. All figures are those of the board's mode and span.

    ``value`` is what the board ranks by: points, points, milliseconds, or matches in a row.
    """

    rank: int
    player_id: str
    name: str
    value: int
    points: int
    games: int
    matches: int
    best: int  # points of the best game
    fastest_ms: int | None  # the fastest match
    streak: int  # most matches in a row


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines of a board of so many ``players``, and the cursor of the lines after them."""

    rows: tuple[Row, ...]
    players: int
    next: str | None


class Leaderboard:
    """The boards, in Redis."""

    def __init__(self, redis: Redis, players: Players, terms: Terms = _TERMS) -> None:
        self._redis = redis
        self._players = players
        self._terms = terms
        self._count = redis.register_script(SCRIPT)

    async def record(self, award: Award) -> bool:
        """Count a finished game; False, changing nothing, when it was counted before."""
        used, arguments = asked(award, self._terms)
        return bool(await self._count(keys=used, args=arguments))

    async def forget(self, player_id: str, now_ms: int) -> None:
        """Take a player off every board, and off every category's list of the fastest."""
        since_ms = now_ms - self._terms.spans_kept_ms - _LONGEST_SPAN_MS
        pipe = self._redis.pipeline(transaction=False)
        for span in spans_since(max(since_ms, 0), now_ms + DAY_MS):
            for mode in keys.MODES:
                *boards, tally = keys.boards(mode, span)
                for board in boards:
                    pipe.zrem(board, player_id)
                pipe.hdel(tally, player_id)
        for index in range(len(CATEGORIES)):
            _, fastest, games, _ = keys.category(index)
            pipe.zrem(fastest, player_id)
            pipe.hdel(games, player_id)
        pipe.delete(*keys.player(player_id))
        await pipe.execute()

    async def page(
        self, mode: str, span: Span, by: By, limit: int, cursor: str | None = None
    ) -> Page:
        """``limit`` lines from the top, or after ``cursor``. Raises ``Refused`` for no cursor."""
        key = keys.board(mode, span, by)
        scored = await downward(self._redis, key, limit + 1, cursor)
        return await self._page(mode, span, by, scored, limit)

    async def around(
        self, mode: str, span: Span, by: By, player_id: str, limit: int
    ) -> Page | None:
        """Up to ``limit`` lines with ``player_id`` in their midst; None if not on the board."""
        key = keys.board(mode, span, by)
        place: Any = await self._redis.zrevrank(key, player_id)
        if place is None:
            return None
        first = max(0, place - limit // 2)
        last = first + limit
        found: Any = await self._redis.zrange(key, first, last, desc=True, withscores=True)
        scored = [(player.decode(), score) for player, score in found]
        return await self._page(mode, span, by, scored, limit)

    async def _page(self, mode: str, span: Span, by: By, scored: Scored, limit: int) -> Page:
        """``scored`` has one line more than ``limit`` if there is another page."""
        further, scored = len(scored) > limit, scored[:limit]
        key = keys.board(mode, span, by)
        if not scored:
            return Page((), int(await self._redis.zcard(key)), None)
        ids = [player for player, _ in scored]
        asked: list[Command] = [
            ("ZCARD", key),
            ("ZREVRANK", key, ids[0]),
            ("ZCOUNT", key, f"({scored[0][1]:.0f}", "+inf"),
            *(("ZMSCORE", keys.board(mode, span, each), *ids) for each in By),
            ("HMGET", keys.tally(mode, span), *ids),
            *self._players.asking_names(ids),
        ]
        players, first, above, *found = await together(self._redis, asked)
        first = above if first is None else first  # who stood first was erased just now
        points, best, fastest, streak = (
            packing(each, span).figures(scores)
            for each, scores in zip(By, found[: len(By)], strict=True)
        )
        tally, *names = found[len(By) :]
        how = packing(by, span)
        rows: list[Row] = []
        for n, (player_id, score) in enumerate(scored):
            rank = above + 1 if n == 0 else first + n + 1
            if n and score == scored[n - 1][1]:
                rank = rows[-1].rank
            games, matches = _tallied(tally[n])
            rows.append(
                Row(
                    rank=rank,
                    player_id=player_id,
                    name=Players.shown(names[n]),
                    value=how.figure(score),
                    points=points[n] or 0,
                    games=games,
                    matches=matches,
                    best=best[n] or 0,
                    fastest_ms=fastest[n],
                    streak=streak[n] or 0,
                )
            )
        last = cursor_of(scored[-1][1], ids[-1]) if further else None
        return Page(tuple(rows), players, last)


def _tallied(stored: bytes | None) -> tuple[int, int]:
    games, _, matches = (stored or b"0,0").partition(b",")
    return int(games), int(matches)
