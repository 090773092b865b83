"""What one viewer may see. The search through random games is in ``test_invariants``."""

from typing import Any

import pytest

from game import commands as c
from game import events as e
from game import protocol as p
from game import view
from game.categories import CATEGORIES
from game.dynamics import Sign
from game.ink import Pen, stroke_of
from game.protocol import REVEAL_MS, Phase, Settings
from tests.game.table import EIGHT, STROKE, Table, some_points

A, B = some_points(2, 10), some_points(3, 20)


def messages(table: Table, command: c.Command, viewer: int | None = None) -> list[Any]:
    """What everybody, and ``viewer`` alone, is told because of ``command``."""
    before = table.state
    tellings = table.told(table.do(command), before)
    return [each.message for each in tellings if each.seat in {None, viewer}]


def welcome(table: Table, seat: int) -> p.Welcome:
    return view.welcome(table.state, seat, table.now, 7)


def named(table: Table, seat: int) -> str:
    return CATEGORIES[table.drawing(seat).prompt]


def test_a_newcomer_is_told_everything_they_may_know() -> None:
    table = Table(2).pens_up()
    table.tick(5_000)
    table.draw(0, A)
    told = welcome(table, 0)
    assert (told.offset, told.code, told.seat, told.batch) == (7, "BCDFG", 0, 1)
    assert [seat.name for seat in told.seats] == ["Ada", "Bob"]
    assert [seat.host for seat in told.seats] == [True, False]
    assert told.deck_size == 230
    assert told.phase == p.PhaseChanged(
        phase=Phase.DRAWING, round=1, rounds=6, ms_left=15_000, ms_total=20_000
    )
    assert told.prompt is not None
    assert told.prompt.category == named(table, 0)
    assert (told.guess, told.matches, told.reveal, told.game_over) == (None, (), None, None)


def test_a_room_at_rest_has_no_time_left() -> None:
    phase = welcome(Table(1), 0).phase
    assert (phase.ms_left, phase.ms_total) == (0, 0)


def test_time_left_is_never_less_than_none() -> None:
    table = Table(1)
    table.start()
    assert view.phase(table.state, 0, table.now + 99_999).ms_left == 0


def test_a_prompt_is_told_to_its_own_seat_at_the_countdown() -> None:
    table = Table(2)
    before = table.state
    tellings = table.told(table.start(), before)
    prompts = {t.seat: t.message for t in tellings if isinstance(t.message, p.Prompt)}
    assert set(prompts) == {0, 1}
    assert [prompts[seat].category for seat in (0, 1)] == [named(table, 0), named(table, 1)]


def test_a_guess_is_told_to_whoever_drew() -> None:
    table = Table(2).pens_up()
    table.draw(0)
    table.ask(0)
    table.now += 40
    wrong = table.wrong(0)
    before = table.state
    (telling,) = table.told(table.answer(0, wrong, 0.876543), before)
    assert telling.seat == 0
    guess = telling.message
    assert isinstance(guess, p.Guess)
    assert guess.top[0] == p.GuessView(category=CATEGORIES[wrong], p=0.8765)
    assert (guess.frame, guess.ms, len(guess.top)) == (1, 40, 5)
    assert welcome(table, 0).guess == guess
    assert welcome(table, 1).guess is None


def test_a_match_is_told_to_all_with_its_category() -> None:
    table = Table(3).pens_up()
    table.tick(2_000)
    table.draw(1)
    table.ask(1)
    match, seat, guess = messages(table, table.guess(1), 1)
    assert (match.seat, match.category, match.ms, match.place) == (1, named(table, 1), 2_000, 1)
    assert match.score == match.points == table.state.seats[1].score
    assert (seat.seat.matched, seat.seat.score) == (True, match.score)
    assert isinstance(guess, p.Guess)
    assert welcome(table, 0).matches == (match,)


