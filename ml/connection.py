"""The way to Redis: a client that is quick at both ends, and scripts."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Sequence
from typing import Any, Final

from redis import connection, exceptions
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
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
    pool.connection_class = type("Connection", (_Sending, pool.connection_class), {})
    return Redis.from_pool(pool)


class _Sending(AbstractConnection):
    """How a connection sends, in C and without ``asyncio.wait_for``."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """The bytes of one command, in chunks.

        Of redis-py's connections only the synchronous ones think of hiredis. A batch of frames and
        replies is hundreds of arguments, which took a third of the time that the worker's loop and
        the server's delivery spent.
        """
        packed: list[bytes] = connection.HiredisRespSerializer().pack(*args)
        return packed

    async def send_packed_command(
        self, command: bytes | str | Iterable[bytes], check_health: bool = True
    ) -> None:
        """Send what was packed. Raises redis-py's ``TimeoutError`` and ``ConnectionError``.

        redis-py's own waits with ``asyncio.wait_for``, which on Python 3.11 forgets a cancellation
        that comes when all is sent; then the loop around it goes on, and its server never stops.
        And where Redis went between the pool's look at a connection and the first byte on it,
        uvloop raises ``RuntimeError``, which nobody who waits for a Redis that is away waits for.
        """
        if not self.is_connected:
            await self.connect_check_health(check_health=False)
        if check_health:
            await self.check_health()  # type: ignore[no-untyped-call]
        if isinstance(command, str):
            command = command.encode()
        chunks = [command] if isinstance(command, bytes) else command
        try:
            async with asyncio.timeout(self.socket_timeout):
                await self._send_packed_command(chunks)
        except BaseException as error:
            await self.disconnect(nowait=True)
            if isinstance(error, TimeoutError):
                message = "Redis takes nothing in."
                raise exceptions.TimeoutError(message) from None
            if isinstance(error, OSError | RuntimeError):
                message = f"Redis hung up: {error}"
                raise exceptions.ConnectionError(message) from error
            raise


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
