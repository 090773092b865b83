"""Chromium, and hands that draw in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

DESKTOP: Final[ViewportSize] = {"width": 1280, "height": 800}
PHONE: Final[ViewportSize] = {"width": 360, "height": 740}
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_FLAGS: Final = (
    "--no-sandbox",  # containers run tests as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_COUNT_INK: Final = """selector => Math.max(0, ...[...document.querySelectorAll(selector)].map(
(canvas) => {
  if (!canvas.width) return 0;
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) if (data[i] > 128) inked++;
  return inked;
}))"""
_MARGIN: Final = 0.08  # of the canvas, left free around a sketch
_STEP_PX: Final = 12.0  # a hand's pointer events are about this far apart


def chromium_path() -> str:
    """The browser to test in: ``CHROMIUM``, or the first found on the path.

    Raises ``RuntimeError`` that says what to install.
    """
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, _NAMES)), None)
    if not found:
        message = (
            "The end-to-end tests need a Chromium. Install one (Debian: apt-get install chromium)"
            " or say where it is: CHROMIUM=/path/to/chrome"
        )
        raise RuntimeError(message)
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def open_page(browser: Browser, *, phone: bool = False, dark: bool = False) -> Page:
    """A fresh visitor: no history, no player. Anything the page complains of fails the test."""
    context = browser.new_context(
        viewport=PHONE if phone else DESKTOP,
        has_touch=phone,
        is_mobile=phone,
        device_scale_factor=2 if phone else 1,
        color_scheme="dark" if dark else "light",
        locale="en-GB",
    )
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.complaints = complaints  # type: ignore[attr-defined]
    return page


def complaints(page: Page) -> list[str]:
    """What the page's scripts and the browser found fault with so far."""
    found: list[str] = page.complaints  # type: ignore[attr-defined]
    return found


def phase(page: Page) -> str:
    """The screen that is shown."""
    shown: str = page.evaluate("document.body.dataset.phase")
    return shown


def inked(page: Page, selector: str) -> int:
    """How many pixels have ink, of the canvas with the most among those that ``selector`` finds."""
    most: int = page.evaluate(_COUNT_INK, selector)
    return most


def await_phase(page: Page, *phases: str, within_s: float = 30) -> None:
    """Wait until the page shows one of ``phases``."""
    selector = ",".join(f"body[data-phase={each}]" for each in phases)
    page.wait_for_selector(selector, timeout=within_s * 1000)


def draw(
    page: Page,
    sketch: Sequence[Sequence[tuple[float, float]]],
    *,
    touch: bool = False,
    until: Callable[[], bool] = lambda: False,
) -> None:
    """Draw strokes (0..255) on the page's canvas as a hand would; stops once ``until`` holds."""
    box = page.get_by_test_id("canvas").bounding_box()
    assert box is not None
    scale = min(box["width"], box["height"]) * (1 - 2 * _MARGIN) / 255
    left = box["x"] + (box["width"] - 255 * scale) / 2
    top = box["y"] + (box["height"] - 255 * scale) / 2
    pen = _Finger(page) if touch else _Mouse(page)
    for stroke in sketch:
        points = as_moved([(left + x * scale, top + y * scale) for x, y in stroke])
        pen.down(*points[0])
        for point in points[1:]:
            pen.move(*point)
            page.wait_for_timeout(8)
        pen.up(*points[-1])
        page.wait_for_timeout(60)
        if until():
            return


def as_moved(
    corners: Sequence[tuple[float, float]], step_px: float = _STEP_PX
) -> list[tuple[float, float]]:
    """Points along the way between ``corners``, so that no pen teleports."""
    moved = [corners[0]]
    for x, y in corners[1:]:
        x0, y0 = moved[-1]
        steps = max(1, round(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5 / step_px))
        moved += [
            (x0 + (x - x0) * step / steps, y0 + (y - y0) * step / steps)
            for step in range(1, steps + 1)
        ]
    return moved


class _Mouse:
    def __init__(self, page: Page) -> None:
        self._mouse = page.mouse

    def down(self, x: float, y: float) -> None:
        self._mouse.move(x, y)
        self._mouse.down()

    def move(self, x: float, y: float) -> None:
        self._mouse.move(x, y)

    def up(self, _x: float, _y: float) -> None:
        self._mouse.up()


class _Finger:
    def __init__(self, page: Page) -> None:
        self._devtools: Any = page.context.new_cdp_session(page)

    def down(self, x: float, y: float) -> None:
        self._touch("touchStart", [{"x": x, "y": y}])

    def move(self, x: float, y: float) -> None:
        self._touch("touchMove", [{"x": x, "y": y}])

    def up(self, _x: float, _y: float) -> None:
        self._touch("touchEnd", [])

    def _touch(self, kind: str, points: list[dict[str, float]]) -> None:
        self._devtools.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
