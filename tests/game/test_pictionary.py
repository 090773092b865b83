"""Pictionary by example: one draws, the others and the network guess."""

from __future__ import annotations

from typing import Any

import pytest

from game import commands as c
from game import events as e
from game import protocol as p
from game import view
from game.categories import CATEGORIES
from game.protocol import (
    COUNTDOWN_MS,
    DRAWER_KEPT_MS,
    GUESS_BURST,
    GUESS_PAUSE_MS,
    GUESS_TRIES,
    GUESS_WINDOW_MS,
    REVEAL_MS,
    SEAT_KEPT_MS,
    Code,
    Phase,
    Settings,
)
from game.room import next_due_ms
from game.scoring import WORTH
from game.state import RoomState
from tests.game.table import EIGHT, STROKE, Table, kinds, some_points


def table_of(people: int, **settings: Any) -> Table:
    """A turn in which seat 0 draws, of twenty seconds; everything is easy."""
    easy = [name for n, name in enumerate(CATEGORIES) if n % 3 == 0]
    return Table(people, mode="pictionary", custom=tuple(easy), **settings).pens_up()


def next_turn(table: Table) -> Table:
    table.tick(REVEAL_MS)
    table.tick(COUNTDOWN_MS)
    return table


def wrong(n: int = 0) -> str:
    """A guess that is far from right, another for each ``n``."""
    return f"zzzzzzzzzz {n}"


def drawers(table: Table) -> list[int]:
    return [
        seat for each in table.events if isinstance(each, e.RoundStarted) for seat in each.prompts
    ]


def told(table: Table, command: c.Command) -> list[view.Telling]:
    before: RoomState = table.state
    return table.told(table.do(command), before)


def heard(tellings: list[view.Telling], kind: type) -> list[tuple[int | None, Any]]:
    return [(each.seat, each.message) for each in tellings if isinstance(each.message, kind)]


# --- who draws, and when it ends -----------------------------------------------------------------


def test_it_takes_two_and_says_so() -> None:
    alone = Table(1, mode="pictionary")
    assert alone.refuse(c.StartGame(0)) is Code.TOO_FEW_PLAYERS


@pytest.mark.parametrize("bad", [{"players": 1}, {"rounds": 7}])
def test_its_settings_have_bounds_of_their_own(bad: dict[str, int]) -> None:
    changed = Settings(**{"mode": "pictionary", "rounds": 2, **bad})
    assert Table(1).refuse(c.ChangeSettings(0, changed)) is Code.SETTING_OUT_OF_BOUNDS


def test_everybody_draws_as_often_as_the_rounds_say_in_order_of_seats() -> None:
    table = table_of(3, rounds=2)
    for _ in range(6):
        assert view.phase(table.state, 0, table.now).rounds == 6
        table.tick(20_000)
        next_turn(table)
    assert drawers(table) == [0, 1, 2, 0, 1, 2]
    assert table.phase is Phase.GAME_OVER


def test_only_the_drawer_draws() -> None:
    table = table_of(2)
    ink = c.AddInk(1, 1, STROKE, some_points(), table.now)
    assert table.refuse(ink) is Code.NOT_DRAWING
    assert kinds(table.draw(0)) == ["InkAdded"]
    assert sorted(table.state.drawings) == [0]


def test_who_joins_late_guesses_at_once_and_draws_as_often_as_the_others_from_then_on() -> None:
    table = table_of(2, rounds=2)
    table.tick(20_000)
    next_turn(table)  # seat 1 draws, and seat 0 has drawn once
    table.join("Late")
    assert kinds(table.word(2, table.prompt)) == ["Solved"]
    for _ in range(4):
        table.tick(20_000)
        next_turn(table)
    assert drawers(table) == [0, 1, 0, 1, 2]
    assert table.phase is Phase.GAME_OVER


def test_who_is_away_when_it_is_their_turn_draws_once_they_are_back() -> None:
    table = table_of(3, rounds=1)
    table.do(c.Drop(1))
    table.tick(20_000)
    next_turn(table)
    table.join("Bob")
    table.tick(20_000)
    next_turn(table)
    assert drawers(table) == [0, 2, 1]


