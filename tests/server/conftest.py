"""Servers and workers for the tests of this folder."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import redis as synchronous
from redis.asyncio import Redis

from ml import queue
from tests.support.house import HandWorker, House, open_house

ROOT = Path(__file__).resolve().parents[2]


@pytest_asyncio.fixture
async def house(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    """A running server without a worker."""
    async with open_house(redis_url, monkeypatch) as opened:
        yield opened


@pytest_asyncio.fixture
async def worker(redis: Redis, house: House) -> HandWorker:  # noqa: ARG001 - the same Redis
    """A worker of the house, played by hand."""
    hand = HandWorker(redis)
    await hand.join()
    return hand


@pytest.fixture(scope="session")
def judged_url(valkey_url: str) -> Iterator[str]:
    """A Redis, emptied with the other, that a real worker with the shipped weights serves."""
    url = f"{valkey_url}?db=1"
    options = [f"--redis-url={url}", "--threads=1", "--device=cpu", "--exit-with-stdin"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ml.worker", *options],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_PROCESS_START": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with synchronous.Redis.from_url(url, protocol=2) as client:
            _await_a_worker(client)
        yield url
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.terminate()
        process.wait(timeout=30)


def _await_a_worker(client: synchronous.Redis) -> None:
    """Wait until it is alive: a question of ``/api/predict`` has no more than two seconds."""
    until = time.monotonic() + 60
    while not next(client.scan_iter(f"{queue._WORKER}*"), None):
        assert time.monotonic() < until, "the worker does not start"
        time.sleep(0.05)


@pytest_asyncio.fixture
async def judged_house(
    judged_url: str,
    redis_url: str,  # noqa: ARG001 - the same Valkey, emptied
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[House]:
    """A running server with a real worker."""
    async with open_house(judged_url, monkeypatch) as opened:
        yield opened
