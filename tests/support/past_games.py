"""Games that were played before anybody looks: leaderboards, players and categories to show."""

from __future__ import annotations

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ml import queue
from server.clock import now_ms
from server.leaderboard import Leaderboard
from server.players import Players
from tests.support.awards import award, result

PEOPLE: Final = ("Ada", "Grace", "Alan", "Edsger", "Barbara of the Far Too Lo", "Donald", "Радиа")
GAMES: Final = 30


def play_past_games(data_dir: Path) -> None:
    """Thirty games, as the rooms of the game that keeps its data there would have counted them."""
    url = f"unix://{quote(str(data_dir / 'valkey' / 'valkey.sock'))}"
    # In a thread of its own: a browser that is open already keeps a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(_play(url))).result()


async def _play(redis_url: str) -> None:
    redis = queue.connect(redis_url)
    players = Players(redis)
    board = Leaderboard(redis, players)
    people = [(await players.create(name[:24]))[0] for name in PEOPLE]
    people += [(await players.create(f"Guest {n}"))[0] for n in range(GAMES)]
    dice = random.Random(3)
    for n in range(GAMES):
        seats = [*dice.sample(people[:9], 3), people[9 + n % 28]]
        results = [
            result(
                each.player_id,
                dice.randrange(200, 4_000),
                [dice.choice((None, dice.randrange(900, 20_000))) for _ in range(4)],
                prompt=dice.randrange(6),
                place=place + 1,
            )
            for place, each in enumerate(seats)
        ]
        at_ms = now_ms() - 60_000 * n
        await board.record(award(f"BCDFG-0123456789abcdef-{n}", *results, at_ms=at_ms, public=True))
    await redis.aclose()
