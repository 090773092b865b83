"""The way to Redis: a client that is quick at both ends, and scripts."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, Final

from redis import connection
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import NoScriptError

MAX_CONNECTIONS: Final = 64


def connect(url: str) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://`` URLs; connects when first used.

    A command is tried once more on a fresh connection, which outlives a restart of Redis; waiting
    for a Redis that stays away is the caller's business.
    """
    pool = BlockingConnectionPool.from_url(
        url,
        # Two hundred rooms whose round ends at one moment wait their turn, rather than fail.
        max_connections=MAX_CONNECTIONS,
        timeout=10,
        protocol=2,  # its replies are parsed by hiredis into the plain lists that callers read
        socket_timeout=10.0,
        socket_connect_timeout=5.0,
        retry=Retry(NoBackoff(), 1),
    )
    pool.connection_class = type("Connection", (_PackedByHiredis, pool.connection_class), {})
    return Redis.from_pool(pool)


class _PackedByHiredis:
    """Commands written in C; of redis-py's connections only the synchronous ones think of it.

    A batch of frames and replies is hundreds of arguments, which took a third of the time that the
    worker's loop and the server's delivery spent.
    """

    def pack_command(self, *args: Any) -> list[bytes]:
        """The bytes of one command, in chunks."""
        packed: list[bytes] = connection.HiredisRespSerializer().pack(*args)
        return packed


class Script:
    """A Lua script that Redis runs at one moment."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._sha = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - as Redis names scripts

    async def run(self, redis: Redis, keys: Sequence[str], arguments: Sequence[Any]) -> Any:
        """What the script returns; Redis is told the text when it does not know it (any more)."""
        try:
            return await redis.evalsha(self._sha, len(keys), *keys, *arguments)
        except NoScriptError:
            return await redis.eval(self._text, len(keys), *keys, *arguments)
