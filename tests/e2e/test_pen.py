"""What comes of a mouse, a finger and a stylus on the sheet, seen as the ink that is judged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Request, expect

from tests.support.browser import (
    DESKTOP,
    PHONE,
    as_moved,
    await_phase,
    complaints,
    draw,
    inked,
    open_page,
)
from tests.support.match import until
from tests.support.whole_game import WholeGame

CANVAS: Final = 65535
OWN: Final = "[data-testid=canvas]"
BOTH: Final = pytest.mark.parametrize("phone", [False, True], ids=["mouse", "touch"])
# What the sheet has to be to look sharp: as many pixels as the screen gives it.
_IS_CRISP: Final = """() => {
  const canvas = document.querySelector("[data-testid=canvas]");
  return Math.abs(canvas.width - canvas.clientWidth * devicePixelRatio) <= 2;
}"""
_IN_VIEW: Final = """() => {
  const { left, top, right, bottom } = document
    .querySelector("[data-testid=canvas]").getBoundingClientRect();
  return left >= 0 && top >= 0 && right <= innerWidth + 1 && bottom <= innerHeight + 1;
}"""
# Where ink is, as parts of the canvas.
_EXTENT: Final = """() => {
  const canvas = document.querySelector("[data-testid=canvas]");
  const { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let i = 3; i < data.length; i += 4) {
    if (data[i] < 128) continue;
    const [x, y] = [((i - 3) / 4) % width, Math.floor((i - 3) / 4 / width)];
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
  }
  return [left / width, top / height, right / width, bottom / height];
}"""


class Sheet:
    """The sketchpad, and the strokes it last asked the network about."""

    def __init__(self, game: WholeGame, browser: Browser, *, phone: bool) -> None:
        self.page = open_page(browser, phone=phone)
        self.page.emulate_media(reduced_motion="reduce")
        self.page.on("request", self._asked)
        self.asked: list[list[list[int]]] = []
        self.page.goto(f"{game.url}/sketch")
        await_phase(self.page, "sketch")
        self._devtools: Any = self.page.context.new_cdp_session(self.page)

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/api/predict"):
            self.asked = json.loads(request.post_data or "")["strokes"]

    @property
    def lengths(self) -> list[int]:
        """Points of each stroke."""
        return [len(xs) for xs, _ in self.asked]

    def at(self, x: float, y: float) -> dict[str, float]:
        """A place on the page, from a part of the canvas; beyond 0..1 it is beside it."""
        box = self.page.get_by_test_id("canvas").bounding_box()
        assert box is not None
        return {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"]}

    def touch(self, kind: str, *places: tuple[float, float]) -> None:
        """All fingers that are down, after one came, moved or went."""
        points = [{**self.at(*place), "id": number} for number, place in enumerate(places)]
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def stylus(self, kind: str, x: float, y: float, *, force: float = 0.5) -> None:
        """A stylus comes down, moves or is lifted."""
        event = {"type": kind, **self.at(x, y), "pointerType": "pen", "force": force}
        if kind != "mouseMoved" or force:
            event |= {"button": "left", "buttons": 0 if kind == "mouseReleased" else 1}
        self._devtools.send("Input.dispatchMouseEvent", {**event, "clickCount": 1})

    def hold(self, path: Sequence[tuple[float, float]], *, phone: bool) -> None:
        """Draw along ``path`` without lifting the pen."""
        for number, place in enumerate(as_moved(path, 0.03)):
            if phone:
                self.touch("touchMove" if number else "touchStart", place)
            else:
                to = self.at(*place)
                self.page.mouse.move(to["x"], to["y"])
                if not number:
                    self.page.mouse.down()
            self.page.wait_for_timeout(8)

    def lift(self, *, phone: bool) -> None:
        """The pen leaves the paper."""
        if phone:
            self.touch("touchEnd")
        else:
            self.page.mouse.up()

    def done(self) -> None:
        """It was a good visit."""
        assert complaints(self.page) == []
        self.page.context.close()


@BOTH
def test_a_stroke_that_leaves_the_sheet_goes_on_along_its_edge(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    sheet = Sheet(game, browser, phone=phone)
    sheet.hold([(0.5, 0.5), (0.5, -0.03), (0.8, -0.03), (0.8, 0.4)], phone=phone)
    sheet.lift(phone=phone)
    until(sheet.page, lambda: len(sheet.asked) == 1 and sheet.asked[0][1][-1] > 0.38 * CANVAS)
    ((xs, ys),) = sheet.asked
    along = [x for x, y in zip(xs, ys, strict=True) if y == 0]
    assert min(along) < 0.51 * CANVAS, "it reaches the edge where the pen left"
    assert max(along) > 0.79 * CANVAS, "and follows the pen to where it came back"
    assert sheet.page.evaluate("scrollY") == 0
    sheet.done()


@BOTH
def test_a_tap_leaves_a_dot(game: WholeGame, browser: Browser, *, phone: bool) -> None:
    sheet = Sheet(game, browser, phone=phone)
    sheet.hold([(0.5, 0.5)], phone=phone)
    until(sheet.page, lambda: inked(sheet.page, OWN) > 10)
    sheet.lift(phone=phone)
    until(sheet.page, lambda: sheet.lengths == [1])
    assert inked(sheet.page, OWN) > 10
    assert sheet.page.evaluate(_EXTENT) == pytest.approx((0.5, 0.5, 0.5, 0.5), abs=0.02)
    sheet.done()


def test_two_fingers_neither_zoom_nor_draw_twice(game: WholeGame, browser: Browser) -> None:
    sheet = Sheet(game, browser, phone=True)
    sheet.hold([(0.3, 0.5), (0.4, 0.5)], phone=True)
    sheet.touch("touchStart", (0.4, 0.5), (0.6, 0.5))
    for step in range(1, 12):  # apart, as one zooms
        sheet.touch("touchMove", (0.4 - 0.02 * step, 0.5), (0.6 + 0.02 * step, 0.5))
        sheet.page.wait_for_timeout(16)
    sheet.touch("touchEnd", (0.18, 0.5))
    sheet.touch("touchEnd")
    until(sheet.page, lambda: bool(sheet.asked) and sheet.asked[0][0][-1] < 0.25 * CANVAS)
    assert len(sheet.asked) == 1, "the second finger only rests there"
    assert max(sheet.asked[0][0]) < 0.45 * CANVAS
    assert sheet.page.evaluate("visualViewport.scale") == 1
    assert sheet.page.evaluate("[scrollX, scrollY]") == [0, 0]
    sheet.done()


def test_a_stylus_takes_the_sheet_from_the_palm_that_lies_on_it(
    game: WholeGame, browser: Browser
) -> None:
    sheet = Sheet(game, browser, phone=True)
    sheet.hold([(0.8, 0.9), (0.85, 0.9)], phone=True)  # a palm comes down first
    sheet.stylus("mousePressed", 0.2, 0.2)
    for step in range(1, 11):
        sheet.stylus("mouseMoved", 0.2 + 0.03 * step, 0.2, force=step / 10)
        sheet.page.wait_for_timeout(8)
    sheet.stylus("mouseReleased", 0.5, 0.2, force=0)
    sheet.touch("touchMove", (0.9, 0.95))
    sheet.touch("touchEnd")
    until(sheet.page, lambda: bool(sheet.asked) and sheet.asked[-1][0][-1] > 0.49 * CANVAS)
    ((xs, ys),) = sheet.asked
    assert max(ys) < 0.25 * CANVAS, "nothing is left of the palm"
    assert len(xs) == 11, "pressure is for the eye: what is judged are the places alone"
    left, top, right, bottom = sheet.page.evaluate(_EXTENT)
    assert (left, right) == pytest.approx((0.2, 0.5), abs=0.03)
    assert bottom - top < 0.05
    sheet.touch("touchStart", (0.7, 0.7))  # the palm again, while the stylus is about
    sheet.touch("touchMove", (0.8, 0.8))
    sheet.touch("touchEnd")
    sheet.stylus("mousePressed", 0.2, 0.4)
    sheet.stylus("mouseMoved", 0.4, 0.4)
    sheet.stylus("mouseReleased", 0.4, 0.4, force=0)
    until(sheet.page, lambda: len(sheet.asked) == 2)
    assert max(y for _, ys in sheet.asked for y in ys) < 0.5 * CANVAS
    sheet.done()


@BOTH
def test_ink_is_sharp_and_stays_where_it_is_when_the_screen_turns(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    sheet = Sheet(game, browser, phone=phone)
    size, turned = (PHONE, {"width": 740, "height": 360}) if phone else (DESKTOP, PHONE)
    until(sheet.page, lambda: bool(sheet.page.evaluate(_IS_CRISP)))
    sheet.hold([(0.2, 0.3), (0.7, 0.3)], phone=phone)
    sheet.lift(phone=phone)
    until(sheet.page, lambda: inked(sheet.page, OWN) > 100)
    before = sheet.page.evaluate(_EXTENT)
    for now in (turned, size, turned):
        sheet.page.set_viewport_size(now)  # type: ignore[arg-type]
        until(sheet.page, lambda: bool(sheet.page.evaluate(_IS_CRISP)))
        until(sheet.page, lambda: inked(sheet.page, OWN) > 50)
        assert sheet.page.evaluate(_EXTENT) == pytest.approx(before, abs=0.02)
        assert sheet.page.evaluate(_IN_VIEW), now
    sheet.hold([(0.2, 0.6), (0.7, 0.6)], phone=phone)
    sheet.lift(phone=phone)
    until(sheet.page, lambda: len(sheet.asked) == 2 and sheet.asked[1][0][-1] > 0.69 * CANVAS)
    assert sheet.asked[1][0][0] == pytest.approx(0.2 * CANVAS, abs=0.01 * CANVAS)
    assert set(sheet.asked[1][1]) == {sheet.asked[1][1][0]}, "a level line is level"
    sheet.done()


@BOTH
def test_tools_change_sides_for_a_left_hand(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    sheet = Sheet(game, browser, phone=phone)
    page = sheet.page

    def places() -> tuple[float, float]:
        undo, clear = (page.get_by_test_id(name).bounding_box() for name in ("undo", "clear"))
        assert undo is not None
        assert clear is not None
        return undo["x"], clear["x"]

    undo, clear = places()
    assert undo < clear
    page.get_by_test_id("comfort").click()
    page.get_by_test_id("prefer-left").check()
    page.keyboard.press("Escape")
    undo, clear = places()
    assert undo > clear
    page.reload()
    await_phase(page, "sketch")
    undo, clear = places()
    assert undo > clear, "it is kept"
    if phone:
        for side in ("left", "right"):
            page.set_viewport_size({"width": 740, "height": 360})
            undo, _ = places()
            canvas = page.get_by_test_id("canvas").bounding_box()
            assert canvas is not None
            assert (undo > canvas["x"]) is (side == "left"), "the free hand's side"
            page.get_by_test_id("comfort").click()
            page.get_by_test_id("prefer-left").uncheck()
            page.keyboard.press("Escape")
    draw(page, [[(20, 20), (200, 200)]], touch=phone)
    expect(page.get_by_test_id("undo")).to_be_enabled()
    sheet.done()
