"""What a server tells those who compare networks, and when."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from ml.comparisons import PROMPTS, read_all
from tests.support.house import HandWorker, House, prompt_of
from tests.support.player import dots
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


async def told(redis: Redis) -> dict[str, str]:
    return (await read_all(redis))[1]


async def test_prompts_are_told_when_they_are_no_secret_any_more(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    await redis.xadd(PROMPTS, {"comparing": 1})
    ada, bob = await house.round("Ada", "Bob", seconds=10)
    await ada.draw(dots(3))
    entry = await worker.take_of(ada)
    await worker.answer(entry, prompt_of(ada))
    await bob.hears("match")
    assert await told(redis) == {}
    await house.skip(bob, 11)
    await ada.phase("reveal")
    assert await soon(lambda: told(redis)) == {entry.frame.drawing: prompt_of(ada)}


async def test_nothing_is_told_where_nobody_compares(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    (ada,) = await house.round("Ada")
    await ada.draw(dots(3))
    await worker.answer(await worker.take_of(ada), prompt_of(ada))
    await ada.phase("reveal")
    assert await soon(lambda: redis.exists("inkling:{replays}:games"))
    await ada.say("ready")
    await ada.phase("drawing")
    assert await redis.exists(PROMPTS) == 0
