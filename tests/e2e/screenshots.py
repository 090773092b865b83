"""Pictures of every screen: ``python -m tests.e2e.screenshots --out DIR``.

Starts the whole game, lets people play both modes of it in a real browser, on a desktop and on a
phone, and writes one PNG per screen, size and colour scheme. ``--readme`` renews the pictures in
the README; ``--axe`` has axe-core look at each screen too, and fails if it finds anything.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final
from urllib.parse import quote

from playwright.sync_api import Browser, Page, expect

from game.categories import CATEGORIES
from tests.support.axe import violations
from tests.support.browser import (
    DESKTOP,
    PHONE,
    await_phase,
    chromium,
    draw,
    inked,
    open_page,
    phase,
)
from tests.support.match import (
    HARD_TO_FIND,
    choose_rules,
    create_room,
    join_by_link,
    press_ready,
    prompt,
    until,
)
from tests.support.past_games import play_past_games
from tests.support.sketches import SKETCHES
from tests.support.whole_game import whole_game

README_PICTURES: Final = Path(__file__).parent / "pictures"
_IN_README: Final = (
    "matched-desktop-light.png", "reveal-phone-light.png", "guesser-phone-light.png",
)  # fmt: skip
# Sketches that make a good picture half-way through.
_DECK: Final = (
    "smiley face", "house", "sun", "ice cream", "envelope", "clock", "star", "hourglass",
)  # fmt: skip
# A drawing that says little, so that guessing goes on.
_SCRAWL: Final = [
    [(30.0, 200.0), (60.0, 120.0), (110.0, 90.0), (170.0, 100.0), (220.0, 180.0)],
    [(80.0, 210.0), (110.0, 150.0), (160.0, 160.0)],
]
_ROUND_S: Final = 120  # axe-core takes its time
_WATCHED_S: Final = 150
_HIDE_STRIP: Final = "document.styleSheets[0].insertRule('body::after { display: none }')"
_SHOW_STRIP: Final = "document.styleSheets[0].deleteRule(0)"


class Album:
    """A folder of pictures."""

    def __init__(self, folder: Path, scheme: str, *, axe: bool) -> None:
        self._folder = folder
        self._scheme = scheme
        self._axe = axe
        self.found: list[str] = []
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, screen: str, *, whole: bool = False) -> None:
        """A picture of what is in view, or of the whole page."""
        viewport = page.viewport_size
        size = "phone" if viewport and viewport["width"] < DESKTOP["width"] else "desktop"
        name = f"{screen}-{size}-{self._scheme}.png"
        if whole:  # the strip at the foot of the window would lie across the middle
            page.evaluate(_HIDE_STRIP)
        page.screenshot(path=self._folder / name, full_page=whole)
        if whole:
            page.evaluate(_SHOW_STRIP)
        print(self._folder / name)  # noqa: T201 - what the command is for
        if self._axe:
            self.found += [f"{name}: {violation}" for violation in violations(page)]

    def take_both(self, page: Page, screen: str, *, at: str = "body") -> None:
        """The same page at both sizes, with what ``at`` selects in view."""
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            page.wait_for_timeout(300)
            page.locator(at).evaluate("(one) => one.scrollIntoView()")
            self.take(page, screen)


def photograph(browser: Browser, url: str, album: Album, *, dark: bool) -> None:
    """Look around, then play a short game of either mode."""
    desktop = open_page(browser, dark=dark)
    phone = open_page(browser, phone=True, dark=dark)
    watcher = open_page(browser, dark=dark)
    _photograph_doors(desktop, phone, url, album)
    _photograph_boards(desktop, phone, url, album)
    _photograph_race(desktop, phone, watcher, url, album)
    _photograph_replay(desktop, phone, url, album)
    _photograph_pictionary(phone, desktop, url, album)
    _photograph_mishaps(desktop, phone, watcher, url, album)
    for page in (desktop, phone, watcher):
        page.context.close()


def _photograph_doors(desktop: Page, phone: Page, url: str, album: Album) -> None:
    for page in (desktop, phone):
        page.goto(url)
        page.wait_for_timeout(2500)  # the demonstration on the home page takes a moment
        album.take(page, "home")
        page.goto(f"{url}/r/ZZZZZ")
        page.get_by_test_id("elsewhere").wait_for()
        page.wait_for_timeout(500)
        album.take(page, "unknown-room")
        page.goto(f"{url}/sketch")
        await_phase(page, "sketch")
        draw(page, SKETCHES["ice cream"], touch=page is phone)
        page.wait_for_timeout(500)
        album.take(page, "sketch")


def _photograph_boards(desktop: Page, phone: Page, url: str, album: Album) -> None:
    for page in (desktop, phone):
        page.goto(f"{url}/boards")
        rows = page.get_by_test_id("board").locator("tbody tr")
        rows.first.wait_for()
        album.take(page, "boards")
        rows.first.get_by_role("link").click()
        await_phase(page, "profile")
        album.take(page, "profile", whole=True)
        page.locator(".ledger a").first.click()
        await_phase(page, "category")
        album.take(page, "category", whole=True)
        page.goto(f"{url}/category/{quote(CATEGORIES[340])}")
        page.get_by_text("Nobody has drawn this").wait_for()
        album.take(page, "category-undrawn")


def _photograph_race(desktop: Page, phone: Page, watcher: Page, url: str, album: Album) -> None:
    code = create_room(desktop, url, "Ada")
    watcher.goto(f"{url}/r/{code}")
    watcher.get_by_test_id("join").wait_for()
    watcher.get_by_text("One player").wait_for()
    album.take_both(watcher, "invitation")
    join_by_link(phone, url, code, "Grace")
    choose_rules(desktop, rounds=2, seconds=_ROUND_S, deck=_DECK, among_deck=False)
    _photograph_lobby(desktop, phone, album)
    desktop.get_by_test_id("start").click()
    _photograph_round(desktop, phone, watcher, album)
    for page in (desktop, phone, watcher):
        press_ready(page)
    for page in (desktop, phone, watcher):
        await_phase(page, "drawing", "reveal", "game_over")
        if phase(page) == "drawing":
            draw(page, SKETCHES[prompt(page)], touch=page is phone)
    for page in (desktop, phone, watcher):
        await_phase(page, "reveal", "game_over", within_s=_WATCHED_S)
    for page in (desktop, phone, watcher):
        press_ready(page)
    for page in (desktop, phone):
        await_phase(page, "game_over")
        page.wait_for_timeout(1500)
        album.take(page, "game-over", whole=True)
    desktop.get_by_test_id("people").click()
    desktop.get_by_test_id("people-panel").wait_for()
    desktop.get_by_test_id("favours-2").locator("summary").click()
    album.take_both(desktop, "people")
    desktop.keyboard.press("Escape")


def _photograph_lobby(desktop: Page, phone: Page, album: Album) -> None:
    desktop.locator("#custom").fill("kitten\nhause\nsun")
    desktop.get_by_test_id("deck-search").fill("ca")
    desktop.get_by_test_id("deck-problems").locator("li").first.wait_for()
    album.take_both(desktop, "deck-list", at=".deck")
    desktop.locator("#custom").fill("\n".join(_DECK))
    desktop.get_by_test_id("deck").locator("summary").click()
    desktop.get_by_test_id("chat").locator("summary").click()
    desktop.get_by_test_id("chat").locator("input").fill("Hello, who is that?")
    desktop.keyboard.press("Enter")
    desktop.get_by_test_id("react-love").click()
    for page in (desktop, phone):
        album.take(page, "lobby")
        album.take(page, "lobby-whole", whole=True)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        album.take(page, "lobby-end")
    phone.get_by_test_id("chat").locator("summary").click()
    for page in (desktop, phone):
        album.take(page, "chat")
        page.get_by_test_id("chat").locator("summary").click()
    for page in (desktop, phone):
        page.evaluate("scrollTo(0, 0)")
        page.get_by_test_id("qr").click()
        page.wait_for_timeout(200)
        album.take(page, "poster")
        page.keyboard.press("Escape")


def _photograph_round(desktop: Page, phone: Page, watcher: Page, album: Album) -> None:
    for page in (desktop, phone):
        await_phase(page, "countdown")
        album.take(page, "countdown")
    for page in (desktop, phone):
        await_phase(page, "drawing")
    sketches = {page: SKETCHES[prompt(page)] for page in (desktop, phone)}
    for page, touch in ((desktop, False), (phone, True)):
        first = sketches[page][0]
        draw(page, [first[: max(4, len(first) // 2)]], touch=touch)
    desktop.wait_for_timeout(400)
    for page in (desktop, phone):
        album.take(page, "drawing")
    watcher.get_by_test_id("join").click()
    await_phase(watcher, "drawing")
    album.take_both(watcher, "watching")
    watcher.get_by_test_id("standing-0").get_by_role("button").click()
    album.take_both(watcher, "close-up")
    watcher.keyboard.press("Escape")
    desktop.keyboard.press("?")
    phone.locator(".comfort-button").click()
    for page in (desktop, phone):
        page.get_by_test_id("farewell").locator("summary").click()
        album.take(page, "comfort")
        page.keyboard.press("Escape")
    for page, touch in ((desktop, False), (phone, True)):
        clear = page.get_by_test_id("clear")
        if phase(page) == "drawing" and clear.is_enabled():
            clear.click()  # the beginning was not enough for a match
            draw(page, sketches[page], touch=touch)
        page.wait_for_timeout(500)
        album.take(page, "matched")
    for page in (desktop, phone):
        await_phase(page, "reveal", within_s=_WATCHED_S)
    desktop.wait_for_timeout(1500)
    for page in (desktop, phone):  # a feeling is gone before the other one's pictures are taken
        desktop.locator(".reveal").get_by_test_id("react-wow").click()
        page.get_by_test_id("sky").locator("svg").first.wait_for()
        album.take(page, "reveal")
        album.take(page, "reveal-whole", whole=True)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        album.take(page, "reveal-end")


def _photograph_replay(desktop: Page, phone: Page, url: str, album: Album) -> None:
    desktop.evaluate("navigator.share = undefined")
    desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    desktop.get_by_test_id("share-replay").click()
    link: str = desktop.evaluate("navigator.clipboard.readText()")
    for page in (desktop, phone):
        page.goto(link)
        await_phase(page, "replay")
        for _ in range(8):  # drawings come as they are scrolled to
            page.mouse.wheel(0, 600)
            page.wait_for_timeout(150)
        page.wait_for_timeout(3000)
        album.take(page, "replay", whole=True)
        page.goto(f"{url}/replay/BCDFG-0123456789abcdef-1")
        await_phase(page, "replay")
        album.take(page, "replay-gone")


def _photograph_pictionary(phone: Page, desktop: Page, url: str, album: Album) -> None:
    """One turn each, so that either size draws and guesses."""
    assert desktop.context.browser is not None
    third = open_page(desktop.context.browser)
    code = create_room(phone, url, "Frida")
    join_by_link(desktop, url, code, "Pablo")
    join_by_link(third, url, code, "Joan of the Long Long Na")
    phone.get_by_test_id("preset-pictionary").click()
    choose_rules(phone, rounds=1, seconds=_ROUND_S, deck=HARD_TO_FIND, among_deck=False)
    album.take(phone, "lobby-host", whole=True)
    phone.get_by_test_id("start").click()
    _photograph_turn(phone, desktop, third, album)
    for page in (phone, desktop):
        await_phase(page, "reveal")
        page.wait_for_timeout(500)
        album.take(page, "turn-reveal")
    for page in (phone, desktop, third):
        press_ready(page)
    _photograph_turn(desktop, phone, third, album)
    for page in (phone, desktop, third):
        await_phase(page, "reveal")
        press_ready(page)
    await_phase(third, "drawing")
    for page in (phone, desktop):
        _guess(page, prompt(third))
    for page in (phone, desktop, third):
        await_phase(page, "reveal")
        press_ready(page)
    for page in (phone, desktop):
        await_phase(page, "game_over")
        page.wait_for_timeout(2000)
        album.take(page, "game-over-pictionary", whole=True)
    third.context.close()


def _photograph_turn(drawer: Page, guesser: Page, third: Page, album: Album) -> None:
    await_phase(guesser, "countdown")
    album.take(guesser, "guesser-countdown")
    for page in (drawer, guesser, third):
        await_phase(page, "drawing")
    drawn = prompt(drawer)
    draw(drawer, _SCRAWL)
    until(guesser, lambda: inked(guesser, "[data-testid=seen]") > 20)
    for said in ("a whale", f"some {drawn}"):
        _guess(guesser, said)
        expect(guesser.get_by_test_id("guess")).to_have_value("")
    expect(guesser.get_by_test_id("talk")).to_contain_text("Close!")
    album.take(drawer, "drawer")
    album.take(guesser, "guesser")
    _guess(guesser, drawn)
    guesser.get_by_test_id("won").wait_for()
    expect(guesser.get_by_test_id("guess")).to_have_value("")
    _guess(guesser, "That was easy")
    guesser.wait_for_timeout(1500)
    album.take(guesser, "solved")
    _guess(third, drawn)


def _guess(page: Page, said: str) -> None:
    guess = page.get_by_test_id("guess")
    guess.fill(said)
    guess.press("Enter")


def _photograph_mishaps(desktop: Page, phone: Page, guest: Page, url: str, album: Album) -> None:
    for page in (desktop, phone):
        code = create_room(page, url, "Ada")
        join_by_link(guest, url, code, "Grace")
        again = page.context.new_page()
        again.goto(f"{url}/r/{code}")
        await_phase(page, "error")
        album.take(page, "taken-over")
        again.close()
        page.get_by_role("button", name="Play here instead").click()
        await_phase(page, "lobby")
        page.context.set_offline(True)
        status = page.get_by_test_id("connection")
        expect(status).to_have_attribute("data-state", "waiting", timeout=20_000)
        album.take(page, "connection-lost")
        page.goto(url)
        page.get_by_test_id("offline").wait_for()
        album.take(page, "offline")
        page.context.set_offline(False)


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screenshots"), help="folder to fill")
    parser.add_argument(
        "--readme", action="store_true", help=f"fill {README_PICTURES.name}/ beside this file"
    )
    parser.add_argument("--axe", action="store_true", help="look for what keeps somebody out, too")
    options = parser.parse_args()
    found: list[str] = []
    folder = README_PICTURES if options.readme else options.out
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        with whole_game(data) as game, chromium() as browser:
            play_past_games(data)
            for dark in (False,) if options.readme else (False, True):
                album = Album(folder, "dark" if dark else "light", axe=options.axe)
                photograph(browser, game.url, album, dark=dark)
                found += album.found
    if options.readme:
        for picture in folder.glob("*.png"):
            if picture.name not in _IN_README:
                picture.unlink()
    if options.axe:
        print(*found, f"axe-core: {len(found)} violations", sep="\n")  # noqa: T201
        sys.exit(bool(found))


if __name__ == "__main__":
    main()
