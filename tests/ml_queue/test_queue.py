"""Frames and replies on a real Valkey."""

from __future__ import annotations

import asyncio
import dataclasses
import time

import pytest
from redis.asyncio import Redis

from ml import queue

pytestmark = pytest.mark.asyncio


def frame(drawing: str = "a", n: int = 1, ink: bytes = b"ink", server: str = "s1") -> queue.Frame:
    return queue.Frame(drawing, n, server, ink)


def reply_to(entry: queue.Entry, error: str = "") -> queue.Reply:
    return queue.Reply(entry.frame.drawing, entry.frame.n, b"\x00\x3c", "m", 1, error, 2, 3)


async def sent_and_taken(
    redis: Redis, *frames: queue.Frame, consumer: str = "w"
) -> list[queue.Entry]:
    await queue.join(redis, consumer)
    await queue.send(redis, frames)
    return await queue.take(redis, consumer, 100, block_ms=0)


async def pending(redis: Redis) -> int:
    return (await redis.xpending(queue.FRAMES, queue.GROUP))["pending"]


async def test_frames_arrive_as_they_were_sent_oldest_first(redis: Redis) -> None:
    frames = [frame("a", 3, bytes(range(256))), frame("räume/b", 2**40, b"", "s2")]
    entries = await sent_and_taken(redis, *frames)
    assert [entry.frame for entry in entries] == frames


async def test_a_reply_reaches_the_server_that_asked_and_no_other(redis: Redis) -> None:
    entries = await sent_and_taken(redis, frame("a", server="s1"), frame("b", server="s2"))
    await queue.answer(redis, [(entry, reply_to(entry)) for entry in entries])
    last, found = await queue.replies(redis, "s2", "0-0", block_ms=0)
    assert found == [reply_to(entries[1])]
    assert await queue.replies(redis, "s2", last, block_ms=0) == (last, [])


async def test_an_answered_frame_is_gone_from_the_queue(redis: Redis) -> None:
    entries = await sent_and_taken(redis, frame("a"), frame("b"))
    await queue.answer(redis, [(entries[0], reply_to(entries[0]))])
    await queue.drop(redis, [entries[1].id])
    assert await queue.length(redis) == 0
    assert await pending(redis) == 0


async def test_a_frame_answered_with_an_error_is_kept_as_a_dead_letter(redis: Redis) -> None:
    (entry,) = await sent_and_taken(redis, frame(ink=b"poison"))
    await queue.answer(redis, [(entry, reply_to(entry, "cannot be drawn"))])
    ((_, letter),) = await redis.xrange(queue.DEAD)
    assert (letter[b"ink"], letter[b"error"]) == (b"poison", b"cannot be drawn")
    _, (answer,) = await queue.replies(redis, "s1", "0-0", block_ms=0)
    assert answer.error == "cannot be drawn"


async def test_what_is_no_frame_goes_to_the_dead_letters_and_stops_nothing(redis: Redis) -> None:
    await queue.join(redis, "w")
    await redis.xadd(queue.FRAMES, {"drawing": "a", "n": "many", "server": "s", "ink": ""})
    await redis.xadd(queue.FRAMES, {"hello": "world"})
    (entry,) = await sent_and_taken(redis, frame())
    assert entry.frame == frame()
    letters = [letter[b"error"] for _, letter in await redis.xrange(queue.DEAD)]
    assert [letter.startswith(b"not a frame") for letter in letters] == [True, True]
    assert (await queue.length(redis), await pending(redis)) == (1, 1)


async def test_what_no_reply_could_hold_goes_to_the_dead_letters(redis: Redis) -> None:
    await queue.join(redis, "w")
    good = {"drawing": "a", "n": "1", "server": "s", "ink": ""}
    for bad in ({"n": "9" * 30}, {"n": "-1"}, {"drawing": "a" * 300}, {"server": "s" * 300}):
        await redis.xadd(queue.FRAMES, {**good, **bad})
    assert await queue.take(redis, "w", 10, block_ms=0) == []
    assert await redis.xlen(queue.DEAD) == 4


async def test_long_errors_are_cut_short(redis: Redis) -> None:
    await queue.join(redis, "w")
    await redis.xadd(queue.FRAMES, {"drawing": "a", "n": "x" * 9000, "server": "s", "ink": ""})
    (entry,) = await sent_and_taken(redis, frame())
    await queue.answer(redis, [(entry, reply_to(entry, "no" * 5000))])
    _, (found,) = await queue.replies(redis, "s1", "0-0", block_ms=0)
    letters = [letter[b"error"] for _, letter in await redis.xrange(queue.DEAD)]
    assert len(found.error) <= 1000
    assert [len(error) <= 1000 for error in letters] == [True, True]


