"""The sketchpad, and a network that keeps people waiting."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.browser import await_phase, complaints, draw, open_page
from tests.support.match import HARD_TO_FIND, choose_rules, create_room
from tests.support.sketches import SKETCHES
from tests.support.whole_game import WholeGame

_COUNT_SPLASHES: Final = """
  window.splashes = 0;
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...given) {
    if (this.classList.contains("splash")) window.splashes++;
    return animate.apply(this, given);
  };
"""

_OVERHEAR: Final = """
  window.said = [];
  window.notes = 0;
  speechSynthesis.speak = (words) => said.push(words.text);
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...given) {
    window.notes++;
    return start.apply(this, given);
  };
"""


def _open(game: WholeGame, browser: Browser, *, phone: bool = False) -> Page:
    page = open_page(browser, phone=phone)
    page.emulate_media(reduced_motion="reduce")
    page.goto(game.url)
    page.get_by_test_id("sketch").click()
    await_phase(page, "sketch")
    return page


def _ask_for(page: Page, category: str) -> None:
    """Have this suggested; there are few ideas while the list of all is not told."""
    for _ in range(400):
        if page.get_by_test_id("idea").text_content() == category:
            return
        page.get_by_test_id("next-idea").click()
    pytest.fail(f"{category} was never suggested")


@pytest.mark.parametrize("phone", [False, True], ids=["mouse", "touch"])
def test_anything_is_drawn_and_guessed_and_an_idea_is_celebrated(
    game: WholeGame, browser: Browser, *, phone: bool
) -> None:
    page = open_page(browser, phone=phone)
    page.emulate_media(reduced_motion="reduce")
    page.route("**/api/categories", _only_a_star)
    page.goto(f"{game.url}/sketch")
    await_phase(page, "sketch")
    _ask_for(page, "a star")
    draw(page, SKETCHES["star"], touch=phone)
    expect(page.get_by_test_id("knew")).to_contain_text("I knew it!")
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("star")
    expect(page.get_by_test_id("thought")).to_contain_text("star")
    expect(page.get_by_test_id("latency")).to_contain_text("ms")

    page.get_by_test_id("clear").click()
    expect(page.get_by_test_id("knew")).to_be_empty()
    expect(page.get_by_test_id("guesses").locator("li").first).to_have_text("")
    draw(page, SKETCHES["ladder"], touch=phone)
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("ladder")
    page.get_by_test_id("undo").click()
    page.get_by_test_id("redo").click()
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("ladder")
    assert page.evaluate("scrollY") == 0
    assert complaints(page) == []


def _only_a_star(route: Route) -> None:
    route.fulfill(json={"categories": [{"name": "star", "level": "easy"}] * 2})


def test_without_a_connection_it_says_so_and_looks_again_when_it_is_back(
    game: WholeGame, browser: Browser
) -> None:
    page = _open(game, browser, phone=True)
    page.context.set_offline(True)
    draw(page, SKETCHES["ladder"], touch=True)
    expect(page.get_by_test_id("trouble")).to_contain_text("without a connection")
    page.context.set_offline(False)
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("ladder")
    expect(page.get_by_test_id("trouble")).to_be_empty()


def test_the_sketchpad_is_reached_and_left_by_keyboard(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    page.goto(game.url)
    page.get_by_test_id("sketch").focus()
    page.keyboard.press("Enter")
    await_phase(page, "sketch")
    assert page.url.endswith("/sketch")
    before = page.get_by_test_id("idea").text_content()
    for _ in range(10):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.dataset.testid") == "next-idea":
            break
    page.keyboard.press("Enter")
    assert page.get_by_test_id("idea").text_content() != before
    page.go_back()
    await_phase(page, "home")
    page.go_forward()
    await_phase(page, "sketch")
    page.reload()
    await_phase(page, "sketch")
    assert complaints(page) == []


def test_it_thinks_aloud_where_that_is_switched_on(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser, phone=True)
    page.emulate_media(reduced_motion="reduce")
    page.add_init_script(_OVERHEAR)
    page.route("**/api/categories", _only_a_star)
    page.goto(f"{game.url}/sketch")
    await_phase(page, "sketch")
    draw(page, SKETCHES["ladder"], touch=True)
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text("ladder")
    assert page.evaluate("said") == [], "nobody asked for a voice"
    page.get_by_test_id("clear").click()
    page.get_by_test_id("comfort").click()
    page.get_by_test_id("prefer-voice").check()
    page.keyboard.press("Escape")
    _ask_for(page, "a star")
    draw(page, SKETCHES["star"], touch=True)
    expect(page.get_by_test_id("knew")).to_contain_text("I knew it!")
    assert page.evaluate("said.at(-1)") == page.get_by_test_id("thought").inner_text()
    assert page.evaluate("notes") > 0, "a match is heard"


@contextmanager
def _worker_asleep(game: WholeGame) -> Iterator[None]:
    """The game's worker stands still for a while."""
    found = [pid for pid in _descendants(game.process.pid) if "ml.worker" in _command(pid)]
    assert found, "the game has a worker"
    for pid in found:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in found:
            os.kill(pid, signal.SIGCONT)


