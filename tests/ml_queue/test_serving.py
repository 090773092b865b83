"""The worker's loop on a real Valkey, around a network of a few lines."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import time
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ml import queue
from ml.batching import DEADLINE_MS
from ml.measures import OUTCOMES, Measures
from ml.serving import CROWD, UNDER_WAY, Serving
from server.embedded import EmbeddedValkey
from tests.support.tiny_network import LABELS, TinyNetwork
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


def frame(drawing: str, n: int = 1, ink: bytes = b"ink") -> queue.Frame:
    return queue.Frame(drawing, n, "s", ink)


def heartbeat(consumer: str = "w") -> queue.Heartbeat:
    return queue.Heartbeat(consumer, "tiny", 7, "cpu", 1, 1)


@contextlib.asynccontextmanager
async def serving(redis: Redis, network: TinyNetwork, cap: int = 64) -> AsyncIterator[Serving]:
    """A worker at work; stopped, and looked at for errors, in the end."""
    loop = Serving(redis, network, heartbeat(), cap)
    running = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        loop.stop()
        await asyncio.wait_for(running, 10)


async def replies(redis: Redis, count: int, within_s: float = 10.0) -> list[queue.Reply]:
    async def enough() -> list[queue.Reply]:
        _, found = await queue.replies(redis, "s", "0-0", block_ms=0, count=10_000)
        return found if len(found) >= count else []

    return await soon(enough, within_s)


async def is_empty(redis: Redis) -> bool:
    return await queue.length(redis) == 0


async def test_every_drawing_is_answered_with_the_whole_distribution(redis: Redis) -> None:
    async with serving(redis, TinyNetwork()):
        await queue.send(redis, [frame("a", 4, bytes(1024)), frame("b", 9, bytes(2048))])
        answers = {reply.drawing: reply for reply in await replies(redis, 2)}
    rows = {name: np.frombuffer(reply.probabilities, "<f2") for name, reply in answers.items()}
    assert {name: (len(row), row[0]) for name, row in rows.items()} == {
        "a": (LABELS, 1.0),
        "b": (LABELS, 2.0),
    }
    assert (answers["a"].n, answers["a"].model, answers["a"].raster) == (4, "tiny", 7)


async def test_what_is_waiting_is_computed_together_up_to_the_cap(redis: Redis) -> None:
    await queue.send(redis, [frame(str(at)) for at in range(20)])
    network = TinyNetwork()
    async with serving(redis, network, cap=8):
        await replies(redis, 20)
    assert [len(batch) for batch in network.batches] == [8, 8, 4]


async def test_a_crowd_is_halved_while_the_network_has_nothing_to_do(redis: Redis) -> None:
    """The other half is drawn while the first is computed, and then computed in one piece."""
    await queue.send(redis, [frame(str(at), 1, b"slow" if at < 20 else b"ink") for at in range(40)])
    network = TinyNetwork()
    async with serving(redis, network):
        await replies(redis, 40)
    assert [len(batch) for batch in network.batches] == [20, 20]


async def test_a_crowd_that_comes_back_together_is_halved_again(redis: Redis) -> None:
    """A batch that is long answered keeps the network from nothing."""
    network = TinyNetwork()
    async with serving(redis, network):
        for n in (1, 2):
            crowd = [frame(str(at), n, b"slow" if at < 20 else b"ink") for at in range(40)]
            await queue.send(redis, crowd)
            await replies(redis, 40 * n)
            await soon(lambda: is_empty(redis))
    assert [len(batch) for batch in network.batches] == [20, 20, 20, 20]


async def test_a_lone_frame_does_not_wait_for_company(redis: Redis) -> None:
    network = TinyNetwork()
    async with serving(redis, network):
        await soon(lambda: queue.workers(redis))
        await queue.send(redis, [frame("a")])
        (reply,) = await replies(redis, 1)
    assert reply.waited_ms < 200
    assert network.batches == [[b"ink"]]


async def test_a_drawn_frame_that_waits_for_the_network_is_said_to_wait(redis: Redis) -> None:
    network = TinyNetwork()
    async with serving(redis, network):
        await queue.send(redis, [frame("a", 1, b"slow")])
        await soon(lambda: was_prepared(network, b"slow"))
        await queue.send(redis, [frame("b")])
        waits = {reply.drawing: reply.waited_ms for reply in await replies(redis, 2)}
    assert waits["a"] < 500 < waits["b"]


async def test_only_the_newest_frame_of_a_drawing_is_computed(redis: Redis) -> None:
    await queue.send(redis, [frame("a", n, f"ink {n}".encode()) for n in (1, 3, 2)])
    network = TinyNetwork()
    async with serving(redis, network) as loop:
        (reply,) = await replies(redis, 1)
        await soon(lambda: is_empty(redis))
    assert (reply.n, network.batches, loop.heartbeat.stale) == (3, [[b"ink 3"]], 2)


async def test_a_stale_frame_is_acknowledged_and_not_computed(redis: Redis) -> None:
    seconds, _ = await redis.time()
    old = {"drawing": "a", "n": 1, "server": "s", "ink": b"old"}
    await redis.xadd(queue.FRAMES, old, id=f"{seconds * 1000 - DEADLINE_MS}-0")
    await queue.send(redis, [frame("b")])
    network = TinyNetwork()
    async with serving(redis, network) as loop:
        await replies(redis, 1)
        await soon(lambda: is_empty(redis))
    assert network.batches == [[b"ink"]]
    assert (loop.heartbeat.stale, loop.heartbeat.answered) == (1, 1)


@pytest.mark.parametrize("ink", [b"bad", b"trap"], ids=["cannot be drawn", "cannot be computed"])
async def test_a_poisoned_frame_fails_alone(redis: Redis, ink: bytes) -> None:
    await queue.send(redis, [frame("good"), frame("poison", 1, ink), frame("fine")])
    async with serving(redis, TinyNetwork()) as loop:
        answers = {reply.drawing: reply for reply in await replies(redis, 3)}
        await soon(lambda: is_empty(redis))
    assert {name for name, reply in answers.items() if not reply.error} == {"good", "fine"}
    assert answers["poison"].probabilities == b""
    ((_, letter),) = await redis.xrange(queue.DEAD)
    assert (letter[b"ink"], letter[b"error"].decode()) == (ink, answers["poison"].error)
    assert (loop.heartbeat.answered, loop.heartbeat.dead) == (2, 1)


async def test_a_batch_of_nothing_but_poison_stops_nothing(redis: Redis) -> None:
    async with serving(redis, TinyNetwork()):
        await queue.send(redis, [frame("a", 1, b"trap"), frame("b", 1, b"bad")])
        await replies(redis, 2)
        await queue.send(redis, [frame("c", 1, b"bad")])
        await replies(redis, 3)
        await queue.send(redis, [frame("c", 2)])
        answers = await replies(redis, 4)
    assert answers[-1].error == ""


async def test_a_broken_network_ends_the_worker_and_costs_no_frame(redis: Redis) -> None:
    """Its frames stay claimable for a worker whose network works."""
    network = TinyNetwork()
    network.broken = True
    await queue.send(redis, [frame("a")])
    with pytest.raises(RuntimeError, match="stumbled"):
        await asyncio.wait_for(Serving(redis, network, heartbeat()).run(), 10)
    reclaimed = await queue.reclaim(redis, "other", min_idle_ms=0)
    assert [entry.frame for entry in reclaimed] == [frame("a")]


async def test_frames_of_a_dead_worker_are_answered_by_another(redis: Redis) -> None:
    await queue.join(redis, "dead")
    await queue.send(redis, [frame("a"), frame("b")])
    assert len(await queue.take(redis, "dead", 10, block_ms=0)) == 2
    async with serving(redis, TinyNetwork()) as loop:
        answers = await replies(redis, 2, within_s=2.0)
    assert {reply.drawing for reply in answers} == {"a", "b"}
    assert loop.heartbeat.reclaimed == 2


async def test_a_slow_batch_is_not_taken_for_a_dead_worker(redis: Redis) -> None:
    network = TinyNetwork()
    async with serving(redis, network, cap=1) as loop:
        await queue.send(redis, [frame("a", 1, b"slow"), frame("b", 1, b"slow too")])
        await replies(redis, 2)
    assert sorted(itertools.chain(*network.batches)) == [b"slow", b"slow too"]
    assert loop.heartbeat.reclaimed == 0


async def test_stopping_answers_the_frames_in_hand_and_leaves(redis: Redis) -> None:
    network = TinyNetwork()
    async with serving(redis, network) as loop:
        await soon(lambda: queue.workers(redis))
        await queue.send(redis, [frame("a", 1, b"slow")])

        async def is_taken() -> bool:
            return (await redis.xpending(queue.FRAMES, queue.GROUP))["pending"] == 1

        await soon(is_taken)
        loop.stop()
    _, found = await queue.replies(redis, "s", "0-0", block_ms=0)
    assert [reply.drawing for reply in found] == ["a"]
    assert await redis.xinfo_consumers(queue.FRAMES, queue.GROUP) == []
    assert await queue.workers(redis) == []


def crowd(ink: bytes) -> list[queue.Frame]:
    return [frame(f"{ink!r} {n}", 1, ink) for n in range(CROWD)]


async def test_drawing_goes_on_while_the_network_computes_a_crowd(redis: Redis) -> None:
    """The second batch is drawn, and the first one not yet answered."""
    network = TinyNetwork()
    async with serving(redis, network):
        await soon(lambda: queue.workers(redis))
        await queue.send(redis, crowd(b"slow"))
        await soon(lambda: was_prepared(network, b"slow"))
        await queue.send(redis, crowd(b"next"))
        await soon(lambda: was_prepared(network, b"next"))
        assert network.batches == []
        await replies(redis, 2 * CROWD)
    assert network.batches == [[b"slow"] * CROWD, [b"next"] * CROWD]


async def test_what_comes_while_few_are_computed_is_the_next_batch(redis: Redis) -> None:
    network = TinyNetwork()
    async with serving(redis, network):
        await soon(lambda: queue.workers(redis))
        await queue.send(redis, [frame("a", 1, b"slow")])
        await soon(lambda: was_prepared(network, b"slow"))
        for drawing in "bcd":
            await queue.send(redis, [frame(drawing, 1, b"next")])
        await replies(redis, 4)
    assert network.batches == [[b"slow"], [b"next"] * 3]


async def was_prepared(network: TinyNetwork, ink: bytes) -> bool:
    return ink in network.prepared


async def test_only_so_many_batches_are_in_hand(redis: Redis) -> None:
    """What waits longer waits in the queue, where newer ink can still take its place."""
    network = TinyNetwork()
    async with serving(redis, network, cap=CROWD):
        many = [frame(str(at), 1, b"slow") for at in range((UNDER_WAY + 2) * CROWD)]
        await queue.send(redis, many)
        await soon(lambda: was_prepared(network, b"slow"))
        while len(network.batches) < 2:
            taken = (await redis.xpending(queue.FRAMES, queue.GROUP))["pending"]
            assert taken <= UNDER_WAY * CROWD


async def test_a_new_network_takes_over_between_batches(redis: Redis) -> None:
    """The frames of the old one are still answered, and in its name."""
    old, new = TinyNetwork(), TinyNetwork()
    new.model_hash = "newer"
    async with serving(redis, old) as loop:
        await queue.send(redis, [frame("a", 1, b"slow")])
        await soon(lambda: was_prepared(old, b"slow"))
        loop.replace(new)
        await queue.send(redis, [frame("b")])
        answers = {reply.drawing: reply.model for reply in await replies(redis, 2)}

        async def is_told() -> bool:
            return [worker.model for worker in await queue.workers(redis)] == ["newer"]

        await soon(is_told)
    assert answers == {"a": "tiny", "b": "newer"}
    assert (old.batches, new.batches) == ([[b"slow"]], [[b"ink"]])


async def test_who_is_told_of_answers_is_told_once_they_are_stored(redis: Redis) -> None:
    told: list[str] = []
    loop = Serving(
        redis,
        TinyNetwork(),
        heartbeat(),
        answered=lambda some: told.extend(reply.drawing for _, reply in some),
    )
    await queue.send(redis, [frame("a", 1), frame("a", 2), frame("b")])
    running = asyncio.create_task(loop.run())
    await replies(redis, 2)
    await soon(lambda: is_empty(redis))
    loop.stop()
    await asyncio.wait_for(running, 10)
    assert sorted(told) == ["a", "b"]


async def test_everything_that_happens_to_frames_is_counted(redis: Redis) -> None:
    measures = Measures()
    await queue.join(redis, "dead")
    await queue.send(redis, [frame("lost")])
    await queue.take(redis, "dead", 1, block_ms=0)
    await queue.send(redis, [frame("a", 1), frame("a", 2), frame("b"), frame("c", 1, b"bad")])
    loop = Serving(redis, TinyNetwork(), heartbeat(), measures=measures)
    running = asyncio.create_task(loop.run())
    await replies(redis, 4)
    await soon(lambda: is_empty(redis))
    loop.stop()
    await asyncio.wait_for(running, 10)

    def value(name: str, **labels: str) -> float | None:
        return measures.registry.get_sample_value(f"inkling_worker_{name}", labels)

    outcomes = {outcome: value("frames_total", outcome=outcome) for outcome in OUTCOMES}
    assert outcomes == {"taken": 4, "reclaimed": 1, "stale": 1, "answered": 3, "dead": 1}
    assert value("batch_frames_sum") == value("queue_seconds_count") == 4
    assert value("raster_seconds_count") == value("forward_seconds_count")
    assert value("serves", model="tiny", device="cpu") == 1
    assert (value("last_beat_timestamp_seconds") or 0) > time.time() - 60


async def test_a_flushed_redis_is_joined_again(redis: Redis) -> None:
    async with serving(redis, TinyNetwork()):
        await soon(lambda: queue.workers(redis))
        await redis.flushall()
        await queue.send(redis, [frame("a")])
        assert len(await replies(redis, 1)) == 1


async def test_a_restarted_redis_is_waited_for(tmp_path: Path) -> None:
    async with (
        EmbeddedValkey(tmp_path) as valkey,
        contextlib.aclosing(queue.connect(valkey.url)) as redis,
        serving(redis, TinyNetwork()),
    ):
        await queue.send(redis, [frame("a")])
        await replies(redis, 1)
        psutil.Process((await redis.info("server"))["process_id"]).kill()

        async def is_answered() -> bool:
            with contextlib.suppress(OSError, RedisError):
                await queue.send(redis, [frame("b")])
                _, found = await queue.replies(redis, "s", "0-0", block_ms=0)
                return "b" in {reply.drawing for reply in found}
            return False

        await soon(is_answered)


async def test_a_worker_can_be_stopped_while_redis_is_away(tmp_path: Path) -> None:
    async with contextlib.aclosing(queue.connect(f"unix://{tmp_path}/nothing")) as redis:
        loop = Serving(redis, TinyNetwork(), heartbeat())
        running = asyncio.create_task(loop.run())
        await asyncio.sleep(0)
        loop.stop()
        await asyncio.wait_for(running, 10)
