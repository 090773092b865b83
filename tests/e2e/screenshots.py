"""Pictures of every screen: ``python -m tests.e2e.screenshots --out DIR``.

Starts the whole game, lets two people play it in a real browser, on a desktop and on a phone, and
writes one PNG per screen, size and colour scheme. ``--readme`` renews the pictures in the README.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, Page

from tests.support.browser import await_phase, chromium, draw, open_page, phase
from tests.support.match import choose_rules, create_room, join_by_link, press_ready, prompt
from tests.support.sketches import SKETCHES
from tests.support.whole_game import whole_game

README_PICTURES: Final = Path(__file__).parent / "pictures"
# Sketches that make a good picture half-way through.
_DECK: Final = (
    "smiley face", "house", "sun", "ice cream", "envelope", "clock", "star", "hourglass",
)  # fmt: skip


class Album:
    """A folder of pictures."""

    def __init__(self, folder: Path, scheme: str) -> None:
        self._folder = folder
        self._scheme = scheme
        folder.mkdir(parents=True, exist_ok=True)

    def take(self, page: Page, screen: str, *, whole: bool = False) -> None:
        """A picture of what is in view, or of the whole page."""
        size = "phone" if (page.viewport_size or {}).get("width", 0) < 600 else "desktop"
        name = f"{screen}-{size}-{self._scheme}.png"
        page.screenshot(path=self._folder / name, full_page=whole)
        print(self._folder / name)  # noqa: T201 - what the command is for


def photograph(browser: Browser, url: str, album: Album, *, dark: bool) -> None:
    """Play a short game and photograph it."""
    desktop = open_page(browser, dark=dark)
    phone = open_page(browser, phone=True, dark=dark)
    _photograph_doors(desktop, phone, url, album)
    code = create_room(desktop, url, "Ada")
    phone.goto(f"{url}/r/{code}")
    phone.get_by_test_id("join").wait_for()
    album.take(phone, "invitation")
    join_by_link(phone, url, code, "Grace")
    choose_rules(desktop, rounds=2, seconds=60, deck=_DECK, among_deck=False)
    _photograph_lobby(desktop, phone, album)
    desktop.get_by_test_id("start").click()
    _photograph_round(desktop, phone, album)
    for page in (desktop, phone):
        press_ready(page)
    for page, touch in ((desktop, False), (phone, True)):
        await_phase(page, "drawing", "reveal")
        if phase(page) == "drawing":
            draw(page, SKETCHES[prompt(page)], touch=touch)
    for page in (desktop, phone):
        await_phase(page, "reveal", within_s=60)
    for page in (desktop, phone):
        press_ready(page)
    for page in (desktop, phone):
        await_phase(page, "game_over")
        page.wait_for_timeout(1500)
        album.take(page, "game-over", whole=True)
    _photograph_replay(desktop, phone, url, album)


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


def _photograph_lobby(desktop: Page, phone: Page, album: Album) -> None:
    desktop.get_by_test_id("chat").locator("summary").click()
    desktop.get_by_test_id("chat").locator("input").fill("Hello, who is that?")
    desktop.keyboard.press("Enter")
    for page in (desktop, phone):
        album.take(page, "lobby", whole=True)
    for page in (desktop, phone):
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        album.take(page, "lobby-end")
    phone.get_by_test_id("chat").locator("summary").click()
    for page in (desktop, phone):
        album.take(page, "chat")
        page.get_by_test_id("chat").locator("summary").click()


def _photograph_comfort(desktop: Page, phone: Page, album: Album) -> None:
    desktop.keyboard.press("?")
    phone.locator(".comfort-button").click()
    for page in (desktop, phone):
        album.take(page, "comfort")
        page.keyboard.press("Escape")


def _photograph_round(desktop: Page, phone: Page, album: Album) -> None:
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
    _photograph_comfort(desktop, phone, album)
    for page, touch in ((desktop, False), (phone, True)):
        if phase(page) != "drawing":
            continue
        clear = page.get_by_test_id("clear")
        if clear.is_enabled():  # the beginning was enough for a match otherwise
            clear.click()
            draw(page, sketches[page], touch=touch)
        page.wait_for_timeout(500)
        album.take(page, "matched")
    for page in (desktop, phone):
        await_phase(page, "reveal", within_s=60)
    desktop.wait_for_timeout(3000)
    for page in (desktop, phone):
        album.take(page, "reveal", whole=True)
        page.evaluate("scrollTo(0, document.body.scrollHeight)")
        album.take(page, "reveal-end")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/screenshots"), help="folder to fill")
    parser.add_argument(
        "--readme", action="store_true", help=f"fill {README_PICTURES.name}/ beside this file"
    )
    options = parser.parse_args()
    folder = README_PICTURES if options.readme else options.out
    with (
        tempfile.TemporaryDirectory() as scratch,
        whole_game(Path(scratch) / "data") as game,
        chromium() as browser,
    ):
        for dark in (False,) if options.readme else (False, True):
            album = Album(folder, "dark" if dark else "light")
            photograph(browser, game.url, album, dark=dark)
    if options.readme:
        for picture in folder.glob("*.png"):
            if picture.name not in ("matched-desktop-light.png", "reveal-phone-light.png"):
                picture.unlink()


if __name__ == "__main__":
    main()
