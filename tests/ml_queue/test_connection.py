"""The client and its scripts, on a real Valkey."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, DataError, ResponseError  # noqa: A004 - of Redis

from ml.connection import Script, connect

pytestmark = pytest.mark.asyncio

ECHO = Script("return {KEYS[1], ARGV[1], ARGV[2], ARGV[3]}")


async def test_every_kind_of_argument_arrives_as_it_was(redis: Redis) -> None:
    every_byte = bytes(range(256)) * 64
    answer = await ECHO.run(redis, ["räume"], [every_byte, 7, "ț"])
    assert answer == ["räume".encode(), every_byte, b"7", "ț".encode()]


async def test_a_view_of_bytes_is_stored_as_those_bytes(redis: Redis) -> None:
    await redis.set("key", memoryview(b"ink"))  # type: ignore[arg-type]
    assert await redis.get("key") == b"ink"


async def test_a_line_that_closed_under_uvloop_is_a_lost_connection(redis_url: str) -> None:
    """Redis went after the pool had looked whether the connection was well."""

    async def lose() -> None:
        client = connect(redis_url)
        line = await client.connection_pool.get_connection()
        line._writer.transport.abort()
        with pytest.raises(ConnectionError):
            await line.send_command("PING")
        await client.connection_pool.release(line)
        assert await client.ping()
        await client.aclose()

    await asyncio.to_thread(uvloop.run, lose())


async def test_what_is_no_argument_is_refused_before_it_is_sent(redis: Redis) -> None:
    with pytest.raises(DataError):
        await redis.set("key", object())  # type: ignore[arg-type]
    assert await redis.get("key") is None


@pytest.mark.parametrize("hops", range(8))
async def test_a_command_that_is_cancelled_does_not_go_on_as_if_it_were_not(
    redis: Redis, hops: int
) -> None:
    """However far it has come: a server whose tasks overhear that they are to end never stops."""
    connection: Any = redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
    await connection.connect()
    sending = asyncio.create_task(connection.send_command("PING"))
    for _ in range(hops):
        await asyncio.sleep(0)
    if sending.cancel():
        with pytest.raises(asyncio.CancelledError):
            await sending
    await connection.disconnect()


async def test_a_script_that_redis_has_forgotten_is_told_again(redis: Redis) -> None:
    await redis.script_flush()
    assert (await ECHO.run(redis, ["a"], [1, 2, 3]))[0] == b"a"
    await redis.script_flush()
    assert (await ECHO.run(redis, ["b"], [1, 2, 3]))[0] == b"b"


async def test_a_script_that_fails_says_why(redis: Redis) -> None:
    with pytest.raises(ResponseError, match="out of ink"):
        await Script("return redis.error_reply('out of ink')").run(redis, [], [])
