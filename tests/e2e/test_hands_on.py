"""What a hand does in a browser: taking back, rubbing out, switching off, taking along."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import await_phase, complaints, draw, open_page
from tests.support.match import HARD_TO_FIND, begin, choose_rules, create_room, until
from tests.support.sketches import Sketch
from tests.support.whole_game import WholeGame

# Nothing that the network knows, so that no match ends the round.
LEFT: Final[Sketch] = [[(40, 60), (44, 200)]]
RIGHT: Final[Sketch] = [[(200, 60), (205, 130), (196, 200)]]
OWN: Final = "[data-testid=canvas]"
RIVALS: Final = "[data-testid=standing-0] canvas"
_COUNT: Final = """([selector, from, to]) => {
  const canvas = document.querySelector(selector);
  const width = Math.max(1, Math.round(canvas.width * (to - from)));
  const at = Math.round(canvas.width * from);
  const { data } = canvas.getContext("2d").getImageData(at, 0, width, canvas.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 64) inked++;
  return inked;
}"""
_COUNT_NOTES: Final = """
  window.notes = 0;
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    window.notes++;
    return start.apply(this, given);
  };
"""


def _calm(page: Page) -> Page:
    """Without motion, which is not what these tests are about and takes a slow machine's time."""
    page.emulate_media(reduced_motion="reduce")
    return page


def _has_ink(page: Page, selector: str, half: str) -> bool:
    bounds = (0, 0.5) if half == "left" else (0.5, 1)
    inked: int = page.evaluate(_COUNT, [selector, *bounds])
    return inked > 0


def _sees(page: Page, selector: str, *, left: bool, right: bool) -> None:
    """The canvas comes to show just these halves of the drawing."""
    wanted = (left, right)
    until(
        page,
        lambda: (_has_ink(page, selector, "left"), _has_ink(page, selector, "right")) == wanted,
    )


@pytest.fixture
def duel(game: WholeGame, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two people in a long round."""
    host, guest = _calm(open_page(browser)), _calm(open_page(browser, phone=True))
    rules = {"rounds": 1, "seconds": 120, "deck": HARD_TO_FIND, "among_deck": False}
    begin(host, guest, game.url, ("Ada", "Grace"), within_s=60, **rules)
    yield host, guest
    for page in (host, guest):
        assert complaints(page) == []
        page.context.close()


def test_strokes_are_taken_back_brought_back_and_rubbed_out_for_everybody(
    duel: tuple[Page, Page],
) -> None:
    host, guest = duel
    draw(host, LEFT)
    draw(host, RIGHT)
    _sees(guest, RIVALS, left=True, right=True)

    host.keyboard.press("Control+z")
    for page, canvas in ((host, OWN), (guest, RIVALS)):
        _sees(page, canvas, left=True, right=False)
    host.keyboard.press("Control+Shift+Z")
    _sees(guest, RIVALS, left=True, right=True)

    host.keyboard.press("Delete")
    for page, canvas in ((host, OWN), (guest, RIVALS)):
        _sees(page, canvas, left=False, right=False)
    host.get_by_test_id("undo").click()
    _sees(guest, RIVALS, left=True, right=True)

    host.get_by_test_id("eraser").click()
    expect(host.get_by_test_id("eraser")).to_have_attribute("aria-pressed", "true")
    draw(host, [[(20, 130), (70, 130)]])  # across the left stroke
    for page, canvas in ((host, OWN), (guest, RIVALS)):
        _sees(page, canvas, left=False, right=True)

    guest.set_viewport_size({"width": 740, "height": 360})  # a phone is turned
    _sees(guest, RIVALS, left=False, right=True)
    draw(guest, LEFT, touch=True)
    _sees(guest, OWN, left=True, right=False)
    assert guest.evaluate("scrollY") == 0, "the page stays where it is under a drawing finger"


@contextmanager
def _alone(game: WholeGame, browser: Browser) -> Iterator[Page]:
    """Somebody who draws alone for ten seconds; the browser counts the notes it plays."""
    page = _calm(open_page(browser))
    page.add_init_script(_COUNT_NOTES)
    create_room(page, game.url, "Ada")
    choose_rules(page, rounds=1, seconds=10, deck=HARD_TO_FIND, among_deck=False)
    yield page
    assert complaints(page) == []
    page.context.close()


def test_sounds_can_be_switched_off_and_stay_off(game: WholeGame, browser: Browser) -> None:
    with _alone(game, browser) as page:
        page.get_by_test_id("start").click()
        await_phase(page, "drawing", within_s=60)
        until(page, lambda: page.evaluate("notes") > 0)
        page.keyboard.press("?")
        page.get_by_test_id("prefer-muted").uncheck()
        page.keyboard.press("Escape")
        before = page.evaluate("notes")
        await_phase(page, "reveal", within_s=60)
        assert page.evaluate("notes") == before, "no tick, no gong"
        page.reload()
        await_phase(page, "reveal", "game_over")
        page.wait_for_timeout(500)
        assert page.evaluate("notes") == 0


def test_a_drawing_is_saved_as_picture_vectors_and_film(game: WholeGame, browser: Browser) -> None:
    with _alone(game, browser) as page:
        page.get_by_test_id("start").click()
        await_phase(page, "drawing", within_s=60)
        draw(page, LEFT)
        draw(page, RIGHT)
        await_phase(page, "reveal", "game_over", within_s=60)
        saved: dict[str, bytes] = {}
        for kind in ("svg", "png", "film"):
            page.get_by_test_id("save").first.click()
            with page.expect_download() as download:
                page.get_by_test_id(f"save-{kind}").first.click()
            saved[kind] = download.value.path().read_bytes()
        assert saved["svg"].count(b"<path ") == 2
        assert saved["png"].startswith(b"\x89PNG")
        assert saved["film"].startswith(b"\x1a\x45\xdf\xa3"), "a WebM"