def test_what_became_of_every_guess_is_noted_and_the_drawer_may_be_erased() -> None:
    table = table_of(3)
    prompt = table.drawing(0).prompt
    table.tick(2_000)
    table.do(c.GuessWord(1, CATEGORIES[prompt], None, None, table.now))
    table.do(c.Erase("bob"))
    assert table.state.turn is not None
    assert table.state.turn.name == "Ada"
    table.tick(60_000)
    assert [[each.ms for each in seat.guessed] for seat in table.state.seats.values()] == [
        [],
        [None],
    ]
    table.do(c.Erase("ada"))
    assert table.state.turn.name == ""
    assert "Ada" not in repr(table.state)


def test_a_turn_ends_when_all_people_know_it() -> None:
    table = table_of(3)
    assert kinds(table.word(1, table.prompt)) == ["Solved"]
    assert kinds(table.word(2, table.prompt)) == ["Solved", "PensDown", "RoundEnded"]


def test_a_turn_that_ends_early_waits_for_the_frame_in_flight() -> None:
    table = table_of(2)
    table.draw(0)
    table.ask(0)
    table.tick(1_000)
    assert kinds(table.word(1, table.prompt)) == ["Solved", "PensDown"]
    assert kinds(table.draw(0)) == ["InkSkipped"]
    assert kinds(table.answer(0)) == ["Matched", "Guessed", "RoundEnded"]
    assert table.turn.beaten == 0, "the ink was there a second before the guess"


def test_the_network_knowing_it_does_not_end_the_turn_nor_stop_the_pen() -> None:
    table = table_of(2)
    assert kinds(table.match(0)) == ["Matched", "Guessed"]
    assert kinds(table.draw(0)) == ["InkAdded"]
    assert not table.drawing(0).wants_frame
    assert kinds(table.tick(20_000)) == ["PensDown", "RoundEnded"]


def test_a_turn_waits_a_moment_for_its_drawer_and_then_ends() -> None:
    table = table_of(3)
    table.do(c.Drop(0))
    assert next_due_ms(table.state) == table.now + DRAWER_KEPT_MS
    assert table.tick(DRAWER_KEPT_MS - 1) == []
    assert kinds(table.tick(1)) == ["PensDown", "RoundEnded"]
    assert table.state.seats[0].score == 0


def test_a_drawer_who_leaves_ends_the_turn_and_it_is_told_what_it_was() -> None:
    table = table_of(3)
    prompt = table.prompt
    table.word(1, prompt)
    tellings = told(table, c.Leave(0))
    (_, turn) = heard(tellings, p.Turn)[-1]
    assert (turn.drawer, turn.name, turn.category) == (None, "Ada", prompt)
    assert table.phase is Phase.REVEAL
    assert view.welcome(table.state, 1, table.now, 1).reveal is None
    assert kinds(table.tick(REVEAL_MS)) == ["RoundStarted"]


def test_a_drawer_who_leaves_before_the_pen_is_up_ends_the_turn_as_well() -> None:
    table = Table(3, mode="pictionary", rounds=1)
    table.start()
    table.do(c.Leave(0))
    assert kinds(table.tick(COUNTDOWN_MS)) == ["PensUp", "PensDown", "RoundEnded"]


def test_who_takes_the_seat_of_who_knew_it_knows_nothing() -> None:
    table = table_of(3)
    table.word(1, table.prompt)
    table.do(c.Leave(1))
    table.join("New")
    assert table.state.seats[1].name == "New"
    assert view.prompt(table.state, 1) is None
    assert kinds(table.word(1, table.prompt)) == ["Solved"]


def test_who_takes_the_drawers_seat_does_not_draw() -> None:
    table = table_of(3)
    table.draw(0)
    table.ask(0)
    table.tick(1_000)
    table.do(c.Leave(0))
    table.join("New")
    assert table.turn.drawer is None
    assert table.state.seats[0].score == 0


