"""Four people in one room: what they see of each other, and what they can do about each other."""

from __future__ import annotations

import json
from itertools import pairwise

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import await_phase, complaints, draw, inked, open_page, phase
from tests.support.match import (
    HARD_TO_FIND,
    choose_rules,
    create_room,
    join_by_link,
    until,
)
from tests.support.whole_game import WholeGame

NAMES = ("Ida", "Rosalind", "Lise", "Mallory")
_JOIN = "[data-testid=join]"
LINES = [[(20.0, 250.0), (250.0, 20.0)]]


def _panel(page: Page) -> None:
    """Open the room's panel, wherever the game is."""
    page.get_by_test_id("people").click()
    expect(page.get_by_test_id("people-panel")).to_be_visible()


def _opened(game: WholeGame, browser: Browser) -> tuple[Page, ...]:
    """Four people in a long round: the host and another one on phones, two on desktops."""
    pages = tuple(open_page(browser, phone=phone) for phone in (True, False, True, False))
    for page in pages:
        page.emulate_media(reduced_motion="reduce")
    code = create_room(pages[0], game.url, NAMES[0])
    for page, name in list(zip(pages, NAMES, strict=True))[1:]:
        join_by_link(page, game.url, code, name)
    choose_rules(pages[0], rounds=1, seconds=120, deck=HARD_TO_FIND, among_deck=False)
    pages[0].get_by_test_id("start").click()
    for page in pages:
        await_phase(page, "drawing", within_s=60)
    return pages


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_friends_come_in_by_link_with_one_tap_or_by_a_code_read_out(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    host, friend, other = (open_page(browser, phone=phone) for _ in range(3))
    code = create_room(host, game.url, NAMES[0])
    host.context.grant_permissions(["clipboard-read", "clipboard-write"])
    host.get_by_role("button", name="Copy link").click()
    expect(host.get_by_text("Link copied!")).to_be_visible()
    link = host.evaluate("navigator.clipboard.readText()")
    assert link == f"{game.url}/r/{code}"
    host.get_by_test_id("qr").click()
    poster = host.locator(".poster")
    expect(poster).to_contain_text(code)
    until(host, lambda: host.evaluate("document.querySelector('.poster img').naturalWidth") > 0)
    host.keyboard.press("Escape")
    expect(poster).to_be_hidden()

    friend.goto(link)
    expect(friend.get_by_text("One player is in already.")).to_be_visible()
    places = [friend.locator(one).bounding_box() for one in (".invited", "#name", _JOIN)]
    heights = [place["y"] for place in places if place]
    assert len(heights) == 3, "one sees why one is here, who one is, and the way in"
    assert heights == sorted(heights)
    friend.get_by_test_id("join").click()
    await_phase(friend, "lobby")
    expect(host.get_by_test_id("standing-1")).to_be_visible()
    other.goto(game.url)
    other.get_by_test_id("join-code").fill(f"{code[:2]} {code[2:]}".lower())
    other.get_by_test_id("join").click()
    await_phase(other, "lobby")
    expect(other.locator(".crowd li")).to_have_count(3)
    for page in (host, friend, other):
        assert complaints(page) == []
        page.context.close()


def test_four_draw_and_their_host_tidies_the_room_while_they_play(
    game: WholeGame, browser: Browser
) -> None:
    pages = _opened(game, browser)
    host, friend, quiet, rude = pages
    for page in pages:
        expect(page.locator("[data-testid=rivals] li")).to_have_count(4)
    for drawer, watcher in pairwise(pages):
        draw(drawer, LINES, touch=drawer in (host, quiet))
        seat = pages.index(drawer)
        until(watcher, lambda: inked(watcher, f"[data-testid=standing-{seat}] canvas") > 20)  # noqa: B023
    friend.get_by_test_id("standing-0").get_by_role("button").click()
    expect(friend.locator(".close-up")).to_contain_text(NAMES[0])
    friend.keyboard.press("Escape")

    _panel(host)
    found = violations(host)
    host.get_by_test_id("lock").check()
    host.on("dialog", lambda dialog: dialog.accept())
    host.get_by_test_id("kick-3").click()
    await_phase(rude, "error")
    expect(rude.get_by_text("The host has removed you")).to_be_visible()
    expect(host.get_by_test_id("people-panel").locator("li")).to_have_count(3)
    host.keyboard.press("Escape")
    assert phase(host) == "drawing", "the others play on"
    expect(friend.locator("[data-testid=rivals] li")).to_have_count(3)
    late = open_page(browser)
    late.goto(host.url)
    late.get_by_test_id("join").click()
    expect(late.get_by_text("Ask the host to open it")).to_be_visible()

    _panel(friend)
    friend.get_by_test_id("new-name").fill("Rosie")
    friend.keyboard.press("Enter")
    expect(host.get_by_test_id("standing-1")).to_contain_text("Rosie")
    expect(friend.get_by_test_id("connection")).to_have_attribute("data-state", "open")
    until(friend, lambda: inked(friend, "[data-testid=canvas]") > 20)
    assert found == []
    assert complaints(host) == complaints(friend) == []
    for page in (*pages, late):
        page.context.close()


def test_talk_and_feelings_reach_all_but_those_who_muted_them(
    game: WholeGame, browser: Browser
) -> None:
    host, guest = open_page(browser), open_page(browser, phone=True)
    code = create_room(host, game.url, "Ida")
    join_by_link(guest, game.url, code, "Lise")
    for page in (host, guest):
        page.get_by_test_id("chat").locator("summary").click()
    guest.get_by_test_id("react-bravo").tap()
    expect(host.get_by_test_id("sky")).to_contain_text("Lise")
    expect(host.get_by_test_id("chat").get_by_role("img", name="Bravo")).to_have_count(2)
    assert violations(host) == violations(guest) == []

    host.get_by_test_id("favours-1").locator("summary").click()
    host.get_by_test_id("mute-1").click()
    expect(host.get_by_test_id("mute-1")).to_have_attribute("aria-pressed", "true")
    expect(host.get_by_test_id("chat").locator("li")).to_have_count(0)
    said = guest.get_by_test_id("chat").locator("input")
    said.fill("Can you hear me?")
    said.press("Enter")
    expect(guest.get_by_test_id("chat")).to_contain_text("Can you hear me?")

    host.reload()
    await_phase(host, "lobby")
    expect(host.get_by_test_id("mute-1")).to_have_attribute("aria-pressed", "true")
    said.fill("Still deaf?")
    said.press("Enter")
    expect(guest.get_by_test_id("chat")).to_contain_text("Still deaf?")
    host.get_by_test_id("chat").locator("summary").click()
    host.get_by_test_id("favours-1").locator("summary").click()
    host.get_by_test_id("mute-1").click()
    said.fill("And now?")
    said.press("Enter")
    expect(host.get_by_test_id("chat")).to_contain_text("And now?")
    expect(host.get_by_test_id("chat").locator("li")).to_have_count(1)
    assert complaints(host) == complaints(guest) == []


def test_who_wants_to_be_forgotten_is_by_the_server_and_the_browser(
    game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser, phone=True)
    create_room(page, game.url, "Vera")
    token = json.loads(page.evaluate("localStorage.getItem('inkling.player')"))["token"]
    page.get_by_test_id("leave").click()
    page.get_by_test_id("comfort").click()
    page.get_by_test_id("farewell").locator("summary").click()
    assert violations(page) == []
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.get_by_test_id("erase-me").click()
    assert _answer(game, token) == 200, "who is asked may say no"
    page.once("dialog", lambda dialog: dialog.accept())
    page.get_by_test_id("erase-me").click()
    expect(page.get_by_text("know you any more")).to_be_visible()
    assert _answer(game, token) == 401
    page.get_by_role("link", name="Back home").click()
    expect(page.get_by_test_id("name")).to_have_value("")
    page.get_by_test_id("comfort").click()
    expect(page.get_by_test_id("comfort-panel")).to_be_visible()
    expect(page.get_by_test_id("farewell")).to_have_count(0)
    assert complaints(page) == []


def _answer(game: WholeGame, token: str) -> int:
    bearer = {"Authorization": f"Bearer {token}"}
    renamed = httpx.patch(f"{game.url}/api/players/me", headers=bearer, json={"name": "Vera"})
    return renamed.status_code