def test_a_category_stays_secret_while_others_draw_the_same() -> None:
    table = Table(2, prompt="same").pens_up()
    table.draw(0)
    table.ask(0)
    match, *_ = messages(table, table.guess(0))
    assert match.category is None
    assert welcome(table, 1).matches[0].category is None


def test_a_category_stays_secret_while_another_seat_got_the_same_by_a_small_deck() -> None:
    """Sixteen seats and eight cards: two draw each, and the first must not tell the second's."""
    table = Table()
    table.join("Player 0")
    table.do(c.ChangeSettings(0, Settings(custom=EIGHT, players=16)))
    for n in range(1, 16):
        table.join(f"Player {n}")
    table.pens_up()
    twin = next(n for n in range(1, 16) if table.drawing(n).prompt == table.drawing(0).prompt)
    table.draw(0)
    table.ask(0)
    match, *_ = messages(table, table.guess(0))
    assert match.category is None
    table.draw(twin)
    table.ask(twin)
    match, *_ = messages(table, table.guess(twin))
    assert match.category == named(table, 0)


def test_places_go_by_when_the_ink_arrived_and_ties_share_one() -> None:
    table = Table(4).pens_up()
    table.draw(0)
    table.draw(1)
    table.tick(1_000)
    table.draw(2)
    for seat in (2, 1, 0):
        table.ask(seat)
        table.answer(seat)
    assert {match.seat: match.place for match in welcome(table, 0).matches} == {0: 1, 1: 1, 2: 3}


def test_a_round_is_laid_open_in_order_of_places_then_of_seats() -> None:
    table = Table(3).pens_up()
    table.tick(1_000)
    table.draw(2, A)
    table.draw(2, B)
    table.ask(2)
    table.answer(2)
    before = table.state
    tellings = table.told(table.tick(19_000), before)
    reveal = next(t.message for t in tellings if isinstance(t.message, p.Reveal))
    assert [each.seat for each in reveal.drawings] == [2, 0, 1]
    first, second, _ = reveal.drawings
    assert (first.name, first.category) == ("Cyd", named(table, 2))
    assert (first.matched_ms, first.place, first.giveaway) == (1_000, 1, 1)
    assert first.curve == ((1_000, 0.9),)
    assert first.top[0].category == first.category
    assert (second.matched_ms, second.place, second.giveaway) == (None, None, None)
    assert (second.points, second.top) == (0, ())
    assert all(t.seat is None for t in tellings)
    assert welcome(table, 0).reveal == reveal


def test_the_reveal_of_a_round_everybody_left_is_none_at_all() -> None:
    table = Table(1).pens_up()
    table.join("Late")
    table.do(c.Leave(0))
    assert table.phase is Phase.REVEAL
    assert welcome(table, 1).reveal is None


def test_the_podium_has_the_best_first_and_ties_share_a_place() -> None:
    table = Table(3, rounds=1).pens_up()
    table.match(1)
    table.tick(20_000)
    before = table.state
    tellings = table.told(table.tick(REVEAL_MS), before)
    podium = next(t.message for t in tellings if isinstance(t.message, p.GameOver))
    assert [(row.seat, row.place) for row in podium.standings] == [(1, 1), (0, 2), (2, 2)]
    assert podium.standings[0].matches == 1
    assert welcome(table, 2).game_over == podium
    assert welcome(table, 2).reveal is not None


def test_a_late_joiner_watches_and_has_no_prompt() -> None:
    table = Table(1).pens_up()
    table.draw(0, A)
    table.join("Late")
    told = welcome(table, 1)
    assert (told.prompt, told.seats[1].playing) == (None, False)
    assert view.ink_for(table.state, 1) == [(0, STROKE, A)]


def test_a_player_who_is_away_or_gone_is_shown_so() -> None:
    table = Table(2)
    (away,) = messages(table, c.Drop(1))
    assert away.seat.state == "away"
    (gone,) = messages(table, c.Leave(1))
    assert (gone.seat.seat, gone.seat.state) == (1, "gone")


