"""What the guides tell people to type does what they say."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from prometheus_client import generate_latest
from redis.asyncio import Redis

from ml.measures import Measures
from server import metrics
from server.reference import DOCS
from server.settings import Settings
from tests.bench import sizing
from tests.support.compose import BASE, OVERRIDES, override
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


def test_sizes_follow_from_the_measured_figures() -> None:
    """If not: ``python -m tests.bench.sizing --write``."""
    page = sizing.PAGE.read_text("utf-8")
    assert sizing.written(page) == page
    assert len(sizing.inputs(page)) == 16


def test_guides_name_only_metrics_that_there_are() -> None:
    told = metrics.exposition(metrics.Workers([], 0)) + generate_latest(Measures().registry)
    known = set(re.findall(r"^# TYPE (\w+)", told.decode(), re.MULTILINE))
    for module in (*(ROOT / "server").glob("*.py"), *(ROOT / "ml").glob("*.py")):
        known |= set(re.findall(r'"(inkling_\w+)"', module.read_text("utf-8")))  # made on demand
    for guide in DOCS.glob("*.md"):
        for name in re.findall(r"\binkling_\w+", guide.read_text("utf-8")):
            base = name.removesuffix("_bucket")
            assert {base, base.removesuffix("_total")} & known, f"{guide.name}: {name}"


def test_guides_name_only_settings_that_there_are() -> None:
    known = {name.upper() for name in Settings.model_fields}
    worker = (ROOT / "ml" / "worker.py").read_text("utf-8")
    known |= {"TORCH_INDEX", *re.findall(r'environment\.get\("(\w+)"', worker)}
    texts = [BASE, *map(override, OVERRIDES)]
    for text in texts:
        known |= set(re.findall(r"\$\{(\w+):", text.read_text("utf-8")))
    for guide in (*DOCS.glob("*.md"), ROOT / "README.md", *texts):
        named = re.findall(r"\b([A-Z]+_[A-Z_]+)=", guide.read_text("utf-8"))
        assert set(named) <= known, guide


def test_links_between_pages_lead_to_pages() -> None:
    pages = [*DOCS.glob("*.md"), *(ROOT / "ml" / "docs").glob("*.md"), *ROOT.glob("*.md")]
    for page in pages:
        for to in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
            if "://" not in to:
                assert (page.parent / to).exists(), f"{page.name}: {to}"
