"""Who stays away for too long leaves the boards, and nobody else does."""

from __future__ import annotations

import pytest
from redis.asyncio import Redis

from server import board_keys as keys
from server.board_keys import By
from server.clock import now_ms
from server.counting import Terms
from server.leaderboard import Leaderboard
from server.periods import Period, span_of
from server.players import Players
from server.retention import Retention
from tests.support.awards import award, result
from tests.support.traces import holding

DAY_AWAY = Terms(player_kept_ms=86_400_000)


@pytest.mark.asyncio
async def test_who_has_neither_name_nor_sums_left_leaves_every_board(redis: Redis) -> None:
    players = Players(redis)
    board = Leaderboard(redis, players, DAY_AWAY)
    retention = Retention(redis, players, board)
    ada, bob, cyd = [(await players.create(name))[0].player_id for name in ("Ada", "Bob", "Cyd")]
    for n, mode in enumerate(("race", "pictionary")):
        people = [result(each, 900, [800, None]) for each in (ada, bob, cyd)]
        assert await board.record(award(str(n), *people, at_ms=now_ms(), mode=mode, public=True))
    assert await retention.sweep(now_ms()) == 0

    await players.forget(ada)  # as if it had expired; the sums have not
    assert await retention.sweep(now_ms()) == 0
    for player in (ada, bob):
        await redis.delete(*keys.player(player))
    assert await retention.sweep(now_ms()) == 1
    assert await holding(redis, ada) == []
    page = await board.page("race", span_of(Period.ALL, 0), By.POINTS, 10)
    assert {row.player_id for row in page.rows} == {bob, cyd}


@pytest.mark.asyncio
async def test_all_are_come_to_however_many_there_are(redis: Redis) -> None:
    players = Players(redis)
    board = Leaderboard(redis, players)
    retention = Retention(redis, players, board)
    points = "inkling:{board}:race:all:points"
    await redis.zadd(points, {f"{n:016x}": n for n in range(600)})
    gone = sum([await retention.sweep(now_ms()) for _ in range(8)])
    assert 10 < gone <= 40, "a few each time"
    assert await redis.zcard(points) == 600 - gone
