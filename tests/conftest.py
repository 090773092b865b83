"""What every test may ask for: a real Valkey, empty at the start of each test."""

from __future__ import annotations

import asyncio
import concurrent.futures
import os
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any, Final

import pytest
import pytest_asyncio
import redis as synchronous
from hypothesis import HealthCheck, settings
from redis.asyncio import Redis
from xdist.scheduler import LoadFileScheduling

from ml import queue
from server.embedded import EmbeddedValkey

_BROWSERS: Final = "tests/e2e/"
# What takes minutes or, as one test, nearly one; none of it may begin when the rest is done.
_LONG: Final = (
    _BROWSERS,
    "tests/server/test_image.py",
    "tests/ml/test_train.py",
    "tests/server/test_openapi.py",
)
_QUIET: Final = [HealthCheck.too_slow, HealthCheck.data_too_large]

# By default every run tries the same examples, so that a failure is a failure for everybody;
# HYPOTHESIS_PROFILE=explore looks for new ones and takes minutes. Neither looks at the clock.
settings.register_profile(
    "repeat",
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=_QUIET,
)
settings.register_profile(
    "explore",
    max_examples=2_000,
    stateful_step_count=100,
    deadline=None,
    suppress_health_check=_QUIET,
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "repeat"))


class OneBrowser(LoadFileScheduling):
    """Shares files out between processes, those that open browsers to the same one.

    Two browsers at a time would each wait for the other's pictures. The longest files go first.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _BROWSERS if nodeid.startswith(_BROWSERS) else super()._split_scope(nodeid)

    def _assign_work_unit(self, node: Any) -> None:
        for scope in reversed(_LONG):
            if scope in self.workqueue:
                self.workqueue.move_to_end(scope, last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneBrowser:
    """How ``make test`` runs tests side by side."""
    return OneBrowser(config, log)


@pytest.fixture(scope="session")
def valkey_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The embedded Valkey, as the server starts it, for the whole session. Not emptied."""
    folder = tmp_path_factory.mktemp("data")
    url: concurrent.futures.Future[str] = concurrent.futures.Future()
    loop = asyncio.new_event_loop()
    done = asyncio.Event()

    async def serve() -> None:
        try:
            async with EmbeddedValkey(folder) as valkey:
                url.set_result(valkey.url)
                await done.wait()
        except BaseException as error:
            if not url.done():
                url.set_exception(error)
            raise

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), name="valkey")
    thread.start()
    try:
        yield url.result(timeout=30)
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(timeout=30)
        loop.close()


@pytest.fixture
def redis_url(valkey_url: str) -> str:
    """The address of a Redis with nothing in it."""
    with synchronous.Redis.from_url(valkey_url, protocol=2) as client:
        client.flushall()
    return valkey_url


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    """A client of a Redis with nothing in it."""
    client = queue.connect(redis_url)
    yield client
    await client.aclose()