def test_a_new_host_is_told_of_and_the_old_one_is_gone() -> None:
    table = Table(2)
    gone, host = messages(table, c.Leave(0))
    assert (gone.seat.state, gone.seat.host) == ("gone", False)
    assert (host.seat.seat, host.seat.host) == (1, True)


def test_news_is_told_of_and_what_is_none_is_not() -> None:
    table = Table(2)
    (said,) = messages(table, c.Say(1, "<i>hello</i>"))
    assert (said.seat, said.name, said.text) == (1, "Bob", "<i>hello</i>")
    (renamed,) = messages(table, c.Rename(1, "Ben"))
    assert renamed.seat.name == "Ben"
    changed = Settings(custom=EIGHT)
    assert messages(table, c.ChangeSettings(0, changed)) == [
        p.SettingsChanged(settings=changed, deck_size=8)
    ]
    assert messages(table, c.Join("bob", "Bob")) == []


def test_ink_alone_is_no_message() -> None:
    table = Table(1).pens_up()
    assert messages(table, c.AddInk(0, 1, STROKE, A, table.now), 0) == []


def test_an_answer_of_a_network_that_sees_nothing_yet_is_none() -> None:
    table = Table(1).pens_up()
    event = e.Guessed(0, 1, (), 0.0, table.now)
    assert view.tell(event, table.state, table.state, table.now) == []


def test_ready_is_shown_and_forgotten_with_the_next_round() -> None:
    table = Table(2).pens_up()
    table.tick(20_000)
    (ready,) = messages(table, c.MarkReady(1))
    assert ready.seat.ready
    table.now += REVEAL_MS
    phase, *seats = messages(table, c.Tick())
    assert phase.phase is Phase.COUNTDOWN
    assert not any(each.seat.ready for each in seats if isinstance(each, p.SeatChanged))


def phases(table: Table, command: c.Command) -> list[tuple[int | None, p.Phase, int, int]]:
    """Whom ``command`` makes hear of a phase, which, and its times."""
    before = table.state
    return [
        (t.seat, t.message.phase, t.message.ms_left, t.message.ms_total)
        for t in table.told(table.do(command), before)
        if isinstance(t.message, p.PhaseChanged)
    ]


def test_each_seat_is_told_its_own_time_where_they_differ() -> None:
    table = Table(3)
    table.do(c.ExtendTime(0, 1, 2.0))
    table.start()
    table.now += 3_000
    own, longer = (Phase.DRAWING, 20_000, 20_000), (Phase.DRAWING, 40_000, 40_000)
    assert phases(table, c.Tick()) == [(0, *own), (1, *longer), (2, *own)]
    assert view.phase(table.state, 9, table.now).ms_total == 40_000, "who watches sees the longest"
    table.now += 20_000
    over = (Phase.JUDGING, 20_000, 40_000)
    assert phases(table, c.Tick()) == [(0, *over), (2, *over)]
    assert welcome(table, 1).phase.phase is Phase.DRAWING
    table.now += 20_000
    assert [seat for seat, *_ in phases(table, c.Tick())] == [None, None]


def test_all_are_told_when_nobody_has_to_wait_for_a_slower_seat_any_more() -> None:
    table = Table(3)
    table.do(c.ExtendTime(0, 1, 2.0))
    table.pens_up()
    table.match(0)
    table.draw(1)
    table.ask(1)
    assert phases(table, table.guess(1)) == [(None, Phase.DRAWING, 20_000, 20_000)]


def test_places_go_by_the_share_of_ones_own_time() -> None:
    table = Table(2)
    table.do(c.ExtendTime(0, 1, 2.0))
    table.pens_up()
    table.tick(6_000)
    table.match(0)
    table.tick(5_000)
    table.match(1)
    assert {match.seat: match.place for match in welcome(table, 0).matches} == {0: 2, 1: 1}


LEAPS = stroke_of((n % 2 * 60_000, 30_000, 16 if n else 0) for n in range(8))


