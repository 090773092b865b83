"""The leaderboard: points of finished games, each counted once.

====================================  =========================================================
``inkling:{board}:award:GAME``        set once a game was counted; kept ``AWARD_KEPT_MS``
``inkling:{board}:points``            sorted set: player id by points of all games
``inkling:{board}:best``              sorted set: player id by points of their best game
``inkling:{board}:games`` `:matches`  hashes: player id to how many
====================================  =========================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from redis.asyncio import Redis

from server.players import Players

AWARD_KEPT_MS: Final = 7 * 24 * 3_600_000
MAX_ROWS: Final = 100
_BOARD: Final = "inkling:{board}:"

# KEYS award, points, best, games, matches; ARGV award ms, then player, points, matches each.
_RECORD: Final = """
if not redis.call('SET', KEYS[1], 1, 'NX', 'PX', ARGV[1]) then return 0 end
for i = 2, #ARGV, 3 do
  redis.call('ZINCRBY', KEYS[2], ARGV[i + 1], ARGV[i])
  redis.call('ZADD', KEYS[3], 'GT', ARGV[i + 1], ARGV[i])
  redis.call('HINCRBY', KEYS[4], ARGV[i], 1)
  redis.call('HINCRBY', KEYS[5], ARGV[i], ARGV[i + 2])
end
return 1
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One player's part in a finished game."""

    player_id: str
    points: int
    matches: int


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the leaderboard."""

    rank: int
    player_id: str
    name: str
    points: int
    games: int
    matches: int
    best: int


class Leaderboard:
    """The board, in Redis."""

    def __init__(self, redis: Redis, players: Players) -> None:
        self._redis = redis
        self._players = players
        self._record = redis.register_script(_RECORD)

    async def record(self, game_id: str, results: Sequence[Result]) -> bool:
        """Count a finished game; False, changing nothing, when it was counted before."""
        args: list[Any] = [AWARD_KEPT_MS]
        for result in results:
            args += [result.player_id, result.points, result.matches]
        keys = [
            f"{_BOARD}award:{game_id}",
            *(_BOARD + name for name in ("points", "best", "games", "matches")),
        ]
        return bool(await self._record(keys=keys, args=args))

    async def top(self, limit: int) -> list[Row]:
        """The best players by points of all games; equal points share a rank."""
        scored: Any = await self._redis.zrevrange(_BOARD + "points", 0, limit - 1, withscores=True)
        if not scored:
            return []
        ids = [player.decode() for player, _ in scored]
        pipe = self._redis.pipeline(transaction=False)
        pipe.hmget(_BOARD + "games", ids)
        pipe.hmget(_BOARD + "matches", ids)
        pipe.zmscore(_BOARD + "best", ids)
        games, matches, best = await pipe.execute()
        names = await self._players.names(ids)
        points = [int(score) for _, score in scored]
        return [
            Row(
                rank=points.index(points[n]) + 1,
                player_id=ids[n],
                name=names[n],
                points=points[n],
                games=int(games[n] or 0),
                matches=int(matches[n] or 0),
                best=int(best[n] or 0),
            )
            for n in range(len(ids))
        ]