def test_one_player_left_over_ends_the_game_after_the_reveal() -> None:
    table = table_of(2)
    assert kinds(table.do(c.Leave(1))) == ["SeatLeft", "PensDown", "RoundEnded"]
    assert kinds(table.tick(REVEAL_MS)) == ["GameEnded"]


def test_nobody_waits_for_a_guesser_who_is_away_once_the_others_know_it() -> None:
    table = table_of(3)
    table.do(c.Drop(2))
    table.tick(1_000)
    table.word(1, table.prompt)
    assert next_due_ms(table.state) == table.now - 1_000 + DRAWER_KEPT_MS
    assert kinds(table.tick(DRAWER_KEPT_MS - 1_000)) == ["PensDown", "RoundEnded"]


def test_a_turn_does_not_end_because_all_who_guess_are_away_for_a_while() -> None:
    table = table_of(2)
    table.do(c.Drop(1))
    table.tick(DRAWER_KEPT_MS + 1)
    assert table.phase is Phase.DRAWING
    table.join("Bob")
    assert kinds(table.word(1, table.prompt)) == ["Solved", "PensDown", "RoundEnded"]


def test_a_restart_does_not_end_the_turn() -> None:
    table = table_of(3)
    table.word(1, table.prompt)
    table.do(c.Resume(table.now))
    assert table.phase is Phase.DRAWING


def test_everybody_gone_for_good_leads_back_to_the_lobby() -> None:
    table = table_of(2)
    for seat in (0, 1):
        table.do(c.Drop(seat))
    table.tick(SEAT_KEPT_MS)
    assert (table.phase, table.state.turn) == (Phase.LOBBY, None)


# --- points --------------------------------------------------------------------------------------


def test_a_guess_is_worth_less_the_later_it_arrives() -> None:
    table = table_of(3)
    early = table.guessing(1, table.prompt)
    table.tick(5_000)
    table.word(2, table.prompt)
    table.do(early)  # it waited in the server, which is not the player's fault
    assert table.state.seats[1].score == 1_000
    assert table.state.seats[2].score == 750
    assert [held.matches for held in table.state.seats.values()] == [0, 1, 1]


def test_more_time_to_draw_is_no_more_points_for_a_guess() -> None:
    """All guess until the drawer's time is up, so a guess is worth the same to all."""
    table = Table(3, mode="pictionary", custom=EIGHT, rounds=1)
    table.do(c.ExtendTime(0, 2, 2.0))
    table.pens_up().tick(10_000)
    table.word(1, table.prompt)
    table.word(2, table.prompt)
    worth = WORTH[view.reveal(table.state).drawings[0].level]
    assert table.state.seats[1].score == round(500 * worth)
    assert table.state.seats[2].score == round(500 * worth)


def test_what_a_page_claims_to_have_read_is_not_kept_unless_it_counts() -> None:
    table = table_of(2)
    table.word(1, table.prompt, category="x" * 16_000)
    assert table.turn.solved[1].category is None


def test_a_drawer_who_has_more_time_makes_a_longer_turn_for_all() -> None:
    table = Table(2, mode="pictionary", custom=EIGHT, rounds=1)
    table.do(c.ExtendTime(0, 0, 2.0))
    table.pens_up().tick(20_000)
    table.word(1, table.prompt)
    worth = WORTH[view.reveal(table.state).drawings[0].level]
    assert table.state.seats[1].score == round(500 * worth)


def test_the_drawer_earns_by_the_share_of_people_who_beat_the_network() -> None:
    table = table_of(4)
    table.word(1, table.prompt)
    table.tick(1_000)
    table.match(0)
    table.word(2, table.prompt)
    table.tick(19_000)
    assert (table.turn.beaten, table.turn.among, table.turn.points) == (1, 3, 333)
    assert table.state.seats[0].score == 333
    assert (table.state.machine_score, table.state.machine_matches) == (950, 1)


def test_a_network_that_never_knows_it_is_beaten_by_all_who_do() -> None:
    table = table_of(3)
    table.word(1, table.prompt)
    table.tick(20_000)
    assert table.state.seats[0].score == 500


