"""A script that draws is shown to the host, and to nobody else."""

from __future__ import annotations

from typing import Final

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import as_moved, await_phase, complaints, open_page
from tests.support.match import (
    SURE,
    begin,
    draw_prompt,
    press_ready,
    prompt,
    score,
    until,
)
from tests.support.sketches import SKETCHES
from tests.support.whole_game import WholeGame

_SCRIPT: Final = """strokes => {
  const canvas = document.querySelector("[data-testid=canvas]");
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const send = (type, [x, y]) => canvas.dispatchEvent(new PointerEvent(type, {
    pointerId: 1, pointerType: "mouse", bubbles: true, cancelable: true,
    clientX: left + (0.1 + 0.8 * x / 255) * width, clientY: top + (0.1 + 0.8 * y / 255) * height,
  }));
  for (const stroke of strokes) {
    send("pointerdown", stroke[0]);
    for (const point of stroke) send("pointermove", point);
    send("pointerup", stroke.at(-1));
  }
}"""


def draw_by_script(page: Page) -> None:
    """What is asked for, in no time at all and equal steps."""
    page.mouse.move(5, 5)  # the browser knows of a mouse from now on, which a pen may capture
    sketch = SKETCHES[prompt(page)]
    page.evaluate(_SCRIPT, [[list(point) for point in as_moved(stroke, 2.0)] for stroke in sketch])


def test_the_host_sees_whose_ink_is_a_scripts_and_the_boards_do_not_count_it(
    game: WholeGame, browser: Browser
) -> None:
    host, guest = open_page(browser, phone=True), open_page(browser)
    names = ("Frances", "Talos")
    begin(host, guest, game.url, names, rounds=1, seconds=120, deck=SURE, among_deck=False)
    draw_by_script(guest)
    until(host, lambda: score(host, 1) >= 100)
    draw_prompt(host, touch=True)

    for screen in ("reveal", "game_over"):
        for page in (host, guest):
            await_phase(page, screen)
        doubt = host.get_by_test_id("doubt-1")
        expect(doubt).to_have_count(1)
        expect(host.get_by_test_id("doubt-0")).to_have_count(0)
        doubt.locator("summary").click()
        expect(doubt.get_by_text("equal steps at equal times")).to_be_visible()
        expect(doubt).to_contain_text("Talos")
        expect(guest.get_by_test_id("doubt-1")).to_have_count(0)
        if screen == "reveal":
            for page in (host, guest):
                press_ready(page)
    expect(guest.get_by_test_id("podium")).to_contain_text("Talos")
    rows = httpx.get(f"{game.url}/api/leaderboard").json()["rows"]
    names = {row["name"] for row in rows}
    assert "Frances" in names
    assert "Talos" not in names
    assert complaints(host) == complaints(guest) == []
