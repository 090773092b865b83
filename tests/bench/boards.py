"""How long it takes to read the boards: ``python -m tests.bench.boards``.

Starts the whole game with its own Valkey, gives it a million players with seeded figures (all of
them on the boards of all time, some of this month's, week's and day's), and asks for boards over
HTTP, one question after another: the top, a page far down, the rows around somebody, a profile, a
category. Printed for each kind: milliseconds until the whole answer is there, and the same for the
boards alone, without HTTP. ``count`` is what it takes to count a game of eight and six rounds.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode, urlsplit

from redis.asyncio import Redis

from game.categories import CATEGORIES
from ml import queue
from server import board_keys as keys
from server.board_keys import By
from server.clock import now_ms
from server.leaderboard import Leaderboard
from server.periods import Period, Span, spans_at
from server.players import Players
from server.standing import packing
from tests.support.awards import award, result
from tests.support.figures import show
from tests.support.light_http import LightHttp
from tests.support.waiting import soon
from tests.support.whole_game import whole_game

LIMIT_MS: Final = 10.0
_CHUNK: Final = 10_000
_SHARE: Final = {Period.ALL: 1.0, Period.MONTH: 0.3, Period.WEEK: 0.1, Period.DAY: 0.03}
_MEMORY_MB: Final = 8192
_WRITTEN_S: Final = 300.0


def player(n: int) -> str:
    """The id of the ``n``-th player; they lie in no order on any board."""
    return f"{(n * 0x9E3779B97F4A7C15) % 2**64:016x}"


async def seed_players(redis: Redis, dice: random.Random, players: int) -> None:
    """Names and figures as games would have left them."""
    now = now_ms()
    for start in range(0, players, _CHUNK):
        ids = [player(n) for n in range(start, min(start + _CHUNK, players))]
        pipe = redis.pipeline(transaction=False)
        for each in ids:
            pipe.hset(f"inkling:player:{each}", "name", f"Player {each[:6]}")
        for span in spans_at(now):
            some = ids[: round(len(ids) * _SHARE[span.period])]
            _seed_span(pipe, dice, span, some, now)
        await pipe.execute()


def _seed_span(pipe: Any, dice: random.Random, span: Span, ids: list[str], now: int) -> None:
    most = {By.POINTS: 2_000_000, By.BEST: 20_000, By.FASTEST: 20_000, By.STREAK: 60}
    for by in By:
        how = packing(by, span)
        scores = {
            each: how.raised(dice.randrange(1, most[by])) * how.shift
            + how.rest(now - dice.randrange(86_400_000))
            for each in ids
        }
        pipe.zadd(keys.board("race", span, by), scores)
    tally = {each: f"{dice.randrange(1, 500)},{dice.randrange(2000)}" for each in ids}
    pipe.hset(keys.tally("race", span), mapping=tally)


async def timed(ask: Callable[[int], Awaitable[Any]], times: int) -> dict[str, float]:
    """Percentiles of what ``ask`` takes, in milliseconds."""
    for n in range(5):
        await ask(n)
    taken = []
    for n in range(times):
        started = time.perf_counter()
        await ask(n)
        taken.append(1000 * (time.perf_counter() - started))
    cuts = statistics.quantiles(taken, n=100)
    return {f"p{p}": round(cuts[p - 1], 2) for p in (50, 95, 99)}


async def measure(url: str, redis_url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Seed and ask."""
    redis = queue.connect(redis_url)
    dice = random.Random(options.seed)
    started = time.monotonic()
    await seed_players(redis, dice, options.players)
    seeded_s = time.monotonic() - started
    await soon(lambda: _all_written(redis), _WRITTEN_S)
    board = Leaderboard(redis, Players(redis))
    memory: Any = await redis.info("memory")
    found: dict[str, Any] = {
        "players": options.players,
        "seeded_s": round(seeded_s, 1),
        "valkey_mib": round(memory["used_memory"] / 2**20),
    }
    boards = [(by, period) for by in By for period in Period]
    spans = {span.period: span for span in spans_at(now_ms())}
    cursors = [
        (await board.around("race", spans[Period.ALL], By.POINTS, anybody(dice, options), 1))
        for _ in range(20)
    ]
    far = [page.next for page in cursors if page is not None and page.next is not None]

    where = urlsplit(url)
    http = await LightHttp.dial(str(where.hostname), where.port or 80)

    async def get(path: str, **query: Any) -> None:
        await http.get(f"/api/{quote(path)}?{urlencode(query)}")

    kinds: dict[str, Callable[[int], Awaitable[Any]]] = {
        "top 10": lambda n: get("leaderboard", by=boards[n % 16][0], period=boards[n % 16][1]),
        "top 100": lambda n: get(
            "leaderboard", limit=100, by=boards[n % 16][0], period=boards[n % 16][1]
        ),
        "far down": lambda n: get("leaderboard", limit=100, cursor=far[n % len(far)]),
        "around me": lambda _: get(f"leaderboard/around/{anybody(dice, options)}"),
        "profile": lambda _: get(f"players/{anybody(dice, options)}"),
        "category": lambda n: get(f"categories/{CATEGORIES[n % len(CATEGORIES)]}"),
    }
    found["ms"] = {kind: await timed(ask, options.times) for kind, ask in kinds.items()}
    http.hang_up()
    found["boards_alone_ms"] = {
        "top 100": await timed(
            lambda n: board.page("race", spans[boards[n % 16][1]], boards[n % 16][0], 100),
            options.times,
        ),
        "count": await timed(lambda n: _count(board, dice, options, n), options.times),
    }
    await redis.aclose()
    found["within_limit"] = all(each["p95"] < LIMIT_MS for each in found["ms"].values())
    return found


async def _all_written(redis: Redis) -> bool:
    """Whether Valkey, which has a copy of itself write a log anew that grew fast, is done."""
    now: Any = await redis.info("persistence")
    names = ("aof_rewrite_in_progress", "aof_rewrite_scheduled", "rdb_bgsave_in_progress")
    return not any(now[name] for name in names)


def anybody(dice: random.Random, options: argparse.Namespace) -> str:
    """Some player."""
    return player(dice.randrange(options.players))


async def _count(
    board: Leaderboard, dice: random.Random, options: argparse.Namespace, n: int
) -> None:
    results = [
        result(
            anybody(dice, options),
            dice.randrange(9_000),
            [dice.choice((None, dice.randrange(20_000))) for _ in range(6)],
            prompt=dice.randrange(300),
        )
        for _ in range(8)
    ]
    await board.record(award(f"{dice.random()}-{n}", *results, at_ms=now_ms(), public=True))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--players", type=int, default=1_000_000, help="on the boards")
    parser.add_argument("--times", type=int, default=300, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1, help="of the figures")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        redis_url = f"unix://{quote(str(data / 'valkey' / 'valkey.sock'))}"
        with whole_game(data, MEMORY_MB=str(_MEMORY_MB), LOG_LEVEL="error") as game:
            found = asyncio.run(measure(game.url, redis_url, options))
    show(found, as_json=options.json)


if __name__ == "__main__":
    main()
