"""What the guides tell people to type does what they say."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from redis.asyncio import Redis

from server.reference import DOCS
from tests.support.house import House
from tests.support.waiting import soon

ROOT = Path(__file__).resolve().parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


async def a_game_was_played(house: House) -> None:
    """One round in a public room, to its end, by somebody who drew a line."""
    (ada,) = await house.round("Grace", rounds=1, seconds=10, public=True, players=2)
    await ada.draw_strokes([[(1000, 30000), (30000, 30500), (60000, 30000)]])
    await ada.stored()
    await house.skip(ada, 11)
    await ada.phase("game_over", within_s=30)

    async def listed() -> bool:
        return bool((await house.http.get("/api/games")).json()["games"])

    assert await soon(listed)


@pytest.mark.asyncio
async def test_the_api_guide_runs_from_top_to_bottom(judged_house: House, redis: Redis) -> None:
    assert redis is not None
    await a_game_was_played(judged_house)
    text = (DOCS / "api.md").read_text("utf-8")
    script = "set -e\n" + "".join(BLOCK.findall(text))
    assert script.count("curl") > 15
    shell = await asyncio.create_subprocess_exec(
        "sh",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env={**os.environ, "INKLING": judged_house.address},
    )
    said, _ = await asyncio.wait_for(shell.communicate(script.encode()), 120)
    assert shell.returncode == 0, said.decode()
    for told in (b'"Countess"', b'"square"', b'"phase":"lobby"', b'"code":"not_found"'):
        assert told in said, said.decode()
