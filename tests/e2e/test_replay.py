"""A finished game, for whoever has its link."""

from __future__ import annotations

import json
import urllib.request

from playwright.sync_api import Browser, Page, expect

from tests.support.browser import await_phase, complaints, draw, open_page
from tests.support.match import HARD_TO_FIND, choose_rules, create_room, press_ready, until
from tests.support.sketches import Sketch
from tests.support.whole_game import WholeGame

_LINES: Sketch = [[(40, 60), (44, 200)], [(200, 60), (205, 130), (196, 200)]]


def _played(game: WholeGame, browser: Browser) -> tuple[Page, str]:
    """Somebody alone on the podium of a game of one round, and the link to its replay."""
    page = open_page(browser)
    page.emulate_media(reduced_motion="reduce")
    create_room(page, game.url, "Ada")
    choose_rules(page, rounds=1, seconds=10, deck=HARD_TO_FIND, among_deck=False)
    page.get_by_test_id("start").click()
    await_phase(page, "drawing", within_s=60)
    draw(page, _LINES)
    await_phase(page, "reveal", within_s=60)
    press_ready(page)
    await_phase(page, "game_over", within_s=60)
    page.evaluate("navigator.share = undefined")  # the device's own way, where it has one
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_test_id("share-replay").click()
    expect(page.get_by_text("Link copied!")).to_be_visible()
    link: str = page.evaluate("navigator.clipboard.readText()")
    return page, link


def test_a_shared_link_shows_the_podium_and_every_drawing_to_a_stranger(
    game: WholeGame, browser: Browser
) -> None:
    page, link = _played(game, browser)
    assert link.startswith(f"{game.url}/replay/")
    category = _drawn(game, link)
    for phone in (False, True):
        stranger = open_page(browser, phone=phone)
        stranger.goto(link)
        await_phase(stranger, "replay")
        expect(stranger.get_by_test_id("podium")).to_contain_text("Ada")
        expect(stranger.get_by_role("heading", name="Round 1 of 1")).to_be_visible()
        card = stranger.locator(".drawings li").first
        card.scroll_into_view_if_needed()
        expect(card).to_contain_text(category)
        expect(card).to_contain_text("Ada")
        until(stranger, lambda shown=stranger: _inked(shown))
        assert stranger.evaluate("document.documentElement.scrollWidth <= innerWidth")
        stranger.get_by_test_id("draw-too").click()
        await_phase(stranger, "home")
        assert complaints(stranger) == []
        stranger.context.close()
    assert complaints(page) == []
    page.context.close()


def _drawn(game: WholeGame, link: str) -> str:
    name = link.rpartition("/")[2]
    with urllib.request.urlopen(f"{game.url}/api/replays/{name}", timeout=30) as answer:  # noqa: S310
        found = json.load(answer)
    category: str = found["rounds"][0]["drawings"][0]["category"]
    assert len(found["rounds"][0]["drawings"][0]["ink"]) == len(_LINES)
    return category


def _inked(page: Page) -> bool:
    inked: bool = page.evaluate("""() => {
      const canvas = document.querySelector(".drawings canvas");
      const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
      return data.some((value, at) => at % 4 === 3 && value > 64);
    }""")
    return inked


def test_a_replay_that_is_gone_is_a_friendly_page(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser, phone=True)
    page.goto(f"{game.url}/replay/BCDFG-0123456789abcdef-1")
    await_phase(page, "replay")
    expect(page.locator("main")).to_contain_text("This replay is gone")
    page.get_by_role("button", name="Back home").click()
    await_phase(page, "home")
