"""A category's page shows how people draw it, and leads to the games in which they did."""

from __future__ import annotations

import asyncio
import json
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Browser, expect

from game.categories import CATEGORIES
from ml import queue
from server.clock import now_ms
from server.leaderboard import Leaderboard
from server.players import Players
from server.replays import Replays
from tests.support.awards import award, result
from tests.support.axe import violations
from tests.support.browser import await_phase, open_page
from tests.support.whole_game import whole_game

GAME: Final = "BCDFG-0123456789abcdef-1"
GONE: Final = "BCDFG-0123456789abcdef-2"
STROKES: Final = [[[8_000, 60_000], [8_000, 60_000], [0, 40]], [[60_000], [8_000], [0]]]


async def play(redis_url: str) -> None:
    """Two games on the boards; only one of them can still be watched."""
    redis = queue.connect(redis_url)
    players = Players(redis)
    board = Leaderboard(redis, players)
    for game, ms in ((GAME, 2_000), (GONE, 1_000)):
        ada, _ = await players.create(f"Player {ms}")
        one = result(ada.player_id, 900, [ms], prompt=0)
        assert await board.record(award(game, one, at_ms=now_ms(), public=True))
    drawing = {"seat": 0, "matched_ms": 2_000, "ink": STROKES}
    kept = zlib.compress(json.dumps({"round": 1, "drawings": [drawing]}).encode())
    await Replays(redis, 10, 1).keep(GAME, {"round:1": kept}, now_ms())
    await redis.aclose()


def test_a_category_shows_its_drawings_and_where_to_watch_them(
    browser: Browser, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    with whole_game(data) as game:
        url = f"unix://{quote(str(data / 'valkey' / 'valkey.sock'))}"
        with ThreadPoolExecutor(1) as thread:  # a browser that is open keeps a loop in this one
            thread.submit(lambda: asyncio.run(play(url))).result()
        page = open_page(browser, phone=True, dark=True)
        page.goto(f"{game.url}/category/{quote(CATEGORIES[0])}")
        await_phase(page, "category")
        sketches = page.locator(".sketches li")
        expect(sketches).to_have_count(1)
        expect(sketches.locator("path")).to_have_count(2)
        assert sketches.get_by_role("link").get_attribute("href") == f"/replay/{GAME}"
        fastest = page.locator("ol.ledger li")
        expect(fastest).to_have_count(2)
        expect(fastest.first.get_by_role("link")).to_have_count(1)  # to the player alone
        expect(fastest.last.get_by_role("link")).to_have_count(2)
        assert violations(page) == []
