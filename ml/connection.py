"""The way to Redis: redis-py's client, on connections that are quick at both ends."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, Final

from redis import connection, exceptions
from redis._parsers.hiredis import NOT_ENOUGH_DATA
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

MAX_CONNECTIONS: Final = 64


def connect(url: str) -> Redis:
    """A client for ``redis://``, ``rediss://`` or ``unix://`` URLs; connects when first used.

    A command is tried once more on a fresh connection, which outlives a restart of Redis; waiting
    for a Redis that stays away is the caller's business.
    """
    pool = _Pool.from_url(
        url,
        # Two hundred rooms whose round ends at one moment wait their turn, rather than fail.
        max_connections=MAX_CONNECTIONS,
        timeout=10,
        protocol=2,  # its replies are parsed by hiredis into the plain lists that callers read
        socket_timeout=10.0,
        socket_connect_timeout=5.0,
        retry=Retry(NoBackoff(), 1),
    )
    pool.connection_class = type("Connection", (_Quick, pool.connection_class), {})
    return Redis.from_pool(pool)


class _Pool(BlockingConnectionPool):
    """Lends and takes back at once where nobody has to wait for it.

    redis-py's own way takes two locks and a timer each time, more than what is done with the
    connection.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._waiting = 0  # for one to be taken back

    async def get_connection(self, *args: Any, **options: Any) -> AbstractConnection:
        """A connection that is connected and has nothing left to be read."""
        if self._available_connections:
            connection = self._available_connections.pop()
            if await _is_ready(connection):
                self._in_use_connections.add(connection)
                return connection
            self._available_connections.append(connection)
        self._waiting += 1
        try:
            lent: AbstractConnection = await super().get_connection(  # type: ignore[no-untyped-call]
                *args, **options
            )
        finally:
            self._waiting -= 1
        return lent

    async def release(self, connection: AbstractConnection) -> None:
        """Take a connection back."""
        if self._waiting or connection.should_reconnect():  # type: ignore[no-untyped-call]
            await super().release(connection)
        else:
            self._in_use_connections.remove(connection)
            self._available_connections.append(connection)


async def _is_ready(connection: AbstractConnection) -> bool:
    """Whether a connection can be lent as it is; this never waits."""
    try:
        return connection.is_connected and not await connection.can_read()
    except OSError:
        return False


class _Quick(AbstractConnection):
    """A connection that sends and reads in C and without ``asyncio.wait_for``."""

    def pack_command(self, *args: Any) -> list[bytes]:
        """The bytes of one command, in chunks.

        Of redis-py's connections only the synchronous ones think of hiredis. A batch of frames and
        replies is hundreds of arguments, which took a third of the time that the worker's loop and
        the server's delivery spent.
        """
        packed: list[bytes] = connection.HiredisRespSerializer().pack(*args)
        return packed

    async def read_response(self, *args: Any, **how: Any) -> Any:
        """The next reply. One that came with the reply before is there without waiting for it."""
        if self.is_connected and not args and not how:
            parser: Any = self._parser
            reply = parser._reader.gets()  # noqa: SLF001 - redis-py's own waits for it in any case
            if reply is not NOT_ENOUGH_DATA:
                return await self._told(reply)
        return await super().read_response(*args, **how)

    async def _told(self, reply: Any) -> Any:
        first = reply[0] if isinstance(reply, list) and reply else reply
        if isinstance(first, exceptions.ConnectionError):  # Redis is about to hang up, or loading
            await self.disconnect(nowait=True)
            raise first
        if isinstance(reply, exceptions.ResponseError):
            raise reply
        return reply

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
