"""Every game that ended is counted once, whatever died when, and even if nobody comes back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from game.protocol import Phase
from server.awards import award_of
from server.counting import AWARD_KEPT_MS
from server.leaderboard import Leaderboard
from server.owner import RoomOwner
from server.store import RoomStore
from server.unfinished import GRACE_MS, count_unfinished
from tests.server.test_durability import play_to_the_end, soon
from tests.support.house import HandWorker, House, open_house

pytestmark = pytest.mark.asyncio


@asynccontextmanager
async def house_that_never_counts(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, HandWorker]]:
    """As if it were killed each time between telling of the end and counting the game."""

    async def dies(*_: Any) -> None:
        raise ConnectionError

    worker = HandWorker(redis)
    await worker.join()
    with monkeypatch.context() as patch:
        patch.setattr(RoomOwner, "_count", dies)
        async with open_house(redis_url, patch) as house:
            yield house, worker


async def points(house: House) -> dict[str, int]:
    rows = (await house.http.get("/api/leaderboard")).json()["rows"]
    return {row["name"]: row["points"] for row in rows}


async def test_a_game_nobody_counted_is_counted_though_nobody_comes_back(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_that_never_counts(redis, redis_url, monkeypatch) as (house, worker):
        ada, _ = await play_to_the_end(house, worker)
        podium = next(said for said in ada.heard if said["type"] == "game_over")
    await redis.delete(f"inkling:{{room:{ada.code}}}:lease")  # as if it had run out
    async with open_house(redis_url, monkeypatch) as other:
        store, board = RoomStore(redis, "other"), other.desk.leaderboard
        now = other.clock()
        assert await points(other) == {}
        assert await count_unfinished(store, board, now) == 0  # its owner may be alive
        assert await count_unfinished(store, board, now + GRACE_MS) == 1
        scores = {each["name"]: each["score"] for each in podium["standings"]}
        assert await points(other) == scores
        assert await count_unfinished(store, board, now + 3 * GRACE_MS) == 0
        assert ada.account is not None
        await (await other.dial(ada.code, ada.account)).hello()  # who comes back changes nothing
        assert await points(other) == scores
        assert await store.playing(now + 9 * GRACE_MS) == []


async def test_a_game_that_is_running_is_left_to_its_players(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_house(redis_url, monkeypatch) as house:
        ada, *_ = await house.round("Ada", "Bob", seconds=120)
        store, board = RoomStore(redis, "other"), house.desk.leaderboard
        ahead = house.clock() + GRACE_MS
        assert [code for code, _ in await store.playing(ahead)] == [ada.code]
        await count_unfinished(store, board, ahead)
    await count_unfinished(store, board, ahead + 2 * GRACE_MS)
    assert await store.holder(ada.code) is None
    assert [code for code, _ in await store.playing(ahead + 4 * GRACE_MS)] == [ada.code]
    found = await store.load(ada.code)
    assert found is not None
    assert found.state.phase is Phase.DRAWING


async def test_a_room_is_marked_for_as_long_as_there_is_something_to_count(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    store = RoomStore(redis, "reader")

    async def marked() -> list[str]:
        return [code for code, _ in await store.playing(house.clock() + 1)]

    assert await marked() == []
    ada, _ = await play_to_the_end(house, worker)

    async def settled() -> bool:
        return not await marked()

    assert await soon(settled)
    await ada.say("rematch")
    await ada.phase("lobby")
    await ada.say("start")
    await ada.phase("drawing")
    assert await marked() == [ada.code]


async def test_a_mark_made_meanwhile_is_not_taken_away(redis: Redis) -> None:
    store = RoomStore(redis, "one")
    await store.mark_playing("BCDFG", 1_000)
    await store.mark_playing("BCDFG", 2_000)
    await store.unmark_playing("BCDFG", 1_000)
    assert await store.playing(5_000) == [("BCDFG", 2_000)]
    await store.unmark_playing("BCDFG", 2_000)
    assert await store.playing(5_000) == []


async def test_a_room_that_is_gone_is_not_looked_at_again(redis: Redis, house: House) -> None:
    store = RoomStore(redis, "one")
    await store.mark_playing("BCDFG", 1_000)
    assert await count_unfinished(store, house.desk.leaderboard, 1_000 + GRACE_MS) == 0
    assert await store.playing(10**15) == []


async def test_a_podium_that_stood_for_days_is_not_counted_twice(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By then it is forgotten that the game was counted."""
    worker = HandWorker(redis)
    await worker.join()
    async with open_house(redis_url, monkeypatch) as house:
        ada, _ = await play_to_the_end(house, worker)

        async def counted() -> bool:
            return bool(await points(house))

        await soon(counted)
        before = await points(house)
    for key in await redis.keys("inkling:{board}:award:*"):
        await redis.delete(key)
    async with open_house(redis_url, monkeypatch) as later:
        # Being off is no time for the room, so it has to stand with somebody in it.
        later.clock.ahead_ms += AWARD_KEPT_MS
        store = RoomStore(redis, "writer")
        found = await store.load(ada.code)
        assert found is not None
        await store.claim(ada.code)
        await store.save(type(found)(found.offset, later.clock(), found.state))
        await store.release(ada.code)
        assert ada.account is not None
        await (await later.dial(ada.code, ada.account)).hello()
        assert await points(later) == before


async def test_the_same_game_counted_by_two_servers_at_once_is_counted_once(
    house: House, worker: HandWorker, redis: Redis
) -> None:
    ada, _ = await play_to_the_end(house, worker)
    owner = house.owner(ada.code)
    other = Leaderboard(redis, house.desk.players)
    await other.record(award_of(owner.state))
    await house.desk.leaderboard.record(award_of(owner.state))
    rows = (await house.http.get("/api/leaderboard")).json()["rows"]
    assert [row["games"] for row in rows] == [1, 1]


async def test_a_room_that_cannot_be_read_keeps_no_other_from_being_counted(
    redis: Redis, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with house_that_never_counts(redis, redis_url, monkeypatch) as (house, worker):
        ada, _ = await play_to_the_end(house, worker)
    await redis.delete(f"inkling:{{room:{ada.code}}}:lease")  # as if it had run out
    await redis.set("inkling:{room:BROKEN}:snap", b"{}")
    async with open_house(redis_url, monkeypatch) as other:
        store, board = RoomStore(redis, "other"), other.desk.leaderboard
        await store.mark_playing("BROKEN", 0)
        ahead = other.clock() + GRACE_MS
        assert await count_unfinished(store, board, ahead) == 1
        assert await store.playing(ahead) == [("BROKEN", ahead)]
