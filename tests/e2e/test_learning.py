"""A player lets the machine learn, in a browser: asked where the host asks, never assumed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import await_phase, complaints, open_page
from tests.support.match import create_room
from tests.support.whole_game import WholeGame, whole_game


@pytest.fixture
def asking_game(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeGame]:
    with whole_game(tmp_path_factory.mktemp("e2e") / "data", LEARN_FROM_PLAY="true") as running:
        yield running


def said(page: Page) -> bool:
    """What the server thinks that this player has chosen."""
    choice: bool = page.evaluate(
        """async () => {
            const { token } = JSON.parse(localStorage.getItem("inkling.player"));
            const headers = { Authorization: `Bearer ${token}` };
            const answer = await fetch("/api/players/me/learning", { headers });
            return (await answer.json()).consent;
        }"""
    )
    return choice


def test_the_switch_is_off_until_one_turns_it_on_and_stays_as_it_was_left(
    asking_game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser)
    create_room(page, asking_game.url, "Ada")
    switch = page.get_by_test_id("learning")
    expect(switch).to_be_visible()
    expect(switch).not_to_be_checked()
    assert not said(page)
    assert violations(page) == []
    switch.check()
    expect(switch).to_be_enabled()
    assert said(page)
    page.reload()
    expect(switch).to_be_checked()
    page.get_by_test_id("start").click()
    await_phase(page, "drawing")
    page.get_by_test_id("comfort").click()
    panel = page.get_by_test_id("comfort-panel").get_by_test_id("learning")
    expect(panel).to_be_checked()
    assert violations(page) == []
    panel.uncheck()
    expect(panel).to_be_enabled()
    assert not said(page)
    assert complaints(page) == []


def test_nobody_is_asked_where_the_host_does_not_ask(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    with page.expect_response("**/api/players/me/learning"):
        create_room(page, game.url, "Ada")
    expect(page.get_by_test_id("learning")).to_be_hidden()
