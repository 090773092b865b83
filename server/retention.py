"""Players who stayed away for so long that they are forgotten leave the boards as well.

Their name and token expire, and so do their sums. Their ids on the boards of all time and among
the fastest of a category would stay for ever, so those boards are gone through, bit by bit.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from redis.asyncio import Redis

from ml.commands import Command, together
from server import board_keys as keys
from server.board_keys import By
from server.leaderboard import Leaderboard
from server.periods import Period, span_of
from server.players import Players

_LOOKED_AT: Final = 200  # players each time; a million take seven hours
_FORGOTTEN: Final = 5  # players each time, since one is looked for on a thousand boards
_log = logging.getLogger(__name__)


class Retention:
    """Goes through the boards of all time again and again, on behalf of one server."""

    def __init__(self, redis: Redis, players: Players, board: Leaderboard) -> None:
        self._redis = redis
        self._players = players
        self._board = board
        self._cursors = dict.fromkeys(keys.MODES, 0)

    async def sweep(self, now_ms: int) -> int:
        """Look at some more players; returns how many of them were forgotten."""
        forgotten = 0
        for mode in keys.MODES:
            board = keys.board(mode, span_of(Period.ALL, 0), By.POINTS)
            found: Any = await self._redis.zscan(board, self._cursors[mode], count=_LOOKED_AT)
            self._cursors[mode], some = found
            gone = await self._gone([player.decode() for player, _ in some])
            for player_id in gone[:_FORGOTTEN]:
                await self._board.forget(player_id, now_ms)
                _log.info("player %s: not seen for too long, and off the boards", player_id)
            forgotten += len(gone[:_FORGOTTEN])
        return forgotten

    async def _gone(self, player_ids: list[str]) -> list[str]:
        """Those of whom neither the name nor the sums are left."""
        sums_of: list[Command] = [("EXISTS", keys.player(each)[0]) for each in player_ids]
        kept = await together(self._redis, [*self._players.asking_names(player_ids), *sums_of])
        names, sums = kept[: len(player_ids)], kept[len(player_ids) :]
        return [
            player_id
            for player_id, name, has_sums in zip(player_ids, names, sums, strict=True)
            if name is None and not has_sums
        ]
