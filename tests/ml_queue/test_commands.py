"""Several commands at one trip, and scripts, on a real Valkey."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import DataError, ResponseError

from ml.commands import Script, by_name, together

pytestmark = pytest.mark.asyncio

ECHO = Script("return {KEYS[1], ARGV[1], ARGV[2], ARGV[3]}")


async def test_replies_come_in_the_order_of_the_commands(redis: Redis) -> None:
    many = [("SET", f"key {n}", n) for n in range(300)]
    assert await together(redis, many) == [b"OK"] * 300
    assert await together(redis, [("GET", key) for _, key, _ in reversed(many)]) == [
        str(n).encode() for n in reversed(range(300))
    ]


async def test_nothing_asked_is_nothing_answered(redis: Redis) -> None:
    assert await together(redis, []) == []


async def test_the_first_error_is_raised_when_all_replies_are_read(redis: Redis) -> None:
    commands = [("SET", "key", "text"), ("INCR", "key"), ("LPUSH", "key", 1), ("GET", "key")]
    with pytest.raises(ResponseError, match="not an integer"):
        await together(redis, commands)
    assert await redis.get("key") == b"text"  # not the answer to a command before


async def test_an_error_can_stay_in_its_place(redis: Redis) -> None:
    commands = [("SET", "key", "text"), ("INCR", "key"), ("GET", "key")]
    done, refused, kept = await together(redis, commands, errors_in_place=True)
    assert (done, kept) == (b"OK", b"text")
    assert isinstance(refused, ResponseError)


async def test_what_is_no_argument_is_refused_before_anything_is_sent(redis: Redis) -> None:
    nothing: Any = object()
    with pytest.raises(DataError):
        await together(redis, [("SET", "key", 1), ("SET", "other", nothing)])
    assert await redis.get("key") is None


async def test_a_connection_that_breaks_is_replaced_and_all_is_sent_again(redis: Redis) -> None:
    line: Any = await redis.connection_pool.get_connection()
    await redis.connection_pool.release(line)
    line._writer.transport.abort()
    assert await together(redis, [("SET", "key", 1), ("GET", "key")]) == [b"OK", b"1"]


@pytest.mark.parametrize("hops", range(6))
async def test_whoever_is_cancelled_leaves_no_reply_to_the_next(redis: Redis, hops: int) -> None:
    asking = asyncio.create_task(together(redis, [("ECHO", "mine"), ("ECHO", "mine, too")]))
    for _ in range(hops):
        await asyncio.sleep(0)
    if asking.cancel():
        with pytest.raises(asyncio.CancelledError):
            await asking
    assert await redis.echo("yours") == b"yours"
    assert not redis.connection_pool._in_use_connections


async def test_fields_are_listed_in_pairs() -> None:
    assert by_name([b"n", b"1", b"server", b"a"]) == {b"n": b"1", b"server": b"a"}
    with pytest.raises(ValueError, match="shorter"):
        by_name([b"n"])


async def test_every_kind_of_argument_arrives_as_it_was(redis: Redis) -> None:
    every_byte = bytes(range(256)) * 64
    answer = await ECHO.run(redis, ["räume"], [every_byte, 7, "ț"])
    assert answer == ["räume".encode(), every_byte, b"7", "ț".encode()]


async def test_a_script_that_redis_has_forgotten_is_told_again(redis: Redis) -> None:
    for key in ("a", "b"):
        await redis.script_flush()
        assert (await ECHO.run(redis, [key], [1, 2, 3]))[0] == key.encode()


async def test_a_script_that_fails_says_why(redis: Redis) -> None:
    with pytest.raises(ResponseError, match="out of ink"):
        await Script("return redis.error_reply('out of ink')").run(redis, [], [])


async def test_of_several_runs_each_has_its_own_outcome(redis: Redis) -> None:
    script = Script("if ARGV[1] == '' then return redis.error_reply('OUT of ink') end return 7")
    for _ in range(2):
        first, refused, last = await script.run_each(redis, [([], ["a"]), ([], [""]), ([], ["b"])])
        assert (first, last) == (7, 7)
        assert "OUT of ink" in str(refused)
        await redis.script_flush()
