"""Two people and the machine at a table: pictionary, on a desktop and on a phone."""

from __future__ import annotations

import re

from playwright.sync_api import Browser, Page, expect

from tests.support.axe import violations
from tests.support.browser import await_phase, complaints, draw, inked, open_page, phase
from tests.support.match import (
    HARD_TO_FIND,
    choose_rules,
    create_room,
    join_by_link,
    press_ready,
    prompt,
    until,
)
from tests.support.sticking_out import cut_off
from tests.support.whole_game import WholeGame

_LINE = [[(20.0, 250.0), (250.0, 20.0)]]


def _room(game: WholeGame, host: Page, guest: Page, names: tuple[str, str]) -> None:
    """A room that plays pictionary, once each."""
    code = create_room(host, game.url, names[0])
    join_by_link(guest, game.url, code, names[1])
    host.get_by_test_id("preset-pictionary").click()
    expect(host.get_by_test_id("mode-pictionary")).to_be_checked()
    choose_rules(host, rounds=1, seconds=120, deck=HARD_TO_FIND, among_deck=False)


def _answer(page: Page) -> str:
    return page.get_by_test_id("answer").inner_text().strip()


def test_two_take_turns_and_each_guesses_what_the_other_draws(
    game: WholeGame, browser: Browser
) -> None:
    desktop, phone = open_page(browser), open_page(browser, phone=True)
    _room(game, desktop, phone, ("Frida", "Pablo"))
    desktop.get_by_test_id("start").click()

    for page in (desktop, phone):
        await_phase(page, "drawing")
    drawn = prompt(desktop)
    assert _answer(phone) == ""
    draw(desktop, _LINE)
    until(phone, lambda: inked(phone, "[data-testid=seen]") > 20)
    expect(phone.get_by_test_id("machine-status")).to_contain_text("still puzzling")
    guess = phone.get_by_test_id("guess")
    guess.fill("no idea")
    guess.press("Enter")
    expect(desktop.get_by_test_id("talk")).to_contain_text("no idea")
    expect(guess).to_be_focused()  # the keyboard of the phone stays
    expect(guess).to_have_value("")
    guess.fill(f"some {drawn}")
    guess.press("Enter")
    expect(phone.get_by_test_id("talk")).to_contain_text("Close!")
    guess.fill(f"The {drawn.removesuffix('s')}s")  # one of the prompts is peas
    phone.get_by_role("button", name="Guess").tap()
    for page in (desktop, phone):
        await_phase(page, "reveal")
        expect(page.get_by_role("heading", level=1)).to_contain_text(
            re.compile(drawn, re.IGNORECASE)
        )
        expect(page.get_by_test_id("solves")).to_contain_text("Pablo")
        expect(page.get_by_test_id("ready")).to_contain_text("Next turn")
        press_ready(page)

    for page in (desktop, phone):
        await_phase(page, "drawing")
    drawn = prompt(phone)
    draw(phone, _LINE, touch=True)
    expect(desktop.get_by_test_id("guess")).to_be_focused()  # keys are all it takes from here
    desktop.keyboard.type(drawn.upper())
    desktop.keyboard.press("Enter")
    for page in (desktop, phone):
        await_phase(page, "reveal")
        press_ready(page)
    for page in (desktop, phone):
        await_phase(page, "game_over")
        podium = page.get_by_test_id("podium")
        expect(podium).to_contain_text("Frida")
        expect(podium).to_contain_text("Inkling")
        assert complaints(page) == []


def test_a_guesser_who_reloads_goes_on_where_they_were(game: WholeGame, browser: Browser) -> None:
    host, guest = open_page(browser), open_page(browser, phone=True)
    _room(game, host, guest, ("Georgia", "Egon"))
    host.get_by_test_id("start").click()
    for page in (host, guest):
        await_phase(page, "drawing")
    draw(host, _LINE)
    until(guest, lambda: inked(guest, "[data-testid=seen]") > 20)
    guest.reload()
    await_phase(guest, "drawing")
    until(guest, lambda: inked(guest, "[data-testid=seen]") > 20)
    assert _answer(guest) == ""
    guest.get_by_test_id("guess").fill(prompt(host))
    guest.get_by_test_id("guess").press("Enter")
    await_phase(guest, "reveal")