def test_the_network_has_a_place_on_the_podium_and_no_points_in_a_race() -> None:
    table = table_of(2, rounds=1)
    table.match(0)
    table.word(1, table.prompt)
    next_turn(table)
    table.word(0, table.prompt)
    table.tick(REVEAL_MS)
    standings = view.game_over(table.state).standings
    assert [(row.seat, row.place) for row in standings] == [(1, 1), (0, 2), (None, 2)]
    assert standings[2].matches == 1
    table.do(c.Rematch(0))
    table.do(c.ChangeSettings(0, Settings()))
    table.pens_up()
    assert (table.state.machine_score, table.state.turn) == (0, None)


# --- guesses -------------------------------------------------------------------------------------


def test_a_page_may_read_the_guess_in_its_own_language() -> None:
    table = table_of(3)
    far = {"category": "not a category at all"}
    assert kinds(table.word(1, "xyz", **far)) == ["GuessMissed"]
    assert table.word(1, "xyz", nearly=table.prompt)[0] == e.GuessMissed(
        1, "xyz", close=True, hidden=True, arrived_ms=table.now
    )
    assert kinds(table.word(1, "xyz", category=table.prompt)) == ["Solved"]


def test_guesses_keep_the_pace_of_a_person() -> None:
    table = table_of(2, seconds=60)
    for n in range(GUESS_BURST):
        table.word(1, wrong(n))
    assert table.refuse(table.guessing(1, table.prompt)) is Code.GUESS_TOO_FAST
    table.now += GUESS_WINDOW_MS
    assert kinds(table.word(1, table.prompt))[0] == "Solved"


def test_many_wrong_guesses_bring_a_pause_each_time() -> None:
    table = table_of(2, seconds=60)
    for _ in range(2):
        for n in range(GUESS_TRIES):
            table.now += 1_000
            table.word(1, wrong(n))
        table.now += GUESS_PAUSE_MS - 1
        assert table.refuse(table.guessing(1, table.prompt)) is Code.GUESS_TOO_FAST
        table.now += 1
    assert kinds(table.word(1, table.prompt))[0] == "Solved"


@pytest.mark.parametrize(("text", "code"), [(" ", Code.CHAT_EMPTY), ("x" * 61, Code.CHAT_TOO_LONG)])
def test_a_guess_of_nothing_or_too_much_is_refused(text: str, code: Code) -> None:
    table = table_of(2)
    assert table.refuse(table.guessing(1, text)) is code


def test_nothing_is_guessed_by_the_drawer_twice_or_too_late() -> None:
    table = table_of(3)
    assert table.refuse(table.guessing(0, table.prompt)) is Code.NOT_GUESSING
    table.word(1, table.prompt)
    assert table.refuse(table.guessing(1, table.prompt)) is Code.NOT_GUESSING
    table.draw(0)
    table.tick(20_000)
    assert table.phase is Phase.JUDGING
    assert table.refuse(table.guessing(2, table.prompt)) is Code.NOT_GUESSING
    in_time = c.GuessWord(2, table.prompt, None, None, table.now - 1)
    assert kinds(table.do(in_time)) == ["Solved"]


def test_the_pace_of_guesses_survives_an_outage() -> None:
    table = table_of(2)
    for n in range(GUESS_BURST):
        table.word(1, wrong(n))
    stopped_ms = table.now
    table.now += 3_600_000
    table.do(c.Resume(stopped_ms))
    assert table.refuse(table.guessing(1, "more")) is Code.GUESS_TOO_FAST


# --- who hears what ------------------------------------------------------------------------------


def test_a_wrong_guess_is_talk_for_all() -> None:
    table = table_of(3)
    ((seat, said),) = heard(told(table, table.guessing(1, wrong())), p.ChatSaid)
    assert (seat, said.seat, said.kind) == (None, 1, "guess")