async def test_a_time_beyond_all_bounds_is_a_long_time(redis: Redis) -> None:
    (entry,) = await sent_and_taken(redis, frame())
    late = dataclasses.replace(reply_to(entry), waited_ms=1 << 40)
    await queue.answer(redis, [(entry, late)])
    _, (found,) = await queue.replies(redis, "s1", "0-0", block_ms=0)
    assert found.waited_ms == (1 << 32) - 1


async def test_dead_letters_are_bounded(redis: Redis) -> None:
    entries = await sent_and_taken(redis, *(frame(n=n) for n in range(queue.MAX_DEAD + 44)))
    entries += await queue.take(redis, "w", 1000, block_ms=0)
    await queue.answer(redis, [(entry, reply_to(entry, "no")) for entry in entries])
    assert await redis.xlen(queue.DEAD) == queue.MAX_DEAD


async def test_the_queue_forgets_the_oldest_beyond_its_bound(redis: Redis) -> None:
    """Redis trims whole nodes of at most a hundred entries."""
    count = queue.MAX_FRAMES + 2_000
    await queue.send(redis, (frame(n=n, ink=bytes(512)) for n in range(count)))
    assert queue.MAX_FRAMES <= await queue.length(redis) <= queue.MAX_FRAMES + 100
    entries = await queue.take(redis, "w", 1, block_ms=0)  # makes the group
    entries = await queue.take(redis, "w", 1, block_ms=0)
    assert entries[0].frame.n >= count - queue.MAX_FRAMES - 100


async def test_a_batch_of_replies_takes_few_entries(redis: Redis) -> None:
    count = 2 * queue.REPLIES_TO_AN_ENTRY + 1
    entries = await sent_and_taken(redis, *(frame(str(n)) for n in range(count)))
    await queue.answer(redis, [(entry, reply_to(entry)) for entry in entries])
    assert await redis.xlen("inkling:{queue}:guesses:s1") == 3
    _, found = await queue.replies(redis, "s1", "0-0", block_ms=0)
    assert found == [reply_to(entry) for entry in entries]


