"""Erasing a player: every personal trace gone from every key, and nobody else's points touched.

The token goes first, so that nobody comes in as this player any more. Then every room that may know
them forgets them: the seat is left, and the log that named it is cut back. What is on record of
their games stays, because the others' verdicts rest on it, under a number that stands for nobody
and is another in every game. What was kept to learn from goes, and last they leave the boards. Each
step can be taken twice; a player whose erasing was interrupted is on a list until it is finished.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from typing import Any, Final

from redis.asyncio import Redis

from game import commands as c
from game.protocol import Refused
from server import orders
from server.leaderboard import Leaderboard
from server.learning import Learning
from server.players import Players
from server.replays import Replays
from server.rooms import Rooms
from server.store import RoomStore, games_key, verdicts_key
from server.turn import Ask

_PENDING: Final = "inkling:erasing"  # sorted set of player ids by when it was last tried
_LOOK_S: Final = 0.1
_ASK_AGAIN: Final = 10  # looks
_PATIENCE_MS: Final = 5_000
_AGAIN_MS: Final = 30_000
_log = logging.getLogger(__name__)


class Erasure:
    """Erases players, on behalf of one server."""

    def __init__(
        self,
        redis: Redis,
        players: Players,
        store: RoomStore,
        rooms: Rooms,
        board: Leaderboard,
        *,
        replays: Replays,
        learning: Learning,
    ) -> None:
        self._redis = redis
        self._players = players
        self._store = store
        self._rooms = rooms
        self._board = board
        self._replays = replays
        self._learning = learning

    async def erase(self, player_id: str, now_ms: int, token: str | None = None) -> bool:
        """Forget a player; False if a room still has to, which is then seen to in a while."""
        await self._redis.zadd(_PENDING, {player_id: now_ms})
        await self._players.forget(player_id, token)
        await self._learning.forget(player_id)  # no room keeps any more from here on
        try:
            async with asyncio.timeout(_PATIENCE_MS / 1000):
                await self._clear_rooms(player_id)
        except TimeoutError:
            _log.warning("player %s: a room does not answer; erased later", player_id)
            return False
        await self._anonymise(player_id)
        await self._replays.forget(player_id)
        await self._board.forget(player_id, now_ms)
        await self._redis.zrem(_PENDING, player_id)
        return True

    async def finish(self, now_ms: int) -> None:
        """Go on with whatever erasing was interrupted."""
        found: Any = await self._redis.zrange(
            _PENDING, "-inf", now_ms - _AGAIN_MS, byscore=True, offset=0, num=20
        )
        for player in found:
            try:
                await self.erase(player.decode(), now_ms)
            except (ValueError, Refused):  # a room that cannot be read or taken; others can
                _log.exception("player %s: not erased yet", player.decode())

    # --- rooms -----------------------------------------------------------------------------------

    async def _clear_rooms(self, player_id: str) -> None:
        looks = 0
        while codes := await self._store.visited(player_id):
            if looks % _ASK_AGAIN == 0:
                for code in codes:
                    await self._ask(code, player_id)
            looks += 1
            await asyncio.sleep(_LOOK_S)

    async def _ask(self, code: str, player_id: str) -> None:
        """Ask the room's owner, wherever it is, or own the room for as long as it takes."""
        if not await self._store.exists(code):
            await self._store.forget_visit(player_id, code)
            return
        owner = self._rooms.owned(code)
        if owner is None and await self._store.holder(code) is not None:
            await orders.give(self._redis, orders.EraseFrom(code, player_id))
            return
        owner = owner or await self._rooms.enter(code)
        if owner is not None:
            owner.submit(Ask(c.Erase(player_id)))

    # --- games on record -------------------------------------------------------------------------

    async def _anonymise(self, player_id: str) -> None:
        games: Any = await self._redis.zrange(games_key(player_id), 0, -1)
        for game in games:
            await self._anonymise_game(verdicts_key(game.decode()), player_id)
        await self._redis.delete(games_key(player_id))

    async def _anonymise_game(self, key: str, player_id: str) -> None:
        kept: Any = await self._redis.hgetall(key)
        nobody = secrets.token_hex(len(player_id) // 2)
        pipe = self._redis.pipeline(transaction=True)
        for name, value in kept.items():
            other_name = name.replace(player_id.encode(), nobody.encode())
            other = _without(json.loads(value), player_id, nobody)
            if other_name != name:
                pipe.hdel(key, name)
            if other_name != name or player_id.encode() in value:
                pipe.hset(key, other_name, json.dumps(other, separators=(",", ":")))
        await pipe.execute()


def _without(record: Any, player_id: str, nobody: str) -> Any:
    """A record in which ``nobody`` stands where the player stood, without their name."""
    if isinstance(record, dict):
        its_own = player_id in record.values()
        return {
            key: "" if its_own and key == "name" else _without(value, player_id, nobody)
            for key, value in record.items()
        }
    if isinstance(record, list):
        return [_without(each, player_id, nobody) for each in record]
    return nobody if record == player_id else record
