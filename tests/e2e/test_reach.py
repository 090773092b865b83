"""Everybody can play: other languages, large text, no mouse, no eyes, no network."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, await_phase, complaints, draw, open_page
from tests.support.match import (
    HARD_TO_FIND,
    choose_rules,
    create_room,
    join_by_link,
    press_ready,
    until,
)
from tests.support.sketches import SKETCHES
from tests.support.sticking_out import cut_off
from tests.support.whole_game import ROOT, WholeGame, whole_game

_KEEPS_THE_NEW: Final = """async () => {
    const kept = await caches.match(new URL("/static/src/strings.js", location));
    return kept ? (await kept.text()).includes("Play alone") : false;
}"""


def calm_pages(browser: Browser) -> dict[str, Page]:
    """A desktop in light and a phone in dark."""
    pages = {"desktop": open_page(browser), "phone": open_page(browser, phone=True, dark=True)}
    for name, page in pages.items():
        scheme = "dark" if name == "phone" else "light"
        page.emulate_media(reduced_motion="reduce", color_scheme=scheme)
    return pages


def test_axe_finds_no_violation_on_any_screen_light_or_dark(
    game: WholeGame, browser: Browser
) -> None:
    pages = calm_pages(browser)
    host, guest = pages.values()
    found: dict[str, list[str]] = {}

    def look(screen: str) -> None:
        for name, page in pages.items():
            found[f"{screen} on the {name}"] = violations(page)

    for page in pages.values():
        page.goto(game.url)
        page.get_by_test_id("play-solo").wait_for()
    look("home")
    code = create_room(host, game.url, "Ada")
    guest.goto(f"{game.url}/r/{code}")
    guest.get_by_test_id("join").wait_for()
    found["invitation"] = violations(guest)
    guest.get_by_test_id("name").fill("Grace")
    guest.get_by_test_id("join").click()
    await_phase(guest, "lobby")
    host.get_by_test_id("deck").locator("summary").click()
    host.locator("#custom").fill("cat\nkat\nxylophone")
    host.get_by_test_id("deck-problems").locator("li").first.wait_for()
    look("lobby")
    host.emulate_media(color_scheme="dark")
    found["lobby of a host in dark"] = violations(host)
    host.emulate_media(color_scheme="light")
    for page in pages.values():
        page.get_by_test_id("qr").click()
    look("poster")
    for page in pages.values():
        page.keyboard.press("Escape")
    host.get_by_test_id("setting-rounds").fill("1")
    host.get_by_test_id("setting-seconds").fill("10")
    host.get_by_test_id("setting-seconds").blur()
    host.get_by_test_id("start").click()
    for screen in ("countdown", "drawing", "reveal"):
        await_phase(guest, screen)
        look(screen)
    for page in pages.values():
        press_ready(page)
        await_phase(page, "game_over")
    look("podium")
    host.evaluate("navigator.share = undefined")
    host.context.grant_permissions(["clipboard-read", "clipboard-write"])
    host.get_by_test_id("share-replay").click()
    link = host.evaluate("navigator.clipboard.readText()")
    for page in pages.values():
        page.goto(link)
        page.locator("[data-testid=share-replay]").wait_for()
    look("replay")
    assert {screen: each for screen, each in found.items() if each} == {}
    assert complaints(host) == complaints(guest) == []


def test_axe_finds_no_violation_on_panels_and_pages_beside_the_game(
    game: WholeGame, browser: Browser
) -> None:
    pages = calm_pages(browser)
    host, guest = pages.values()
    found: dict[str, list[str]] = {}
    for name, page in pages.items():
        page.goto(f"{game.url}/sketch")
        await_phase(page, "sketch")
        draw(page, SKETCHES["ladder"], touch=name == "phone")
        expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("ladder")
        found[f"sketch on the {name}"] = violations(page)
        page.get_by_test_id("comfort").click()
        page.locator("dialog[open]").wait_for()
        found[f"comfort on the {name}"] = violations(page)
        page.goto(f"{game.url}/replay/BCDFG-0123456789abcdef-1")
        await_phase(page, "replay")
        found[f"gone on the {name}"] = violations(page)

    code = create_room(host, game.url, "Ada")
    join_by_link(guest, game.url, code, "Grace")
    guest.get_by_test_id("chat").locator("summary").click()
    guest.get_by_test_id("chat").locator("input").fill("Hello!")
    guest.keyboard.press("Enter")
    host.get_by_test_id("chat").locator("summary").click()
    for name, page in pages.items():
        expect(page.get_by_test_id("chat")).to_contain_text("Hello!")
        found[f"chat on the {name}"] = violations(page)
        again = page.context.new_page()
        again.goto(f"{game.url}/r/{code}")
        await_phase(page, "error")
        found[f"failure on the {name}"] = violations(page)
    assert {screen: each for screen, each in found.items() if each} == {}


def test_the_browsers_language_is_spoken_and_another_can_be_chosen_for_good(
    game: WholeGame, browser: Browser
) -> None:
    page = browser.new_context(locale="de-AT", viewport=PHONE).new_page()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url.rsplit("/", 1)[-1]))
    page.goto(game.url)
    expect(page.get_by_test_id("play-solo")).to_contain_text("Allein spielen")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    assert [name for name in fetched if name in ("de.js", "es.js", "fr.js", "ro.js")] == ["de.js"]

    page.get_by_test_id("name").fill("Zoë")
    page.get_by_test_id("language").select_option("fr")
    expect(page.get_by_test_id("play-solo")).to_contain_text("Jouer en solo")
    expect(page.get_by_test_id("name")).to_have_value("Zoë")
    expect(page.get_by_test_id("language")).to_be_focused()
    page.reload()
    expect(page.get_by_test_id("play-solo")).to_contain_text("Jouer en solo")


def test_nothing_is_cut_off_from_right_to_left_or_in_large_text(
    game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser)
    page.emulate_media(reduced_motion="reduce")
    found: dict[str, list[str]] = {}

    def look(screen: str) -> None:
        """On a phone from right to left, and on a desktop in letters twice as large."""
        root = "document.documentElement"
        for how, before, after in (
            (f"{screen} from right to left", f"{root}.dir = 'rtl'", f"{root}.dir = 'ltr'"),
            (f"large {screen}", f"{root}.style.fontSize = '200%'", f"{root}.style.fontSize = ''"),
        ):
            page.set_viewport_size(DESKTOP if how.startswith("large") else PHONE)
            page.evaluate(before)
            found[how] = cut_off(page)
            page.evaluate(after)

    page.goto(f"{game.url}/sketch")
    await_phase(page, "sketch")
    look("sketch")
    page.goto(f"{game.url}/boards")
    await_phase(page, "boards")
    look("boards")
    page.goto(game.url)
    page.get_by_test_id("play-solo").wait_for()
    look("home")
    page.get_by_test_id("create-room").click()
    choose_rules(page, rounds=1, seconds=10, deck=HARD_TO_FIND, among_deck=False)
    page.get_by_test_id("deck-search").fill("t")
    look("lobby")
    page.get_by_test_id("rename").click()
    page.get_by_test_id("people-panel").wait_for()
    look("people")
    page.keyboard.press("Escape")
    page.get_by_test_id("start").click()
    await_phase(page, "drawing")
    draw(page, [[(20.0, 250.0), (250.0, 20.0)]])
    look("round")
    await_phase(page, "reveal")
    look("reveal")
    press_ready(page)
    await_phase(page, "game_over")
    look("podium")
    assert {screen: each for screen, each in found.items() if each} == {}
    assert complaints(page) == []


def test_a_host_finds_things_mends_a_pasted_list_and_plays_it(
    game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser, phone=True)
    page.goto(game.url)
    page.get_by_test_id("language").select_option("de")
    page.get_by_test_id("create-room").click()
    await_phase(page, "lobby")
    page.get_by_test_id("preset-hard").click()
    expect(page.get_by_test_id("preset-hard")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_test_id("setting-seconds")).to_have_value("30")

    page.get_by_test_id("deck").locator("summary").click()
    page.get_by_test_id("deck-search").fill("elef")
    page.get_by_role("button", name="Elefant").click()
    page.locator("#custom").press("End")
    page.locator("#custom").press_sequentially(
        "\nKazte, Hund, cow; Pferd\ndas Känguru\nLöwe, tiger"
    )
    problems = page.get_by_test_id("deck-problems")
    expect(problems).to_contain_text("Kazte")
    problems.get_by_role("button", name="Katze", exact=True).click()
    expect(page.get_by_test_id("deck-size")).to_contain_text("8 Dinge")
    page.get_by_test_id("deck-use").click()
    expect(page.get_by_text("Eigene Liste gilt")).to_be_visible()
    expect(page.get_by_test_id("preset-hard")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("document.querySelector('.picture img').naturalWidth") > 0, "the QR code"
    assert complaints(page) == []


@pytest.mark.parametrize("phone", [False, True], ids=["desktop", "phone"])
def test_a_room_is_set_up_and_started_without_a_mouse(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    page = open_page(browser, phone=phone)
    page.goto(game.url)
    page.get_by_test_id("play-solo").wait_for()

    def tab_to(testid: str) -> None:
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.dataset.testid") == testid:
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"one sees where one is: {testid}"
                return
        pytest.fail(f"{testid} cannot be reached by keyboard")

    tab_to("name")
    page.keyboard.type("Ada")
    tab_to("create-room")
    page.keyboard.press("Enter")
    await_phase(page, "lobby")
    page.get_by_test_id("preset-quick").wait_for()
    tab_to("preset-quick")
    page.keyboard.press("Space")
    tab_to("setting-rounds")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_test_id("setting-rounds")).to_have_value("2")
    tab_to("start")
    page.keyboard.press("Enter")
    await_phase(page, "countdown", "drawing")
    expect(page.locator("body")).to_contain_text("of 2")


def test_it_can_be_installed(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser, phone=True)
    page.goto(game.url)
    page.get_by_test_id("play-solo").wait_for()
    devtools = page.context.new_cdp_session(page)
    assert devtools.send("Page.getAppManifest")["errors"] == []
    against = devtools.send("Page.getInstallabilityErrors")["installabilityErrors"]
    # Playwright's pages are private ones, which install nothing; there is no other reason.
    assert [each["errorId"] for each in against] == ["in-incognito"]


def test_the_page_opens_without_its_server_and_never_mixes_old_and_new(
    browser: Browser, tmp_path: Path
) -> None:
    web = tmp_path / "web"
    shutil.copytree(ROOT / "web", web)
    words = web / "src/strings.js"
    page = open_page(browser, phone=True)
    with whole_game(tmp_path / "data", WEB_DIR=str(web)) as game:
        page.goto(game.url)
        until(page, lambda: page.evaluate("caches.keys().then((names) => names.length > 0)"))
        words.write_text(words.read_text().replace('"Play solo"', '"Play alone"'))
        page.reload()
        expect(page.get_by_test_id("play-solo")).to_contain_text("Play alone")
        until(page, lambda: page.evaluate(_KEEPS_THE_NEW))
        game.stop()
    page.reload()
    expect(page.get_by_test_id("play-solo")).to_contain_text("Play alone")
    expect(page.get_by_test_id("offline")).to_be_visible()
    page.get_by_test_id("sketch").click()
    expect(page.get_by_test_id("idea")).to_be_visible()