def test_a_near_miss_is_told_to_the_guesser_and_hidden_from_who_still_guesses() -> None:
    table = table_of(4)
    table.word(1, table.prompt)
    near = table.guessing(2, f"maybe {table.prompt}")
    said = {seat: message.kind for seat, message in heard(told(table, near), p.ChatSaid)}
    assert said == {2: "close", 0: "guess", 1: "guess"}
    far = table.guessing(2, f"one two three four five six {table.prompt}"[:60])
    said = {seat: message.kind for seat, message in heard(told(table, far), p.ChatSaid)}
    assert said == {2: "guess", 0: "guess", 1: "guess"}


def test_who_knows_it_is_told_what_it_was_and_what_the_network_sees() -> None:
    table = table_of(3)
    table.draw(0)
    table.ask(0)
    seen = heard(told(table, table.guess(0, table.wrong(0))), p.Guess)
    assert [seat for seat, _ in seen] == [0]
    prompt = table.prompt
    tellings = told(table, table.guessing(1, prompt))
    assert [(seat, m.category) for seat, m in heard(tellings, p.Prompt)] == [(1, prompt)]
    assert [seat for seat, _ in heard(tellings, p.Guess)] == [1]
    assert all(m.category is None for _, m in heard(tellings, p.Turn))
    table.draw(0)
    table.ask(0)
    tellings = told(table, table.guess(0))
    assert [seat for seat, _ in heard(tellings, p.Guess)] == [0, 1]
    assert not heard(tellings, p.Match), "a match would tell the category"
    ((_, turn),) = heard(tellings, p.Turn)
    assert [solve.seat for solve in turn.solves] == [1, None]
    for seat in (0, 1, 2):
        whole = view.welcome(table.state, seat, table.now, 1)
        assert whole.matches == ()
        assert whole.turn == turn
        assert (whole.prompt is None, whole.guess is None) == (seat == 2, seat == 2)


def test_solvers_talk_among_themselves_and_the_drawer_listens() -> None:
    table = table_of(4)
    table.word(1, table.prompt)
    said = heard(told(table, c.Say(1, "that was easy")), p.ChatSaid)
    assert [(seat, message.kind) for seat, message in said] == [(0, "aside"), (1, "aside")]


def test_what_is_said_by_who_still_guesses_is_a_guess() -> None:
    table = table_of(3)
    assert kinds(table.do(c.Say(1, "hello all"))) == ["GuessMissed"]
    assert kinds(table.do(c.Say(1, table.prompt))) == ["Solved"]


def test_the_drawer_is_silent_from_the_countdown_to_the_reveal() -> None:
    table = Table(2, mode="pictionary", rounds=1)
    table.start()
    assert table.refuse(c.Say(0, "hint")) is Code.DRAWER_SILENT
    assert kinds(table.do(c.Say(1, "go on"))) == ["Said"]
    table.tick(COUNTDOWN_MS)
    assert table.refuse(c.Say(0, "hint")) is Code.DRAWER_SILENT
    table.tick(20_000)
    ((seat, said),) = heard(told(table, c.Say(0, "that was hard")), p.ChatSaid)
    assert (seat, said.kind) == (None, "talk")


def test_nobody_tells_it_by_a_new_name() -> None:
    table = table_of(2)
    assert table.do(c.Rename(0, table.prompt)) == []
    table.tick(20_000)
    assert kinds(table.do(c.Rename(0, "Ann"))) == ["Renamed"]


def test_the_canvas_is_open_to_all_whatever_a_race_would_do() -> None:
    table = table_of(2, prompt="same")
    ink = some_points(2)
    (added,) = table.draw(0, ink)
    assert [points for *_, points in view.ink_told(added, table.state)] == [ink]
    assert [points for *_, points in view.ink_for(table.state, 1)] == [ink]
    ended = table.tick(20_000)[-1]
    assert view.ink_told(ended, table.state) == []


def test_the_turn_is_laid_open_with_what_the_drawer_earned() -> None:
    table = table_of(2)
    prompt = table.prompt
    tellings = told(table, table.guessing(1, prompt))
    (_, turn) = heard(tellings, p.Turn)[-1]
    assert (turn.category, turn.beaten, turn.points) == (prompt, 1, 1_000)
    ((_, reveal),) = heard(tellings, p.Reveal)
    assert [each.category for each in reveal.drawings] == [prompt]
