"""The whole game and a real browser, once for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.browser import chromium
from tests.support.whole_game import WholeGame, whole_game

expect.set_options(timeout=30_000)  # as all else that is waited for; a busy machine takes its time


@pytest.fixture(scope="session")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeGame]:
    """A running game with nobody in it yet."""
    with whole_game(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running


# Playwright runs an event loop in this thread for as long as it lives; tests of other modules want
# their own, so it goes when the module does.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A browser; each test opens its own pages."""
    with chromium() as running:
        yield running


@pytest.fixture(autouse=True)
def all_leave(request: pytest.FixtureRequest) -> Iterator[None]:
    """Close every page that a test opened: one left open goes on moving, for all tests after it."""
    yield
    if "browser" in request.fixturenames:
        running: Browser = request.getfixturevalue("browser")
        for context in running.contexts:
            context.close()
