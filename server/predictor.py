"""Questions to the network that no room asks: a drawing, an answer, over the same queue.

Each waits for its answer in this process. So many may wait at once and no more, so the queue stays
as short as it is for rooms; and nothing that is answered here bears on any verdict.
"""

from __future__ import annotations

import asyncio
import secrets
from typing import Final

from redis.asyncio import Redis

from game.protocol import FRAME_LOST_MS, Code, Refused
from ml import queue

MOST_WAITING: Final = 32  # half a worker's batch
_NAMED: Final = "predict:"  # no room's code is like that
_BUSY: Final = "The network is busy. Try again in a moment."


class Predictor:
    """Asks the network about single drawings and hands each answer to whoever asked."""

    def __init__(
        self, redis: Redis, server_id: str, patience_s: float = FRAME_LOST_MS / 1000
    ) -> None:
        self._redis = redis
        self._server_id = server_id
        self._patience_s = patience_s  # a worker lets go of a frame that has waited for longer
        self._asked: dict[str, asyncio.Future[queue.Reply]] = {}

    async def ask(self, ink: bytes) -> queue.Reply:
        """What the network says of ``ink``, packed by ``game.ink.pack`` or ``pack_bitmap``.

        Raises ``Refused`` when too many wait already or no worker answers in time.
        """
        if len(self._asked) >= MOST_WAITING:
            raise Refused(Code.BUSY, _BUSY)
        name = _NAMED + secrets.token_hex(8)
        answer = self._asked[name] = asyncio.get_running_loop().create_future()
        try:
            frame = queue.Frame(name, 1, self._server_id, ink)
            entry_ids = await queue.send(self._redis, [frame])
            try:
                return await asyncio.wait_for(answer, self._patience_s)
            except TimeoutError:
                await queue.drop(self._redis, entry_ids)
                raise Refused(Code.BUSY, _BUSY) from None
        finally:
            del self._asked[name]

    def heard(self, reply: queue.Reply) -> bool:
        """Take an answer that is for one of these questions; False if it is for a room."""
        if not reply.drawing.startswith(_NAMED):
            return False
        answer = self._asked.get(reply.drawing)
        if answer is not None and not answer.done():
            answer.set_result(reply)
        return True
