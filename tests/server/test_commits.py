"""Turns of several rooms, stored at one round trip."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnectionError
from redis.exceptions import ResponseError

from ml.connection import connect
from server.commits import Commits

pytestmark = pytest.mark.asyncio

# KEYS list; ARGV what to add to it, unless it is nothing
PUSH = """
if ARGV[1] == '' then return redis.error_reply('NOTHING to add') end
redis.call('RPUSH', KEYS[1], ARGV[1])
"""


class Trips:
    """Counts how often something is sent to a Redis."""

    def __init__(self, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent = 0
        pool: Any = redis.connection_pool
        lend = pool.get_connection

        async def counted() -> object:
            self.sent += 1
            return await lend()

        monkeypatch.setattr(pool, "get_connection", counted)


async def counting(redis: Redis, monkeypatch: pytest.MonkeyPatch) -> tuple[Commits, Trips]:
    """Commits whose script Redis knows, and their trips from now on."""
    commits = Commits(redis, PUSH)
    await commits.run(["known"], ["by now"])
    return commits, Trips(redis, monkeypatch)


async def stored(redis: Redis, key: str) -> list[bytes]:
    found: list[bytes] = await redis.lrange(key, 0, -1)
    return found


async def test_all_who_wait_share_a_trip_and_each_keeps_its_order(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, trips = await counting(redis, monkeypatch)
    async with asyncio.TaskGroup() as group:
        for room in range(5):
            for turn in range(4):
                group.create_task(commits.run([f"room {room}"], [str(turn)]))
    assert trips.sent == 1
    for room in range(5):
        assert await stored(redis, f"room {room}") == [b"0", b"1", b"2", b"3"]


async def test_what_comes_during_a_trip_goes_with_the_next(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits, trips = await counting(redis, monkeypatch)
    first = asyncio.create_task(commits.run(["a"], ["1"]))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert trips.sent == 1
    await asyncio.gather(first, *(commits.run(["a"], [n]) for n in "234"))
    assert trips.sent == 2
    assert await stored(redis, "a") == [b"1", b"2", b"3", b"4"]


async def test_one_that_is_refused_is_refused_alone(redis: Redis) -> None:
    commits = Commits(redis, PUSH)
    outcomes = await asyncio.gather(
        *(commits.run(["key"], [what]) for what in ("1", "", "2")), return_exceptions=True
    )
    assert isinstance(outcomes[1], ResponseError)
    assert "NOTHING" in str(outcomes[1])
    assert outcomes[0] is outcomes[2] is None
    assert await stored(redis, "key") == [b"1", b"2"]


async def test_a_redis_that_lost_the_script_is_told_it_again(redis: Redis) -> None:
    commits = Commits(redis, PUSH)
    for turn in range(2):
        await redis.script_flush()
        outcomes = await asyncio.gather(
            *(commits.run(["key"], [what]) for what in (f"{turn}a", "", f"{turn}b")),
            return_exceptions=True,
        )
        assert isinstance(outcomes[1], ResponseError)
    assert await stored(redis, "key") == [b"0a", b"0b", b"1a", b"1b"]


async def test_whoever_stops_waiting_disturbs_nobody(redis: Redis) -> None:
    commits = Commits(redis, PUSH)
    waiting = [asyncio.create_task(commits.run(["key"], [what])) for what in ("1", "2", "3")]
    await asyncio.sleep(0)
    waiting[1].cancel()
    await asyncio.gather(waiting[0], waiting[2])
    assert waiting[1].cancelled()
    await commits.run(["key"], ["4"])
    assert {b"1", b"3", b"4"} <= set(await stored(redis, "key"))


async def test_without_redis_all_who_wait_are_told_and_the_next_trip_is_tried() -> None:
    nowhere = connect("redis://127.0.0.1:1")
    commits = Commits(nowhere, PUSH)
    for _ in range(2):
        outcomes = await asyncio.gather(
            commits.run(["a"], ["1"]), commits.run(["b"], ["1"]), return_exceptions=True
        )
        assert all(isinstance(outcome, NoConnectionError) for outcome in outcomes)
    await nowhere.aclose()


async def test_a_trip_that_is_cancelled_leaves_nobody_waiting(redis: Redis) -> None:
    commits = Commits(redis, PUSH)
    waiting = asyncio.create_task(commits.run(["key"], ["1"]))
    await asyncio.sleep(0)
    assert commits._sending is not None
    await asyncio.sleep(0)
    commits._sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await commits.run(["key"], ["2"])
    assert b"2" in await stored(redis, "key")
