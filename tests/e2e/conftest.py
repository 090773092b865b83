"""The whole game and a real browser, once for all end-to-end tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.support.browser import chromium
from tests.support.whole_game import WholeGame, whole_game


@pytest.fixture(scope="session")
def game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeGame]:
    """A running game with nobody in it yet."""
    with whole_game(tmp_path_factory.mktemp("e2e") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A browser; each test opens its own pages."""
    with chromium() as running:
        yield running