def test_ink_like_a_scripts_is_told_to_the_host_only_and_to_the_next_host() -> None:
    table = Table(3, rounds=1).pens_up()
    table.draw(1, LEAPS)
    table.ask(1)
    before = table.state
    tellings = table.told(table.answer(1), before)
    doubt = p.Doubt(seat=1, signs=(Sign.HURRY, Sign.TELEPORT))
    assert [each.seat for each in tellings if isinstance(each.message, p.Doubts)] == [0]
    assert [welcome(table, seat).doubts for seat in range(3)] == [(doubt,), (), ()]

    handed_over = messages(table, c.HandOver(0, 2), 2)
    assert p.Doubts(doubts=(doubt,)) in handed_over
    assert [welcome(table, seat).doubts for seat in range(3)] == [(), (), (doubt,)]
    assert not [m for m in messages(table, c.Say(0, "hm")) if isinstance(m, p.Doubts)]
    assert p.Doubts(doubts=()) in messages(table, c.Leave(1), 2), "nobody is left to doubt"


def test_a_new_game_starts_without_doubts() -> None:
    table = Table(2, rounds=1).pens_up()
    table.draw(1, LEAPS)
    table.ask(1)
    table.answer(1)
    table.match(0)
    table.tick(REVEAL_MS)
    assert not [m for m in messages(table, c.Rematch(0), 0) if isinstance(m, p.Doubts)]
    assert p.Doubts(doubts=()) in messages(table, c.StartGame(0), 0)


def test_a_locked_door_is_told_of() -> None:
    table = Table(2)
    assert messages(table, c.Lock(0, locked=True)) == [p.LockChanged(locked=True)]
    assert welcome(table, 1).locked
    (seat,) = messages(table, c.ExtendTime(0, 1, 1.5))
    assert seat.seat.time == 1.5


# --- ink -----------------------------------------------------------------------------------------


def shown(table: Table, command: c.Command) -> list[view.InkEntry]:
    entries: list[view.InkEntry] = []
    for event in table.do(command):
        entries += view.ink_told(event, table.state)
    return entries


def test_ink_is_relayed_as_it_came() -> None:
    table = Table(2).pens_up()
    now = table.now
    assert shown(table, c.AddInk(0, 1, Pen.STARTS, A, now)) == [(0, Pen.STARTS, A)]
    assert shown(table, c.UndoStroke(0, 2, now)) == [(0, Pen.UNDO, b"")]
    table.draw(0, B)
    assert shown(table, c.ClearCanvas(0, 4, now)) == [(0, Pen.CLEAR, b"")]
    assert shown(table, c.Say(0, "hello")) == []


def test_whoever_comes_in_sees_strokes_and_can_follow_the_one_still_drawn() -> None:
    table = Table(2).pens_up()
    table.draw(0, A)
    table.draw(0, B, Pen.STARTS)
    assert view.ink_for(table.state, 1) == [(0, STROKE, A), (0, Pen.STARTS, B)]


@pytest.mark.parametrize("viewer", [0, 1])
def test_canvases_of_the_same_prompt_are_hidden_until_the_reveal(viewer: int) -> None:
    table = Table(2, prompt="same").pens_up()
    assert shown(table, c.AddInk(0, 1, STROKE, A, table.now)) == []
    assert shown(table, c.AddInk(1, 1, STROKE, B, table.now)) == []
    assert shown(table, c.UndoStroke(1, 2, table.now)) == []
    table.draw(1, B, Pen.STARTS)
    assert (
        view.ink_for(table.state, viewer)
        == [
            [(0, STROKE, A)],
            [(1, Pen.STARTS, B)],
        ][viewer]
    )
    table.now += 20_000
    assert shown(table, c.Tick()) == []
    table.now += 6_000
    assert shown(table, c.Tick()) == [(0, STROKE, A), (1, STROKE, B)]
    assert view.ink_for(table.state, viewer)[0] == (0, STROKE, A)
    assert len(view.ink_for(table.state, viewer)) == 2
