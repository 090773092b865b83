"""From a pen to points."""

import pytest

from game import commands as c
from game import events as e
from game.deck import level_of
from game.dynamics import Sign
from game.ink import BLANK, HAIR, Ink, Pen, stroke_of
from game.protocol import (
    FRAME_LOST_MS,
    MAX_BATCH,
    MAX_BATCH_POINTS,
    MAX_POINTS,
    MAX_STROKES,
    REVEAL_MS,
    Code,
    Error,
    Phase,
)
from game.scoring import points
from tests.game.table import EIGHT, STROKE, Table, distribution, kinds, some_points

A, B = some_points(2, 10), some_points(3, 20)
GOES_ON = Pen(0)


def test_ink_is_added_in_the_order_of_its_arrival() -> None:
    table = Table(1).pens_up()
    table.draw(0, A, Pen.STARTS)
    table.draw(0, B, Pen.ENDS)
    assert table.drawing(0).ink == Ink((A + B,))
    assert table.state.seats[0].batch == 2


@pytest.mark.parametrize("batch", [0, 1, 6, 7])
def test_a_batch_not_above_the_last_one_changes_nothing(batch: int) -> None:
    table = Table(1).pens_up()
    table.draw(0, A, batch=7)
    before = table.state
    assert table.draw(0, B, batch=batch) == []
    assert table.do(c.UndoStroke(0, batch, table.now)) == []
    assert table.do(c.ClearCanvas(0, batch, table.now)) == []
    assert table.state is before


def test_numbers_of_batches_may_be_left_out() -> None:
    table = Table(1).pens_up()
    table.draw(0, A, batch=7)
    table.draw(0, B, batch=MAX_BATCH)
    assert table.state.seats[0].batch == MAX_BATCH


def test_a_number_that_no_acknowledgement_could_name_is_refused() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    for kind in (c.UndoStroke, c.ClearCanvas):
        assert table.refuse(kind(0, MAX_BATCH + 1, table.now)) is Code.INK_MALFORMED


