"""Boards and players as a file, and back: JSON lines, compressed, of any Redis for any other.

What there is of rooms and queues is not in it: it is over within the hour. A game that ends while
the file is written may be in some boards and not in others; stop the servers where that matters.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

FORMAT: Final = "inkling.backup.1"
# Boards, players with their tokens and games, games on record, bans.
KEPT: Final = (
    "inkling:{board}:*",
    "inkling:player:*",
    "inkling:token:*",
    "inkling:game:*",
    "inkling:ban:*",
)
_CHUNK: Final = 500


class BadBackup(Exception):  # noqa: N818 - it is the backup that is bad
    """A file that cannot be restored; the message says why."""


async def write(redis: Redis, path: Path) -> int:
    """Write all that is to be kept; returns the number of keys. The file appears once complete."""
    beside = path.with_name(path.name + ".part")
    count = 0
    with gzip.open(beside, "wt", encoding="utf-8") as file:
        file.write(json.dumps({"format": FORMAT}) + "\n")
        async for line in _lines(redis):
            file.write(json.dumps(line, separators=(",", ":")) + "\n")
            count += 1
        file.write(json.dumps({"keys": count}) + "\n")
    beside.replace(path)
    return count


async def restore(redis: Redis, path: Path, *, replace: bool = False) -> int:
    """Put back what a file holds; returns the number of keys.

    Raises ``BadBackup``, having changed nothing, for a file that is none or is cut short, and where
    there are boards already, unless they are to be replaced.
    """
    count = _counted(path)
    if not replace and [key async for key in redis.scan_iter(KEPT[0], count=1000)]:
        message = "There are boards already. To have those of the file instead: --replace"
        raise BadBackup(message)
    for pattern in KEPT:
        async for key in redis.scan_iter(pattern, count=1000):
            await redis.delete(key)
    with gzip.open(path, "rt", encoding="utf-8") as file:
        pipe = redis.pipeline(transaction=False)
        for line in file:
            stored = json.loads(line)
            if "key" in stored:
                _put(pipe, stored)
            if len(pipe) >= _CHUNK:
                await pipe.execute()
        await pipe.execute()
    return count


def _counted(path: Path) -> int:
    """How many keys a whole file holds. Raises ``BadBackup``."""
    last: Any = {}
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            if json.loads(next(file, "{}")).get("format") != FORMAT:
                message = f"{path} is no backup of this version."
                raise BadBackup(message)
            count = -1
            for line in file:
                last = line
                count += 1
        if json.loads(last or "{}") != {"keys": count}:
            message = f"{path} was cut short."
            raise BadBackup(message)
    except (OSError, EOFError, ValueError, AttributeError, TypeError) as error:
        message = f"{path} cannot be read: {error}"
        raise BadBackup(message) from None
    return count


async def _lines(redis: Redis) -> AsyncIterator[dict[str, Any]]:
    for pattern in KEPT:
        keys: set[bytes] = set()
        async for key in redis.scan_iter(pattern, count=1000):
            keys.add(key)
            if len(keys) >= _CHUNK:
                async for line in _some(redis, sorted(keys)):
                    yield line
                keys.clear()
        async for line in _some(redis, sorted(keys)):
            yield line


async def _some(redis: Redis, keys: list[bytes]) -> AsyncIterator[dict[str, Any]]:
    pipe = redis.pipeline(transaction=False)
    for key in keys:
        pipe.type(key)
        pipe.pttl(key)
    facts = await pipe.execute()
    kinds = [kind.decode() for kind in facts[::2]]
    for key, kind in zip(keys, kinds, strict=True):
        _ask(pipe, key, kind)
    held = await pipe.execute()
    for key, kind, left_ms, value in zip(keys, kinds, facts[1::2], held, strict=True):
        if kind != "none":
            yield {
                "key": key.decode(),
                "kind": kind,
                "left_ms": max(left_ms, 0),
                "value": _plain(kind, value),
            }


def _ask(pipe: Pipeline, key: bytes, kind: str) -> None:
    match kind:
        case "hash":
            pipe.hgetall(key)
        case "zset":
            pipe.zrange(key, 0, -1, withscores=True)
        case "list":
            pipe.lrange(key, 0, -1)
        case _:  # gone meanwhile, or a string
            pipe.get(key)


def _plain(kind: str, value: Any) -> Any:
    match kind:
        case "hash":
            return {name.decode(): each.decode() for name, each in value.items()}
        case "zset":
            return [[member.decode(), f"{score:.0f}"] for member, score in value]
        case "list":
            return [each.decode() for each in value]
        case _:
            return value.decode()


def _put(pipe: Pipeline, stored: dict[str, Any]) -> None:
    key, value = stored["key"], stored["value"]
    match stored["kind"]:
        case "hash":
            fields = list(value.items())
            for start in range(0, len(fields), _CHUNK):
                pipe.hset(key, mapping=dict(fields[start : start + _CHUNK]))
        case "zset":
            for start in range(0, len(value), _CHUNK):
                pipe.zadd(key, {name: int(score) for name, score in value[start : start + _CHUNK]})
        case "list":
            pipe.rpush(key, *value)
        case _:
            pipe.set(key, value)
    if stored["left_ms"]:
        pipe.pexpire(key, stored["left_ms"])