async def test_more_frames_than_lua_passes_on_at_once_are_answered_and_let_go_of(
    redis: Redis,
) -> None:
    """A batch may be as large as its worker was told."""
    count = 4_000
    entries = await sent_and_taken(redis, *(frame(str(n)) for n in range(count)))
    entries += await queue.take(redis, "w", count, block_ms=0)
    await queue.answer(redis, [(entry, reply_to(entry)) for entry in entries[: count // 2]])
    await queue.drop(redis, [entry.id for entry in entries[count // 2 :]])
    assert (len(entries), await queue.length(redis), await pending(redis)) == (count, 0, 0)


async def test_replies_of_two_networks_keep_their_names(redis: Redis) -> None:
    """As when a worker is given a new checkpoint."""
    one, other = await sent_and_taken(redis, frame("a"), frame("b"))
    newer = dataclasses.replace(reply_to(other), model="newer")
    await queue.answer(redis, [(one, reply_to(one)), (other, newer)])
    _, found = await queue.replies(redis, "s1", "0-0", block_ms=0)
    assert [reply.model for reply in found] == ["m", "newer"]


async def test_an_unreadable_reply_hides_no_other(redis: Redis) -> None:
    await redis.xadd("inkling:{queue}:guesses:s1", {"model": "m", "raster": 1, "0": b"short"})
    (entry,) = await sent_and_taken(redis, frame())
    await queue.answer(redis, [(entry, reply_to(entry))])
    _, found = await queue.replies(redis, "s1", "0-0", block_ms=0)
    assert found == [reply_to(entry)]


async def test_unread_replies_are_bounded_in_number_and_in_time(redis: Redis) -> None:
    count = 200
    for _ in range(2 + queue.MAX_REPLY_ENTRIES * queue.REPLIES_TO_AN_ENTRY // count):
        await queue.send(redis, (frame(n=n) for n in range(count)))
        await queue.take(redis, "w", 1, block_ms=0)
        entries = await queue.take(redis, "w", count, block_ms=0)
        await queue.answer(redis, [(entry, reply_to(entry)) for entry in entries])
    (key,) = await redis.keys("inkling:{queue}:guesses:*")
    assert await redis.xlen(key) <= queue.MAX_REPLY_ENTRIES + 100
    assert 0 < await redis.pttl(key) <= queue.REPLIES_KEPT_MS


async def test_a_flushed_redis_is_no_end(redis: Redis) -> None:
    await sent_and_taken(redis, frame("before"))
    await redis.flushall()
    assert await queue.take(redis, "w", 10, block_ms=0) == []
    (entry,) = await sent_and_taken(redis, frame("after"))
    assert entry.frame.drawing == "after"
    await redis.flushall()
    assert await queue.reclaim(redis, "w") == []
    assert await queue.workers(redis) == []


async def test_a_group_made_late_still_gets_what_was_sent_before(redis: Redis) -> None:
    await queue.send(redis, [frame()])
    assert await queue.take(redis, "w", 10, block_ms=0) == []
    assert [entry.frame for entry in await queue.take(redis, "w", 10, block_ms=0)] == [frame()]


async def test_a_worker_that_waits_gets_a_frame_as_it_comes(redis: Redis) -> None:
    await queue.join(redis, "w")
    taking = asyncio.create_task(queue.take(redis, "w", 10, block_ms=5_000))
    await asyncio.sleep(0)
    started = time.monotonic()
    await queue.send(redis, [frame()])
    assert [entry.frame for entry in await taking] == [frame()]
    assert time.monotonic() - started < 2


async def test_an_empty_queue_gives_nothing_and_waits_only_as_told(redis: Redis) -> None:
    await queue.join(redis, "w")
    assert await queue.take(redis, "w", 10, block_ms=20) == []
    assert await queue.replies(redis, "s1", "0-0", block_ms=20) == ("0-0", [])


async def test_waited_ms_is_the_age_by_the_clock_of_redis(redis: Redis) -> None:
    seconds, _ = await redis.time()
    fields = {"drawing": "a", "n": 1, "server": "s", "ink": b""}
    await redis.xadd(queue.FRAMES, fields, id=f"{(seconds - 3) * 1000}-0")
    await queue.join(redis, "w")
    (entry,) = await queue.take(redis, "w", 1, block_ms=0)
    assert 3_000 <= entry.waited_ms < 5_000


async def test_only_frames_held_too_long_change_hands(redis: Redis) -> None:
    entries = await sent_and_taken(redis, frame(), consumer="dead")
    assert await queue.reclaim(redis, "alive", min_idle_ms=60_000) == []
    reclaimed = await queue.reclaim(redis, "alive", min_idle_ms=0)
    assert [entry.frame for entry in reclaimed] == [entry.frame for entry in entries]


async def test_a_frame_deleted_while_it_was_held_is_not_reclaimed(redis: Redis) -> None:
    (entry,) = await sent_and_taken(redis, frame(), consumer="dead")
    await redis.xdel(queue.FRAMES, entry.id)
    assert await queue.reclaim(redis, "alive", min_idle_ms=0) == []
    assert await pending(redis) == 0


async def test_reclaiming_sweeps_out_what_is_too_old_for_anyone(redis: Redis) -> None:
    await queue.join(redis, "w")
    await redis.xadd(queue.FRAMES, {"drawing": "a"}, id="1000-0")
    await queue.send(redis, [frame()])
    await queue.reclaim(redis, "w")
    assert await queue.length(redis) == 1


def heartbeat(consumer: str) -> queue.Heartbeat:
    return queue.Heartbeat(consumer, "m", 1, "cpu", 42, 1_000, batches=3)


async def test_workers_are_those_whose_heart_beats(redis: Redis) -> None:
    for name in ("w1", "w2", "silent"):
        await queue.join(redis, name)
    await queue.beat(redis, heartbeat("w1"))
    await queue.beat(redis, heartbeat("w2"))
    alive = sorted(await queue.workers(redis), key=lambda worker: worker.consumer)
    assert alive == [heartbeat("w1"), heartbeat("w2")]
    (key, _) = await redis.keys("inkling:{queue}:worker:*")
    assert 0 < await redis.pttl(key) <= queue.HEARTBEAT_MS


async def test_there_are_no_workers_before_the_first(redis: Redis) -> None:
    assert await queue.workers(redis) == []


async def test_a_worker_that_leaves_is_no_longer_listed(redis: Redis) -> None:
    await queue.join(redis, "w")
    await queue.beat(redis, heartbeat("w"))
    await queue.leave(redis, "w")
    assert await queue.workers(redis) == []
    assert await redis.xinfo_consumers(queue.FRAMES, queue.GROUP) == []


async def test_frames_of_a_worker_that_leaves_can_still_be_reclaimed(redis: Redis) -> None:
    await sent_and_taken(redis, frame(), consumer="leaver")
    await queue.leave(redis, "leaver")
    reclaimed = await queue.reclaim(redis, "other", min_idle_ms=0)
    assert [entry.frame for entry in reclaimed] == [frame()]


async def test_the_name_of_a_long_dead_worker_is_cleared_away(
    redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queue.join(redis, "dead")
    monkeypatch.setattr(queue, "_CONSUMER_KEPT_MS", -1)
    assert await queue.workers(redis) == []
    assert await redis.xinfo_consumers(queue.FRAMES, queue.GROUP) == []


async def test_nothing_to_send_or_answer_is_no_error(redis: Redis) -> None:
    await queue.send(redis, [])
    await queue.answer(redis, [])
    await queue.drop(redis, [])
    assert await redis.keys("*") == []
