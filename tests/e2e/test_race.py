"""People in browsers play a race: the whole game, from a link to the podium."""

from __future__ import annotations

import re

import httpx
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import (
    await_phase,
    complaints,
    draw,
    inked,
    open_page,
    phase,
)
from tests.support.match import (
    HARD_TO_FIND,
    begin,
    choose_rules,
    create_room,
    draw_prompt,
    join_by_link,
    press_ready,
    prompt,
    score,
    until,
)
from tests.support.overheard import Overheard
from tests.support.whole_game import WholeGame


def test_two_players_race_three_rounds_with_matches_scores_and_a_podium(
    game: WholeGame, browser: Browser
) -> None:
    desktop, phone = open_page(browser), open_page(browser, phone=True)
    code = create_room(desktop, game.url, "Hypatia")
    join_by_link(phone, game.url, code, "Emmy")
    choose_rules(desktop, rounds=3, seconds=60)
    desktop.get_by_test_id("start").click()

    matched: set[str] = set()
    for number in range(1, 4):
        for page in (desktop, phone):
            await_phase(page, "drawing")
        assert prompt(desktop) != prompt(phone), "prompts are each player's own"
        drawn = {draw_prompt(desktop), draw_prompt(phone, touch=True)}
        for page in (desktop, phone):
            await_phase(page, "reveal", within_s=75)  # if the network did not see it
        reveal = desktop.get_by_test_id("reveal")
        for category in drawn:
            expect(reveal).to_contain_text(re.compile(category, re.IGNORECASE))
        for name in ("Hypatia", "Emmy"):
            expect(reveal).to_contain_text(name)
        matched |= drawn
        assert phase(phone) == "reveal", f"both see the reveal of round {number}"
        for page in (desktop, phone):
            _explains(page)
            press_ready(page)

    for page in (desktop, phone):
        await_phase(page, "game_over")
        podium = page.get_by_test_id("podium")
        expect(podium).to_contain_text("Hypatia")
        expect(podium).to_contain_text("Emmy")
        _remembers(page)
    rows = httpx.get(f"{game.url}/api/leaderboard").json()["rows"]
    board = {row["name"]: row for row in rows}  # no other test's players have these names
    for name in ("Hypatia", "Emmy"):
        assert board[name]["games"] == 1
        assert board[name]["matches"] >= 2, "nearly everything drawn was recognised"
        assert board[name]["points"] >= 100 * board[name]["matches"]
    assert board["Hypatia"]["points"] + board["Emmy"]["points"] > 1500

    desktop.get_by_test_id("rematch").click()
    for page in (desktop, phone):
        await_phase(page, "lobby")
    assert complaints(desktop) == []
    assert complaints(phone) == []


def _explains(page: Page) -> None:
    """The reveal has both drawings, each with its curve and what gave it away."""
    sheets = page.get_by_test_id("reveal").locator(".sheet")
    expect(sheets).to_have_count(2)
    expect(sheets.locator("svg.curve")).to_have_count(2)
    known = page.get_by_test_id("reveal").locator(".sheet.matched")
    expect(known.locator("svg.curve .giveaway")).to_have_count(known.count())


def _remembers(page: Page) -> None:
    """The end has the best moments, to look at and to take along."""
    moments = page.get_by_test_id("moments")
    expect(moments.locator(".sheet").first).to_contain_text("Fastest pencil")
    until(page, lambda: inked(page, "[data-testid=moments] canvas") > 50)
    moments.get_by_test_id("save").first.click()
    expect(moments.get_by_test_id("save-png").first).to_be_visible()


def test_a_match_is_celebrated_at_once_and_shown_to_the_rival(
    game: WholeGame, browser: Browser
) -> None:
    phone, quick = open_page(browser, phone=True), open_page(browser)
    begin(phone, quick, game.url, ("Barbara", "Edsger"), rounds=1, seconds=90)
    category = prompt(quick)
    standings = phone.locator("[data-testid=rivals] li")
    expect(standings.first).to_contain_text("Barbara")

    draw_prompt(quick)
    until(quick, lambda: category in quick.get_by_test_id("thought").inner_text().lower())
    until(phone, lambda: score(phone, 1) >= 100)

    assert phase(phone) == "drawing", "the round goes on for the other"
    assert score(quick, 1) == score(phone, 1)
    expect(standings.first).to_contain_text("Edsger")
    expect(standings.first.locator(".when")).to_have_text(re.compile(r"^\d+\.\d\ss$"))
    standings.first.get_by_role("button").tap()
    expect(phone.locator(".close-up .verdict")).to_contain_text("Got it in")
    until(phone, lambda: inked(phone, ".close-up canvas") > 50)


def test_a_rival_sees_ink_as_it_is_drawn_and_undone(game: WholeGame, browser: Browser) -> None:
    host, guest = open_page(browser), open_page(browser)
    names = ("Alan", "Alonzo")
    begin(host, guest, game.url, names, rounds=1, seconds=60, deck=HARD_TO_FIND, among_deck=False)

    rivals = "[data-testid=rivals] canvas"
    assert not inked(guest, rivals)
    draw(host, [[(20, 250), (250, 20)]])
    until(guest, lambda: inked(guest, rivals) > 20)
    host.get_by_test_id("undo").click()
    until(guest, lambda: not inked(guest, rivals))


def test_solo_needs_no_name_and_six_drawings_are_offered(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser, phone=True)
    page.goto(game.url)
    page.get_by_test_id("play-solo").click()
    await_phase(page, "countdown", "drawing")
    assert prompt(page)
    expect(page.locator("body")).to_contain_text("of 6")
    assert complaints(page) == []


def test_a_reload_in_mid_round_keeps_seat_prompt_and_ink(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    overheard = Overheard(page)
    create_room(page, game.url, "Katherine")
    choose_rules(page, rounds=1, seconds=60, deck=HARD_TO_FIND, among_deck=False)
    page.get_by_test_id("start").click()
    await_phase(page, "drawing")
    category = prompt(page)
    draw(page, [[(20, 250), (250, 20)]])
    until(page, lambda: overheard.is_stored)

    page.reload()
    await_phase(page, "drawing")

    assert prompt(page) == category
    until(page, lambda: inked(page, "[data-testid=canvas]") > 50)


def test_an_unknown_room_is_explained_and_leads_home(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    page.goto(f"{game.url}/r/ZZZZZ")
    until(page, lambda: phase(page) in ("home", "error"))
    expect(page.locator("body")).to_contain_text("There is no room with this code")
    expect(page.get_by_test_id("join")).to_be_hidden()
    expect(page.get_by_test_id("elsewhere")).to_be_visible()


def test_a_name_with_markup_is_shown_as_typed(game: WholeGame, browser: Browser) -> None:
    page = open_page(browser)
    create_room(page, game.url, "<b onclick=x>Eve</b>")
    expect(page.get_by_test_id("standing-0")).to_contain_text("<b onclick=x>Eve</b>")
    assert page.locator("b[onclick]").count() == 0
