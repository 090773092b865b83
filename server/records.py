"""Keeping the drawing of each category's fastest match for as long as nobody is faster.

Replays go after days, and on a busy server after hours; records stand for longer. Of each category
one drawing is kept beside them, see ``server.replays``: one of a public game, by the player who is
first on the category's own board. Whoever leaves that board takes the drawing along.
"""

from __future__ import annotations

from typing import Final

from redis.asyncio import Redis

from game.categories import CATEGORIES
from server import board_keys as keys
from server.players import Players
from server.replays import Replays, Title

_LOOKED_AT: Final = 25  # categories each time, so that all have been after a minute or so


class Records:
    """Goes through the categories again and again, on behalf of one server."""

    def __init__(self, redis: Redis, players: Players, replays: Replays) -> None:
        self._redis = redis
        self._players = players
        self._replays = replays
        self._next = 0

    async def sweep(self) -> None:
        """See to some more categories: let go of what is no record now, keep what is one."""
        some = range(self._next, min(self._next + _LOOKED_AT, len(CATEGORIES)))
        self._next = some.stop % len(CATEGORIES)
        held = await self._held(some) if self._replays.kept else set()
        kept = {title for title in await self._replays.titles() if title.category in some}
        await self._replays.let_go(kept - held)
        for title in held - kept:
            # Erasing takes the name first and looks through these last: either it finds what is
            # kept here now, or the name is gone by the time of this look.
            if await self._replays.keep_title(title) and not await self._players.exists(
                title.player
            ):
                await self._replays.let_go({title})

    async def _held(self, categories: range) -> set[Title]:
        """The records of these categories that anybody may look at."""
        pipe = self._redis.pipeline(transaction=False)
        for index in categories:
            pipe.zrange(keys.category(index)[1], 0, 0, desc=True)
        first = [found[0].decode() if found else "" for found in await pipe.execute()]
        for index, player in zip(categories, first, strict=True):
            pipe.hget(keys.category(index)[2], player)
        return {
            Title(link.decode(), index, player)
            for index, player, link in zip(categories, first, await pipe.execute(), strict=True)
            if link
        }