def _filled() -> Table:
    """A table whose only drawing has no place for another point; the pen is down."""
    table = Table(1).pens_up()
    for _ in range(MAX_POINTS // MAX_BATCH_POINTS):
        table.draw(0, some_points(MAX_BATCH_POINTS), GOES_ON)
    return table


def test_a_drawing_holds_so_many_points_and_what_is_beyond_is_cut_off() -> None:
    table = Table(1).pens_up()
    table.draw(0, some_points(10), Pen.STARTS)
    for _ in range(MAX_POINTS // MAX_BATCH_POINTS - 1):
        table.draw(0, some_points(MAX_BATCH_POINTS), GOES_ON)
    assert kinds(table.draw(0, some_points(MAX_BATCH_POINTS), GOES_ON)) == [
        "InkAdded",
        "CanvasFilled",
    ]
    assert table.drawing(0).ink.points == MAX_POINTS
    assert not table.drawing(0).ink.pen_down, "the stroke ends where the canvas is full"


@pytest.mark.parametrize("points_", [b"", some_points(1), some_points(MAX_BATCH_POINTS)])
def test_a_full_drawing_takes_nothing_until_something_is_taken_back(points_: bytes) -> None:
    table = _filled()
    assert kinds(table.draw(0, A, GOES_ON)) == ["InkAdded", "CanvasFilled"]
    ink, batch = table.drawing(0).ink, table.state.seats[0].batch
    assert table.draw(0, points_) == [e.InkSkipped(0, batch + 1)], "dealt with, and said once"
    assert table.drawing(0).ink == ink
    table.do(c.ClearCanvas(0, None, table.now))
    assert kinds(table.draw(0)) == ["InkAdded"]


def test_whose_drawing_is_full_is_told_once_and_nobody_else() -> None:
    table = _filled()
    before = table.state
    told = table.told(table.draw(0, A, GOES_ON), before)
    before = table.state
    told += table.told(table.draw(0, A, GOES_ON), before)
    (telling,) = told
    assert telling.seat == 0
    assert isinstance(telling.message, Error)
    assert telling.message.code is Code.INK_FULL


def test_a_drawing_holds_so_many_strokes_and_the_last_one_may_go_on() -> None:
    table = Table(1).pens_up()
    for _ in range(MAX_STROKES - 1):
        table.draw(0, some_points(1))
    table.draw(0, some_points(1), Pen.STARTS)
    assert kinds(table.draw(0, A, Pen(0))) == ["InkAdded"]
    assert kinds(table.draw(0, B, Pen.STARTS)) == ["InkAdded", "CanvasFilled"]
    assert table.drawing(0).ink.strokes[-1] == some_points(1) + A
    assert kinds(table.draw(0, B, GOES_ON)) == ["InkSkipped"], "the rest of a stroke too many"
    table.do(c.UndoStroke(0, None, table.now))
    assert kinds(table.draw(0)) == ["InkAdded"]


@pytest.mark.parametrize("kind", [c.UndoStroke, c.ClearCanvas])
def test_there_is_nothing_to_take_back_on_a_blank_canvas(
    kind: type[c.UndoStroke | c.ClearCanvas],
) -> None:
    table = Table(1).pens_up()
    assert table.do(kind(0, None, table.now)) == []
    assert table.do(kind(0, 1, table.now)) == [e.InkSkipped(0, 1)]
    assert table.state.seats[0].batch == 1


def test_undo_takes_a_stroke_and_clear_takes_all() -> None:
    table = Table(1).pens_up()
    for points_ in (A, B, A):
        table.draw(0, points_)
    table.do(c.UndoStroke(0, 4, table.now))
    assert table.drawing(0).ink == Ink((A, B))
    table.do(c.ClearCanvas(0, 5, table.now))
    assert table.drawing(0).ink == BLANK
    assert table.state.seats[0].batch == 5


def test_ink_is_in_time_by_when_it_arrived_not_by_when_it_is_dealt_with() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    down_ms = table.state.pens_down_ms
    table.tick(20_000)
    assert table.phase is Phase.JUDGING
    assert kinds(table.do(c.AddInk(0, 2, STROKE, A, down_ms - 1))) == ["InkAdded"]
    assert kinds(table.do(c.AddInk(0, 3, STROKE, A, down_ms))) == ["InkSkipped"]
    assert kinds(table.do(c.UndoStroke(0, 4, down_ms))) == ["InkSkipped"]
    assert table.do(c.ClearCanvas(0, None, down_ms)) == []


def test_ink_after_a_match_is_skipped() -> None:
    table = Table(2).pens_up()
    table.match(0)
    matched = table.drawing(0)
    assert table.draw(0) == [e.InkSkipped(0, 2)]
    assert table.do(c.UndoStroke(0, 3, table.now)) == [e.InkSkipped(0, 3)]
    assert table.drawing(0) == matched
    assert table.ask(0) == []


def test_the_network_is_asked_about_new_ink_only_and_once_at_a_time() -> None:
    table = Table(1).pens_up()
    assert table.ask(0) == []
    table.draw(0)
    assert table.ask(0) == [e.FrameQueued(0, 1, table.now)]
    table.draw(0)
    assert table.ask(0) == []
    table.answer(0, table.wrong(0))
    assert table.ask(0) == [e.FrameQueued(0, 2, table.now)]
    table.answer(0, table.wrong(0))
    assert table.ask(0) == []


def test_the_network_is_not_asked_about_a_blank_canvas_or_a_lifted_pen() -> None:
    table = Table(1).pens_up()
    table.draw(0, A, Pen.STARTS)
    table.do(c.ClearCanvas(0, None, table.now))
    assert table.ask(0) == []
    table.draw(0, A, Pen.STARTS)
    table.ask(0)
    table.answer(0, table.wrong(0))
    table.draw(0, b"", Pen.ENDS)
    assert not table.drawing(0).ink.pen_down
    assert table.ask(0) == []


def test_the_network_is_not_asked_about_a_drawing_that_is_not_there() -> None:
    table = Table(1).pens_up()
    assert table.ask(9) == []


def test_a_match_is_timed_by_its_ink_and_not_by_the_answer() -> None:
    table = Table(2).pens_up()
    table.tick(4_000)
    table.draw(0)
    table.draw(0, b"", Pen.ENDS)
    table.ask(0)
    table.now += FRAME_LOST_MS - 1
    table.draw(0)
    (matched, guessed) = table.answer(0)
    level = level_of(table.state.levels, table.drawing(0).prompt)
    worth = points(16_000, 20_000, level)
    assert matched == e.Matched(0, 1, 4_000, worth, "model", 1)
    assert isinstance(guessed, e.Guessed)
    assert table.state.seats[0].score == worth
    assert table.drawing(0).guessed_after_ms == FRAME_LOST_MS - 1
    assert table.drawing(0).curve == ((4_000, 0.9),)


def test_a_match_notes_the_signs_that_no_hand_drew_it_until_the_next_game() -> None:
    table = Table(2, rounds=1).pens_up()
    leaps = stroke_of((n % 2 * 60_000, 30_000, 16 if n else 0) for n in range(8))
    table.tick(10_000)
    table.draw(0, leaps)
    table.ask(0)
    (matched, *_) = table.answer(0)
    assert isinstance(matched, e.Matched)
    assert matched.signs == (Sign.TELEPORT,)
    match = table.drawing(0).match
    assert match is not None
    assert match.signs == matched.signs
    table.match(1)
    assert table.state.seats[0].signs == matched.signs
    assert table.state.seats[1].signs == ()
    table.tick(REVEAL_MS)
    assert table.phase is Phase.GAME_OVER
    assert table.state.seats[0].signs == matched.signs, "the boards want to know"
    table.do(c.Rematch(0))
    table.start()
    assert table.state.seats[0].signs == ()


def test_a_pen_lifted_later_does_not_make_the_ink_later() -> None:
    table = Table(1).pens_up()
    table.draw(0, A, Pen.STARTS)
    table.now += 700
    table.draw(0, b"", Pen.ENDS)
    table.ask(0)
    (matched, *_) = table.answer(0)
    assert isinstance(matched, e.Matched)
    assert matched.ms == 0


def test_ink_that_arrived_before_the_pens_were_up_counts_from_then() -> None:
    table = Table(2).pens_up()
    table.do(c.AddInk(0, 1, STROKE, A, table.now - 500))
    table.ask(0)
    (matched, *_) = table.answer(0)
    assert isinstance(matched, e.Matched)
    assert matched.ms == 0


def test_a_match_counts_though_its_ink_was_taken_back_while_the_network_looked() -> None:
    table = Table(2).pens_up()
    table.draw(0, A)
    table.ask(0)
    table.do(c.ClearCanvas(0, None, table.now + 100))
    table.answer(0)
    match = table.drawing(0).match
    assert match is not None
    assert match.frame.ink == Ink((A,))
    assert match.giveaway == 0
    assert table.drawing(0).ink == BLANK


def test_a_lost_frame_is_asked_about_again_with_its_own_ink_and_time() -> None:
    table = Table(1).pens_up()
    table.draw(0, A)
    table.ask(0)
    old = table.guess(0)
    table.now += 500
    table.draw(0, B)
    assert table.tick(FRAME_LOST_MS - 501) == []
    assert table.tick(1) == [e.FrameLost(0, 1)]
    assert table.ask(0) == [e.FrameQueued(0, 2, table.now)]
    frame = table.drawing(0).in_flight
    assert frame is not None
    assert (frame.ink, frame.ink_ms) == (Ink((A,)), table.state.pens_up_ms)
    table.answer(0, table.wrong(0))
    assert table.do(old) == [], "it has its answer"
    table.ask(0)
    assert table.do(old) == [], "other ink is asked about"
    frame = table.drawing(0).in_flight
    assert frame is not None
    assert frame.ink == Ink((A, B)), "newer ink is asked about next"


def test_a_network_that_is_always_late_is_heard_all_the_same() -> None:
    """Its answers come when the same ink was asked about again, once or several times."""
    table = Table(2).pens_up()
    table.draw(0, A)
    table.ask(0)
    first, n = table.guess(0, table.wrong(0)), 1
    for _ in range(2):
        table.tick(FRAME_LOST_MS)
        table.ask(0)
        n += 1
    (guessed,) = table.do(first)
    assert isinstance(guessed, e.Guessed)
    assert guessed.n == n, "it counts as the answer to the frame in flight"
    table.draw(0, B)
    table.ask(0)
    late = table.guess(0)
    table.tick(FRAME_LOST_MS)
    table.ask(0)
    matched, _ = table.do(late)
    assert isinstance(matched, e.Matched)
    assert matched.ms == 2 * FRAME_LOST_MS, "timed by its ink"


def test_a_pen_rests_while_it_is_down_and_hardly_moves() -> None:
    table = Table(1).pens_up()

    def drawn_to(x: int, pen: Pen = GOES_ON) -> bool:
        table.draw(0, stroke_of([(x, 0, 16)]), pen)
        return table.drawing(0).rests

    assert not drawn_to(1_000, Pen.STARTS), "nothing was asked about yet"
    table.ask(0)
    table.answer(0, table.wrong(0))
    assert drawn_to(1_000 + HAIR)
    assert drawn_to(1_000 + HAIR // 2)
    assert not drawn_to(1_001 + HAIR)
    assert drawn_to(1_000) is False, "it has been away"
    table.ask(0)
    table.answer(0, table.wrong(0))
    assert drawn_to(1_001)
    assert not drawn_to(1_002, Pen.ENDS), "a lifted pen is a finished thought"
    assert not drawn_to(1_003, Pen.STARTS), "a new stroke is something new"


def test_a_pen_that_drew_anew_what_was_taken_back_does_not_rest() -> None:
    table = Table(1).pens_up()
    for take_back in (c.UndoStroke, c.ClearCanvas):
        table.draw(0, some_points(5), Pen.STARTS)
        table.ask(0)
        table.answer(0, table.wrong(0))
        table.do(take_back(0, None, table.now))
        table.draw(0, some_points(6), Pen.STARTS)
        assert not table.drawing(0).rests


def test_a_frame_that_is_asked_about_again_shows_no_more_than_it_did() -> None:
    table = Table(1).pens_up()
    table.draw(0, some_points(5), Pen.STARTS)
    table.ask(0)
    table.draw(0, some_points(5, 9_000), Pen(0))
    table.tick(FRAME_LOST_MS)
    table.ask(0)
    assert table.drawing(0).framed_points == 5
    table.answer(0, table.wrong(0))
    assert not table.drawing(0).rests


def test_a_frame_the_network_cannot_read_is_not_asked_about_again() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    table.ask(0)
    guess = table.guess(0)
    failed = c.ReceiveGuess(guess.game, guess.round, 0, guess.n, (), "model", 1)
    assert table.do(failed) == [e.FrameFailed(0, 1)]
    assert table.ask(0) == []
    table.draw(0)
    assert table.ask(0) == [e.FrameQueued(0, 2, table.now)]


def test_an_answer_for_a_seat_that_was_taken_by_somebody_else_changes_nothing() -> None:
    table = Table(2).pens_up()
    table.draw(1)
    table.ask(1)
    late = table.guess(1)
    table.do(c.Leave(1))
    table.join("Cyd")
    assert table.do(late) == []
    assert table.state.seats[1].score == 0


def test_an_answer_of_an_earlier_round_or_game_changes_nothing() -> None:
    table = Table(1).pens_up()
    table.draw(0)
    table.ask(0)
    guess = table.guess(0)
    before = table.state
    for game, number in ((2, 1), (1, 2), (0, 1), (1, 0)):
        other = c.ReceiveGuess(game, number, 0, 1, guess.probabilities, "model", 1)
        assert table.do(other) == []
    assert table.state is before


def test_a_guess_below_the_bar_is_told_but_does_not_match() -> None:
    table = Table(1, confidence=0.95).pens_up()
    table.draw(0)
    table.ask(0)
    assert kinds(table.answer(0, p=0.94)) == ["Guessed"]
    assert table.drawing(0).prompt_p == pytest.approx(0.94)


def test_a_room_that_guesses_among_its_deck_does_not_see_what_is_not_in_it() -> None:
    table = Table(1, custom=EIGHT, guess_among="deck").pens_up()
    table.draw(0)
    table.ask(0)
    prompt = table.drawing(0).prompt
    seen = list(distribution(table.wrong(0), 0.6))
    seen[prompt] = 0.3
    guess = table.guess(0)
    matched = c.ReceiveGuess(guess.game, guess.round, 0, guess.n, tuple(seen), "model", 1)
    assert kinds(table.do(matched))[:2] == ["Matched", "Guessed"]
    assert table.drawing(0).prompt_p > 0.9
