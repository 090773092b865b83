"""Whatever server an address turns to, it gets no more than from one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress

import pytest
from redis.asyncio import Redis

from game.protocol import Code, Refused
from server.crowd import Crowd, SharedBuckets
from server.doors import Doors
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio
HERE, ELSEWHERE = "10.0.0.1", "10.0.0.2"
PROXY = frozenset({"127.0.0.1"})


class Server:
    """The doors of one server."""

    def __init__(self, redis: Redis, name: str, most: int = 2) -> None:
        self.doors = Doors(most, PROXY)
        self.crowd = Crowd(redis, name, self.doors)

    async def enter(self, inside: ExitStack, address: str = HERE) -> bool:
        """Whether another socket of ``address`` is let in; it stays until ``inside`` ends."""
        with ExitStack() as door:
            try:
                door.enter_context(self.doors.enter(address, 0))
                await self.crowd.admit(address, 0)
            except Refused as refused:
                return refused.code is not Code.TOO_FAST
            inside.push(door.pop_all())
            return True

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """While it tells the others."""
        task = asyncio.create_task(self.crowd.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_an_address_has_so_many_sockets_at_all_servers_together(redis: Redis) -> None:
    one, two = Server(redis, "one"), Server(redis, "two")
    with ExitStack() as inside:
        assert await one.enter(inside)
        assert await two.enter(inside)
        assert not await one.enter(inside)
        assert not await two.enter(inside)
        assert await two.enter(inside, ELSEWHERE)
        for _ in range(5):
            assert await two.enter(inside, "127.0.0.1"), "a proxy is not everybody"


async def test_a_socket_that_closed_is_soon_forgotten_everywhere(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.crowd._TELL_S", 0.01)
    one, two = Server(redis, "one", 1), Server(redis, "two", 1)
    async with one.telling():
        with ExitStack() as inside:
            assert await one.enter(inside)
            assert not await two.enter(inside)
        with ExitStack() as inside:

            async def in_again() -> bool:
                return await two.enter(inside)

            assert await soon(in_again)


async def test_the_sockets_of_a_server_that_died_are_forgotten(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.crowd.BELIEVED_MS", 100)
    dead, two = Server(redis, "dead", 1), Server(redis, "two", 1)
    with ExitStack() as inside:
        assert await dead.enter(inside)

        async def in_its_place() -> bool:
            return await two.enter(inside)

        assert await soon(in_its_place)


async def test_a_server_reminds_the_others_of_sockets_that_stay(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in (("_TELL_S", 0.01), ("_REMIND_S", 0.0), ("BELIEVED_MS", 60_000)):
        monkeypatch.setattr(f"server.crowd.{name}", value)
    one, two = Server(redis, "one", 1), Server(redis, "two", 1)
    with ExitStack() as inside:
        assert await one.enter(inside)
        await redis.flushdb()  # as a Redis does that forgets
        async with one.telling():

            async def reminded() -> bool:
                return bool(await redis.exists(f"inkling:open:{HERE}"))

            assert await soon(reminded)
            assert not await two.enter(inside)


async def test_tokens_come_from_one_bucket(redis: Redis) -> None:
    one, two = (SharedBuckets(redis, "make", 1, 4) for _ in range(2))
    taken = [await each.take(HERE, 1_000) for _ in range(4) for each in (one, two)]
    assert taken.count(True) == 4
    assert await one.take(ELSEWHERE, 1_000)
    assert not await two.take(HERE, 1_500)
    assert await two.take(HERE, 2_000)
    assert not await one.take(HERE, 2_000)
    assert [await one.take(HERE, 60_000) for _ in range(5)] == [True] * 4 + [False]
    assert 0 < await redis.pttl(f"inkling:pace:make:{HERE}") <= 4_000


async def test_without_redis_each_server_counts_for_itself() -> None:
    nowhere = Redis.from_url("unix:///nowhere/to/be/found", protocol=2)
    buckets = SharedBuckets(nowhere, "make", 1, 2)
    assert [await buckets.take(HERE, 0) for _ in range(3)] == [True, True, False]
    one = Server(nowhere, "one")
    with ExitStack() as inside:
        assert [await one.enter(inside) for _ in range(3)] == [True, True, False]
    await nowhere.aclose()
