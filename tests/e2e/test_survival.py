"""The same page goes on, on the same seat, with the same ink and score, whatever breaks."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import await_phase, complaints, draw, inked, open_page, phase
from tests.support.match import (
    HARD_TO_FIND,
    SURE,
    begin,
    create_room,
    draw_prompt,
    join_by_link,
    prompt,
    score,
    until,
)
from tests.support.overheard import Overheard
from tests.support.whole_game import WholeGame, whole_game

OWN: Final = "[data-testid=canvas]"
RIVALS: Final = "[data-testid=rivals] canvas"
FALLING: Final = [[(60, 60), (120, 110)]]
RISING: Final = [[(140, 200), (200, 150)]]
LONG: Final[dict[str, Any]] = {"rounds": 1, "seconds": 120, "among_deck": False}
BACK_S: Final = 60.0  # a busy machine starts a server and a worker in that


@pytest.fixture
def duel(game: WholeGame, browser: Browser) -> Iterator[tuple[Page, Page]]:
    """Two people in a long round that no match ends."""
    host, guest = open_page(browser), open_page(browser)
    host.overheard, guest.overheard = Overheard(host), Overheard(guest)  # type: ignore[attr-defined]
    begin(host, guest, game.url, ("Grace", "Margaret"), **LONG, deck=HARD_TO_FIND)
    yield host, guest
    for page in (host, guest):
        page.context.close()


def overheard(page: Page) -> Overheard:
    """What a page of a ``duel`` says and hears."""
    heard: Overheard = page.overheard  # type: ignore[attr-defined]
    return heard


def sees_all_of(viewer: Page, author: Page) -> bool:
    """Whether what the server told ``viewer`` of the author's canvas is what the author drew."""
    told = overheard(viewer).shown.get(overheard(author).seat)
    return told is not None and told.strokes == overheard(author).drawn.strokes


def press_and_move(page: Page) -> None:
    """Half a stroke: the pen stays down."""
    box = page.locator(OWN).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 60, box["y"] + 60)
    page.mouse.down()
    for step in range(1, 10):
        page.mouse.move(box["x"] + 60 + 10 * step, box["y"] + 60 + 7 * step)


def test_a_page_reloaded_in_mid_stroke_has_all_its_ink_and_draws_on(
    duel: tuple[Page, Page],
) -> None:
    host, guest = duel
    press_and_move(host)
    until(host, lambda: overheard(host).drawn.points >= 10 and overheard(host).is_stored)
    before = inked(host, OWN)
    category = prompt(host)

    host.reload()
    await_phase(host, "drawing")

    assert prompt(host) == category
    assert overheard(host).seat == 0
    until(host, lambda: sees_all_of(host, host))
    until(host, lambda: inked(host, OWN) > 0.8 * before)  # the end of a line under a pen differs
    host.mouse.up()
    draw(host, RISING)
    until(guest, lambda: overheard(host).is_stored and sees_all_of(guest, host))
    assert len(overheard(host).drawn.strokes) == 2
    assert complaints(host) == complaints(guest) == []


def test_ten_seconds_without_a_network_lose_no_ink_on_either_side(duel: tuple[Page, Page]) -> None:
    """Chromium's offline holds back what open sockets say and cuts none: a page must find out."""
    host, guest = duel
    draw(host, FALLING)
    until(host, lambda: overheard(host).is_stored)
    sockets = overheard(host).sockets

    host.context.set_offline(True)
    draw(host, RISING)
    draw(guest, RISING)
    status = host.get_by_test_id("connection")
    expect(status).not_to_have_attribute("data-state", "open", timeout=20_000)
    expect(status).not_to_be_empty()
    host.wait_for_timeout(10_000)
    assert len(overheard(guest).shown[0].strokes) == 1, "nothing came through"
    assert inked(host, OWN) > 0, "one's own drawing waits for nobody"
    host.context.set_offline(False)

    expect(status).to_have_attribute("data-state", "open", timeout=20_000)
    assert overheard(host).sockets > sockets
    assert phase(host) == "drawing"
    assert overheard(host).seat == 0
    until(host, lambda: overheard(host).is_stored and sees_all_of(host, guest))
    until(guest, lambda: sees_all_of(guest, host))
    assert len(overheard(host).drawn.strokes) == 2