def test_four_at_a_table_solve_it_one_by_one_and_those_who_know_talk_apart(
    game: WholeGame, browser: Browser
) -> None:
    pages = [open_page(browser, phone=phone) for phone in (False, False, True, True)]
    host, solver, second, other = pages
    for page in pages:
        page.emulate_media(reduced_motion="reduce")
    _room(game, host, solver, ("Gerda", "Joan"))
    for page, name in ((second, "Yayoi"), (other, "Jean")):
        join_by_link(page, game.url, host.url.rsplit("/", 1)[-1], name)
    host.get_by_test_id("start").click()
    for page in pages:
        await_phase(page, "drawing")
    solver.get_by_test_id("guess").fill(prompt(host))
    solver.get_by_test_id("guess").press("Enter")
    expect(solver.get_by_test_id("won")).to_have_text(re.compile(r"^\+[\d,]+$"))
    expect(solver.get_by_test_id("won")).to_be_visible()
    expect(other.get_by_role("status").filter(has_text="Joan")).to_have_count(1)
    expect(other.get_by_test_id("won")).to_be_hidden()

    second.get_by_test_id("guess").fill(prompt(host))
    second.get_by_role("button", name="Guess").tap()
    expect(second.get_by_test_id("won")).to_be_visible()
    expect(second.get_by_test_id("guess")).to_have_value("")
    second.get_by_test_id("guess").fill("That was easy")
    second.get_by_role("button", name="Send").tap()
    expect(solver.get_by_test_id("talk")).to_contain_text("That was easy")
    for page in (solver, second):
        assert violations(page) == []
        assert cut_off(page) == []
        assert _is_in_view(page, "guess")
        assert _is_in_view(page, "answer")

    for number in range(5):  # a script would try them all
        other.get_by_test_id("guess").fill(f"what {number}")
        other.get_by_test_id("guess").press("Enter")
    expect(other.get_by_test_id("toast")).to_contain_text("One guess at a time")
    expect(other.get_by_test_id("talk")).not_to_contain_text("That was easy")
    assert phase(other) == "drawing"
    for page in pages:
        assert complaints(page) == []
        page.context.close()


def _is_in_view(page: Page, testid: str) -> bool:
    box = page.get_by_test_id(testid).bounding_box()
    assert box is not None
    assert page.viewport_size is not None
    return box["y"] >= 0 and box["y"] + box["height"] <= page.viewport_size["height"]


def test_in_another_language_its_own_words_count(game: WholeGame, browser: Browser) -> None:
    host = open_page(browser)
    guest = browser.new_context(locale="de-AT").new_page()
    _room(game, host, guest, ("Paula", "Käthe"))
    host.get_by_test_id("start").click()
    for page in (host, guest):
        await_phase(page, "drawing")
    german = (
        "Cello",
        "Saxofon",
        "Geige",
        "Bulldozer",
        "Krokodil",
        "Harfe",
        "Waschbär",
        "Erbsen",
    )
    ours = dict(zip(HARD_TO_FIND, german, strict=True))
    guess = guest.get_by_test_id("guess")
    guess.fill(ours[prompt(host)])
    guess.press("Enter")
    await_phase(guest, "reveal")


def test_a_host_locks_hands_over_and_gives_time(game: WholeGame, browser: Browser) -> None:
    host, guest, late = open_page(browser), open_page(browser, phone=True), open_page(browser)
    code = create_room(host, game.url, "Berthe")
    join_by_link(guest, game.url, code, "Mary")
    host.get_by_test_id("lock").check()
    expect(guest.get_by_text("The room is locked")).to_be_visible()
    late.goto(f"{game.url}/r/{code}")
    late.get_by_test_id("name").fill("Late")
    late.get_by_test_id("join").click()
    expect(late.get_by_text("Ask the host to open it")).to_be_visible()
    host.get_by_test_id("favours-1").locator("summary").click()
    host.get_by_test_id("time-1").select_option("2")
    expect(guest.get_by_test_id("standing-1")).to_contain_text("the time")
    host.on("dialog", lambda dialog: dialog.accept())
    host.get_by_test_id("host-1").click()
    expect(guest.get_by_test_id("start")).to_be_visible()
    expect(host.get_by_test_id("start")).to_be_hidden()


def test_axe_finds_no_violation_at_the_table(game: WholeGame, browser: Browser) -> None:
    desktop, phone = open_page(browser, dark=True), open_page(browser, phone=True)
    for page, scheme in ((desktop, "dark"), (phone, "light")):
        page.emulate_media(
            reduced_motion="reduce", color_scheme="dark" if scheme == "dark" else "light"
        )
    found: dict[str, list[str]] = {}
    _room(game, desktop, phone, ("Sonia", "Wassily"))
    desktop.get_by_test_id("favours-1").locator("summary").click()
    found["lobby"] = violations(desktop)
    desktop.get_by_test_id("start").click()
    for number in (1, 2):
        for page in (desktop, phone):
            await_phase(page, "drawing")
        drawer, guesser = (desktop, phone) if number == 1 else (phone, desktop)
        guesser.get_by_test_id("guess").fill("no idea")
        guesser.get_by_test_id("guess").press("Enter")
        guesser.get_by_test_id("guess").fill(f"some {prompt(drawer)}")
        guesser.get_by_test_id("guess").press("Enter")
        expect(drawer.get_by_test_id("talk")).to_contain_text("some")
        found[f"drawer {number}"] = violations(drawer)
        found[f"guesser {number}"] = violations(guesser)
        assert phase(guesser) == "drawing"
        guesser.get_by_test_id("guess").fill(prompt(drawer))
        guesser.get_by_test_id("guess").press("Enter")
        await_phase(guesser, "reveal")
        found[f"reveal {number}"] = violations(guesser)
        for page in (desktop, phone):
            press_ready(page)
    await_phase(desktop, "game_over")
    found["podium"] = violations(desktop)
    assert {name: each for name, each in found.items() if each} == {}
