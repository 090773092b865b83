"""The leaderboards and what they lead to, in a browser: read, chosen, followed, on a phone too."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page, expect

from game.categories import CATEGORIES
from tests.support.axe import violations as axe_violations
from tests.support.browser import await_phase, open_page
from tests.support.past_games import play_past_games
from tests.support.whole_game import WholeGame, whole_game


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> object:
    data = tmp_path_factory.mktemp("boards") / "data"
    with whole_game(data) as game:
        play_past_games(data)
        yield game


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_the_boards_lead_from_home_to_players_and_what_they_drew(
    played: WholeGame, browser: Browser, *, phone: bool
) -> None:
    page = open_page(browser, phone=phone, dark=phone)
    violations: dict[str, list[str]] = {}

    def look(name: str) -> None:
        violations[name] = axe_violations(page)
        assert not sideways(page), name

    page.goto(played.url)
    page.get_by_test_id("boards").click()
    await_phase(page, "boards")
    rows = page.get_by_test_id("board").locator("tbody tr")
    expect(rows).to_have_count(20)
    look("boards")
    page.get_by_role("button", name="More").click()
    expect(rows).to_have_count(37)
    page.get_by_test_id("board-by").select_option("fastest")
    expect(rows.first).to_contain_text(" s")
    page.get_by_test_id("board-mode").select_option("pictionary")
    expect(page.get_by_role("status").filter(has_text="Nobody")).to_be_visible()
    page.get_by_test_id("board-mode").select_option("race")
    rows.first.get_by_role("link").click()
    await_phase(page, "profile")
    expect(page.locator("svg.bars")).to_be_visible()
    look("profile")
    page.locator(".ledger a").first.click()
    await_phase(page, "category")
    expect(page.locator("svg.bars rect")).to_have_count(11)
    look("category")
    page.go_back()
    await_phase(page, "profile")
    page.goto(f"{played.url}/player/0123456789abcdef")
    expect(page.get_by_text("nothing here")).to_be_visible()
    page.goto(f"{played.url}/category/{quote(CATEGORIES[340])}")
    expect(page.get_by_text("Nobody has drawn this")).to_be_visible()
    assert all(found == [] for found in violations.values()), violations


def sideways(page: Page) -> bool:
    """Whether one would have to scroll sideways."""
    wider: bool = page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
    return wider
