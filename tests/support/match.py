"""People at a table: pages that set up a room and play it, for tests and for pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import httpx
from playwright.sync_api import Page, TimeoutError, expect  # noqa: A004 - its own kind

from tests.support.browser import await_phase, draw, phase
from tests.support.sketches import SKETCHES

DECK: Final = tuple(SKETCHES)
# What is drawn quickly and recognised among all categories, and what no straight line looks like.
SURE: Final = (
    "circle", "square", "triangle", "star", "zigzag", "stairs", "hourglass", "envelope",
)  # fmt: skip
# Nothing that a line or two could be taken for, so that no match ends the drawing.
HARD_TO_FIND: Final = (
    "cello", "saxophone", "violin", "bulldozer", "crocodile", "harp", "raccoon", "peas",
)  # fmt: skip


def create_room(page: Page, url: str, name: str) -> str:
    """Open a room under ``name``; returns its code."""
    page.goto(url)
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("create-room").click()
    await_phase(page, "lobby")
    return page.get_by_test_id("room-code").inner_text().strip()


def join_by_link(page: Page, url: str, code: str, name: str) -> None:
    """Follow an invitation."""
    page.goto(f"{url}/r/{code}")
    page.get_by_test_id("name").fill(name)
    page.get_by_test_id("join").click()
    await_phase(page, "lobby")


def choose_rules(
    host: Page,
    *,
    rounds: int,
    seconds: int,
    deck: tuple[str, ...] = DECK,
    among_deck: bool = True,
) -> None:
    """Set the room up as its host: the deck is one that a test knows how to draw."""
    host.get_by_test_id("setting-rounds").fill(str(rounds))
    host.get_by_test_id("setting-rounds").blur()
    host.get_by_test_id("setting-seconds").fill(str(seconds))
    host.get_by_test_id("setting-seconds").blur()
    host.get_by_text("Your own list").click()
    host.locator("#custom").fill("\n".join(deck))
    host.get_by_role("button", name="Use this list").click()
    expect(host.get_by_text("Custom list in use")).to_be_visible()
    if among_deck:
        host.get_by_text("the deck only").click()


def begin(
    host: Page,
    guest: Page,
    url: str,
    names: tuple[str, str],
    *,
    rounds: int,
    seconds: int,
    deck: tuple[str, ...] = DECK,
    among_deck: bool = True,
    within_s: float = 30,
) -> None:
    """Two people in a room of the first one's, with pens up.

    Made by the API: how people make rooms is other tests' business, and takes pages a while.
    """
    rules = {"rounds": rounds, "seconds": seconds, "custom": list(deck)}
    rules["guess_among"] = "deck" if among_deck else "all"
    with httpx.Client(base_url=f"{url}/api/") as api:

        def asked(path: str, body: object, token: str = "") -> str:
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = api.post(path, json=body, headers=headers).raise_for_status().json()
            found: str = answer["token" if path == "players" else "code"]
            return found

        tokens = [asked("players", {"name": name}) for name in names]
        code = asked("rooms", {"settings": rules}, tokens[0])
    for page, token in zip((host, guest), tokens, strict=True):
        page.context.add_init_script(
            f"localStorage['inkling.player'] ??= '{json.dumps({'token': token})}';"
            f"localStorage['inkling.room'] ??= '{code}';"
        )
        page.goto(f"{url}/r/{code}")
        await_phase(page, "lobby", within_s=within_s)
    host.get_by_test_id("start").click()
    for page in (host, guest):
        await_phase(page, "drawing", within_s=within_s)


def prompt(page: Page) -> str:
    """What the page asks its player to draw."""
    return page.get_by_test_id("prompt").inner_text().strip()


def draw_prompt(page: Page, *, touch: bool = False) -> str:
    """Draw what is asked for, until it is recognised or done; returns the prompt."""
    category = prompt(page)
    draw(page, SKETCHES[category], touch=touch, until=lambda: phase(page) != "drawing")
    return category


def score(page: Page, seat: int) -> int:
    """The points of a seat, as the page shows them beside a round."""
    shown = page.get_by_test_id(f"standing-{seat}").inner_text()
    digits = re.findall(r"[\d,]*\d", shown)  # 1,082 is one number
    return int(digits[-1].replace(",", "")) if digits else 0


def press_ready(page: Page) -> None:
    """Have seen enough of the reveal, unless it has ended by itself meanwhile."""
    with suppress(TimeoutError):
        page.get_by_test_id("ready").click(timeout=1_000)


def until(page: Page, claim: Callable[[], bool], within_s: float = 20) -> None:
    """Let the page run until ``claim`` holds; fails if it does not in time."""
    waited_ms = 0
    while not claim():
        assert waited_ms < within_s * 1000, f"not within {within_s} s"
        page.wait_for_timeout(50)
        waited_ms += 50
