"""Everything a Redis holds, as plain bytes, to look for what should not be there.

What is stored compressed is looked into as well.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from redis.asyncio import Redis


async def holding(redis: Redis, *needles: str) -> list[str]:
    """The keys in whose name or value one of ``needles`` occurs."""
    found = []
    keys: list[bytes] = [key async for key in redis.scan_iter(count=1000)]
    for key in keys:
        held = [key, *_flat(await _value(redis, key))]
        if any(needle.encode() in each for needle in needles for each in held):
            found.append(key.decode())
    return sorted(found)


async def _value(redis: Redis, key: bytes) -> Any:  # noqa: PLR0911 - one for each kind
    kind: Any = await redis.type(key)
    match kind.decode():
        case "string":
            return await redis.get(key)
        case "hash":
            return await redis.hgetall(key)  # type: ignore[misc]
        case "zset":
            return await redis.zrange(key, 0, -1)
        case "list":
            return await redis.lrange(key, 0, -1)  # type: ignore[misc]
        case "set":
            return list(await redis.smembers(key))  # type: ignore[misc]
        case "stream":
            return await redis.xrange(key)
        case "none":  # expired meanwhile
            return []
        case other:
            raise AssertionError(other)


def _flat(value: Any) -> Iterator[bytes]:
    if isinstance(value, bytes):
        yield value
        with suppress(zlib.error):
            yield zlib.decompress(value)
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from _flat(name)
            yield from _flat(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _flat(each)
