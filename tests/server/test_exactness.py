"""Two hundred games end at once, the server is killed in the midst of it, and no point is lost."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from game.protocol import CODE_ALPHABET, Phase
from game.state import RoomState, replaced
from server.awards import Award, award_of
from server.board_keys import By
from server.clock import now_ms
from server.events import Snapshot
from server.leaderboard import Leaderboard
from server.periods import Span, spans_at
from server.players import Players
from server.store import RoomStore
from server.unfinished import GRACE_MS, count_unfinished
from tests.game.table import Table
from tests.support.waiting import soon

GAMES: Final = 200
SEATS: Final = 4
PEOPLE: Final = 40  # so that everybody is in many games at once
ROOT: Final = Path(__file__).resolve().parents[2]


def last_reveal(dice: Random, code: str) -> Snapshot:
    """A room in the reveal of its only round, which ends in a moment."""
    table = Table(SEATS, rounds=1).pens_up()
    for seat in range(SEATS):
        table.tick(dice.randrange(3_000))
        if dice.random() < 0.7:
            table.match(seat)
    table.tick(60_000) if table.phase is not Phase.REVEAL else None
    assert table.phase is Phase.REVEAL
    people = dice.sample(range(PEOPLE), SEATS)
    seats = {
        seat: replaced(held, player=f"player{people[seat]:02d}")
        for seat, held in table.state.seats.items()
    }
    ends_ms = table.now + dice.randrange(1_500)
    state = replaced(table.state, code=code, seed=code, seats=seats, phase_ends_ms=ends_ms)
    return Snapshot(1, table.now, state)


async def server(url: str, codes: list[str]) -> Process:
    command = [sys.executable, "-m", "tests.support.ending_rooms", url, *codes]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)


async def counted(redis: Redis) -> int:
    keys: Any = [key async for key in redis.scan_iter("inkling:{board}:award:*", count=1000)]
    return len(keys)


async def over(store: RoomStore, codes: list[str]) -> list[RoomState]:
    """The rooms whose own log says that the game has ended."""
    found = [await store.load(code) for code in codes]
    return [each.state for each in found if each and each.state.phase is Phase.GAME_OVER]


@pytest.mark.asyncio
async def test_boards_are_exact_after_a_kill_in_the_midst_of_two_hundred_ends(
    redis: Redis, redis_url: str
) -> None:
    dice = Random(5)
    store = RoomStore(redis, "writer")
    codes = ["".join(dice.choices(CODE_ALPHABET, k=5)) for _ in range(GAMES)]
    for code in codes:
        assert await store.create(last_reveal(dice, code))
    first = await server(redis_url, codes)

    async def amid() -> bool:
        return await counted(redis) >= GAMES // 5

    await soon(amid, within_s=60.0)
    first.kill()
    await first.wait()
    at_the_kill = await counted(redis)
    assert at_the_kill < GAMES, "it was killed too late to prove anything"

    # To half of the rooms somebody comes back; the others wait for whoever keeps house.
    second = await server(redis_url, codes[::2])

    async def all_ended() -> bool:
        return len(await over(store, codes[::2])) == GAMES // 2

    await soon(all_ended, within_s=60.0)
    board = Leaderboard(redis, Players(redis))

    async def nobody_dead_owns_any() -> bool:
        return not [code for code in codes[1::2] if await store.holder(code)]

    await soon(nobody_dead_owns_any, within_s=20.0)
    for look in range(1, 8):
        await count_unfinished(store, board, now_ms() + look * 2 * GRACE_MS)
    second.stdin.close() if second.stdin else None
    assert await second.wait() == 0

    ended = await over(store, codes)
    assert len(ended) >= max(at_the_kill, GAMES // 2)
    for span, awards in by_span(ended).items():
        results = [result for award in awards for result in award.results]
        points: Counter[str] = Counter()
        best: Counter[str] = Counter()
        for result in results:
            points[result.player_id] += result.points
            best[result.player_id] = max(best[result.player_id], result.points)
        games = Counter(result.player_id for result in results)
        rows = (await board.page("race", span, By.POINTS, 100)).rows
        assert {row.player_id: row.points for row in rows} == dict(points), span
        assert {row.player_id: row.games for row in rows} == dict(games), span
        assert {row.player_id: row.best for row in rows} == dict(best), span
        assert [row.rank for row in rows] == sorted(row.rank for row in rows)
    assert await counted(redis) == len(ended)


def by_span(ended: list[RoomState]) -> dict[Span, list[Award]]:
    """What the games' own logs are worth to all time, and to each month, week and day."""
    found: dict[Span, list[Award]] = {}
    for state in ended:
        award = award_of(state)
        for span in spans_at(award.ended_ms):
            found.setdefault(span, []).append(award)
    return found