def test_a_server_killed_in_mid_round_is_back_on_the_same_page_with_ink_and_score(
    browser: Browser, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    host, guest = open_page(browser), open_page(browser)
    heard = {page: Overheard(page) for page in (host, guest)}
    with whole_game(data) as first:
        address = urlsplit(first.url)
        begin(host, guest, first.url, ("Barbara", "Adele"), **LONG, deck=SURE)
        draw_prompt(host)
        until(guest, lambda: score(guest, 0) >= 100)
        draw(guest, FALLING)
        until(guest, lambda: heard[guest].is_stored)
        points, category = score(host, 0), prompt(guest)
        first.stop(signal.SIGKILL)
        for page in (host, guest):
            expect(page.get_by_test_id("connection")).not_to_have_attribute("data-state", "open")
        draw(guest, RISING)  # while nobody listens

    with whole_game(data, PORT=str(address.port)):
        for page in (host, guest):
            status = page.get_by_test_id("connection")
            expect(status).to_have_attribute("data-state", "open", timeout=1000 * BACK_S)
            assert phase(page) == "drawing"
        assert (heard[host].seat, heard[guest].seat) == (0, 1)
        assert score(host, 0) == score(guest, 0) == points
        assert prompt(guest) == category
        until(guest, lambda: heard[guest].is_stored, BACK_S)
        drawn = heard[guest].drawn.strokes
        assert len(drawn) == 2
        until(host, lambda: heard[host].shown[1].strokes == drawn)
        until(host, lambda: inked(host, RIVALS) > 20)
    for page in (host, guest):
        assert [each for each in complaints(page) if "WebSocket" not in each] == []
        page.context.close()


def test_a_second_tab_takes_the_seat_and_the_first_is_told_and_can_take_it_back(
    duel: tuple[Page, Page],
) -> None:
    host, guest = duel
    draw(host, FALLING)
    until(host, lambda: overheard(host).is_stored)
    second = host.context.new_page()
    second.goto(host.url)

    await_phase(second, "drawing")
    await_phase(host, "error")
    expect(host.locator("body")).to_contain_text("in another tab or on another device")
    until(second, lambda: inked(second, OWN) > 0)
    assert prompt(second)

    second_heard = Overheard(second)
    host.get_by_role("button", name="Play here instead").click()
    await_phase(host, "drawing")
    await_phase(second, "error")
    assert second_heard.sockets == 0, "it leaves the seat to the other"
    assert overheard(host).seat == 0
    draw(host, RISING)
    until(guest, lambda: overheard(host).is_stored and sees_all_of(guest, host))


def test_who_was_removed_is_told_and_cannot_come_straight_back(
    game: WholeGame, browser: Browser
) -> None:
    host, guest = open_page(browser), open_page(browser)
    code = create_room(host, game.url, "Radia")
    join_by_link(guest, game.url, code, "Mallory")
    host.on("dialog", lambda dialog: dialog.accept())
    host.get_by_role("button", name="Remove Mallory from the room").click()

    await_phase(guest, "error")
    expect(guest.locator("body")).to_contain_text("The host has removed you from this room")
    expect(host.get_by_test_id("standing-1")).to_have_count(0)
    guest.goto(f"{game.url}/r/{code}")
    if phase(guest) == "home":
        guest.get_by_test_id("join").click()
    await_phase(guest, "error")
    expect(guest.locator("body")).to_contain_text("The host has removed you from this room")
    expect(host.get_by_test_id("standing-1")).to_have_count(0)
