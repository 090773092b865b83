"""What sticks out of the window at either side, and so cannot be read."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Page

# But for what may: hidden text, feelings that rise, and lists that scroll by themselves.
_CUT_OFF: Final = """() => [...document.querySelectorAll("main *, dialog[open] *")]
    .filter((one) => {
        const { width, left, right } = one.getBoundingClientRect();
        if (!width || !one.checkVisibility() || one.closest("[aria-hidden=true], .unseen, .cards"))
            return false;
        return left < -1 || right > innerWidth + 1;
    })
    .map((one) => `${one.tagName}.${one.getAttribute("class")}`)"""


def cut_off(page: Page) -> list[str]:
    """Elements of the screen that is shown, by tag and class."""
    found: list[str] = page.evaluate(_CUT_OFF)
    return found
