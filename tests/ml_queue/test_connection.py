"""The client and its connections, on a real Valkey."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
import uvloop
from redis.asyncio import Redis
from redis.exceptions import ConnectionError, DataError  # noqa: A004 - of Redis

from ml.connection import connect
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


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


async def test_who_finds_no_connection_waits_for_one_to_be_given_back(redis: Redis) -> None:
    pool: Any = redis.connection_pool
    pool.max_connections = 1
    lent = await pool.get_connection()
    waiting = [asyncio.create_task(redis.ping()) for _ in range(3)]
    await asyncio.sleep(0.05)
    assert not any(task.done() for task in waiting)
    await pool.release(lent)
    assert all(await asyncio.gather(*waiting))
    assert pool._waiting == 0


async def test_a_connection_with_an_unread_reply_is_not_lent(redis: Redis) -> None:
    """Else the next one who asks would read it as the answer."""
    pool: Any = redis.connection_pool
    line = await pool.get_connection()
    await line.send_command("ECHO", "nobody reads this")
    await soon(line.can_read)
    await pool.release(line)
    assert await redis.echo("mine") == b"mine"


async def test_a_server_that_turns_clients_away_is_a_lost_connection() -> None:
    """Redis answers so while it loads its data, and when it has too many clients."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16):
            writer.write(b"-LOADING Redis is loading the dataset in memory\r\n" * 2)
        writer.close()

    server = await asyncio.start_server(refuse, "127.0.0.1")
    host, port = server.sockets[0].getsockname()
    client = connect(f"redis://{host}:{port}")
    with pytest.raises(ConnectionError, match="loading"):
        await client.ping()
    await client.aclose()
    server.close()
    await server.wait_closed()