def _descendants(pid: int) -> list[int]:
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]
    return children + [each for child in children for each in _descendants(child)]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


def test_a_busy_network_is_admitted_and_forgotten(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    page.emulate_media(reduced_motion="reduce")
    create_room(page, game.url, "Ada")
    choose_rules(page, rounds=1, seconds=120, deck=HARD_TO_FIND, among_deck=False)
    page.get_by_test_id("start").click()
    await_phase(page, "drawing")
    draw(page, [[(40, 60), (44, 200)]])
    expect(page.get_by_test_id("latency")).to_contain_text("ms")
    expect(page.get_by_test_id("busy")).to_be_empty()
    with _worker_asleep(game):
        draw(page, [[(200, 60), (205, 130), (196, 200)]])
        expect(page.get_by_test_id("busy")).to_contain_text("The network is busy")
    draw(page, [[(100, 60), (120, 90)]])
    expect(page.get_by_test_id("busy")).to_be_empty(timeout=15_000)

    page.goto(f"{game.url}/sketch")
    await_phase(page, "sketch")
    with _worker_asleep(game):
        draw(page, SKETCHES["ladder"])
        expect(page.get_by_text("The network is busy").first).to_be_visible()
    expect(page.get_by_test_id("guesses").locator("li").first).to_contain_text(
        "ladder", timeout=15_000
    )
    expect(page.get_by_test_id("trouble")).to_be_empty()


@pytest.mark.parametrize("calm", [False, True], ids=["motion", "no motion"])
def test_joy_moves_nothing_for_those_who_asked_for_calm(
    game: WholeGame, browser: Browser, *, calm: bool
) -> None:
    page = open_page(browser)
    page.emulate_media(reduced_motion="reduce" if calm else "no-preference")
    page.add_init_script(_COUNT_SPLASHES)
    page.route("**/api/categories", _only_a_star)
    page.goto(f"{game.url}/sketch")
    await_phase(page, "sketch")
    _ask_for(page, "a star")
    draw(page, SKETCHES["star"])
    expect(page.get_by_test_id("knew")).to_contain_text("I knew it!")
    moved = page.evaluate("splashes")
    assert (moved == 0) is calm
    if calm:
        running = "document.getAnimations().filter((each) => each.playState === 'running').length"
        assert page.evaluate(running) == 0


def test_a_door_tapped_twice_leaves_no_second_sketchpad_that_listens(
    game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser)
    page.goto(game.url)
    page.get_by_test_id("sketch").dblclick()
    await_phase(page, "sketch")
    expect(page).to_have_title("Sketchpad · Inkling")
    page.keyboard.press("m")
    kept = page.evaluate("JSON.parse(localStorage.getItem('inkling.preferences'))")
    assert kept["muted"] is True, "one key, one toggle"


def test_a_category_nobody_could_have_meant_says_that_it_is_not_there(
    game: WholeGame, browser: Browser
) -> None:
    page = open_page(browser)
    page.goto(f"{game.url}/category/%zz")
    await_phase(page, "category")
    expect(page.locator("main")).to_contain_text("There is nothing here")
