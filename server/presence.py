"""What every server tells of itself, for whoever looks after several.

``inkling:server:ID`` is written each ``BEAT_S`` and expires when a server does not do so any more.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import TypeAdapter
from redis.asyncio import Redis
from redis.exceptions import RedisError

BEAT_S: Final = 2.0
_KEPT_MS: Final = 10_000
_PREFIX: Final = "inkling:server:"


@dataclass(frozen=True, slots=True)
class Server:
    """A server that is alive."""

    server: str
    host: str
    process: int
    rooms: int
    playing: int  # of the rooms, those with a game that is not over
    sockets: int
    draining: bool


_SERVER: Final = TypeAdapter(Server)


def this_server(server: str, rooms: int, playing: int, sockets: int, *, draining: bool) -> Server:
    """What there is to tell of this process."""
    return Server(server, socket.gethostname(), os.getpid(), rooms, playing, sockets, draining)


async def beat(redis: Redis, now: Callable[[], Server]) -> None:
    """Tell of this server until cancelled; then no more."""
    try:
        while True:
            with contextlib.suppress(RedisError, OSError):  # silence is an answer, too
                told = now()
                await redis.set(_PREFIX + told.server, _SERVER.dump_json(told), px=_KEPT_MS)
            await asyncio.sleep(BEAT_S)
    finally:
        with contextlib.suppress(RedisError, OSError):
            await redis.delete(_PREFIX + now().server)


async def servers(redis: Redis) -> list[Server]:
    """Every server that is alive."""
    keys: list[bytes] = [key async for key in redis.scan_iter(_PREFIX + "*", count=1000)]
    stored: list[Any] = await redis.mget(keys) if keys else []
    found = [_SERVER.validate_json(each) for each in stored if each is not None]
    return sorted(found, key=lambda each: (each.host, each.process))
