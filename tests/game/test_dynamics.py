"""A hand is left in peace, a script is noticed."""

from __future__ import annotations

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game.dynamics import Sign, motion_of, signs
from game.ink import BLANK, CANVAS, Ink, stroke_of

COORDINATES = st.integers(0, CANVAS)
POINTS = st.tuples(COORDINATES, COORDINATES, st.integers(0, 65535))
INKS = st.lists(st.lists(POINTS, min_size=1, max_size=30).map(stroke_of), max_size=4).map(
    lambda strokes: Ink(tuple(strokes))
)


def by_hand(seed: int, seconds: float = 2.0) -> Ink:
    """A circle as a wrist draws it: slow at the ends, faster between, never quite even."""
    dice = random.Random(seed)
    points, at_ms, t = [], 0, 0.0
    while at_ms < 1000 * seconds:
        dt = dice.choice((15, 16, 17, 17, 18))
        at_ms += dt
        t = min(1.0, at_ms / (1000 * seconds))
        turn = 2 * math.pi * (t - math.sin(2 * math.pi * t) / (2 * math.pi))
        x, y = 32767 + 30000 * math.cos(turn), 32767 + 30000 * math.sin(turn)
        points.append((round(x) + dice.randint(-150, 150), round(y), dt if points else 0))
    return Ink((stroke_of(points),))


@given(st.integers(0, 10_000), st.floats(0.3, 6.0))
def test_a_hand_shows_no_sign(seed: int, seconds: float) -> None:
    assert signs(by_hand(seed, seconds), round(1000 * seconds)) == frozenset()


@given(INKS, st.integers(-1, 120_000))
def test_whatever_the_ink_there_is_an_answer(ink: Ink, drawn_ms: int) -> None:
    assert signs(ink, drawn_ms) <= set(Sign)


@given(INKS, st.integers(0, 120_000), st.integers(0, 120_000))
def test_more_time_never_looks_more_like_a_script(ink: Ink, drawn_ms: int, more_ms: int) -> None:
    assert signs(ink, drawn_ms + more_ms) <= signs(ink, drawn_ms)


@given(INKS)
def test_the_way_is_as_long_backwards(ink: Ink) -> None:
    turned = Ink(
        tuple(
            b"".join(stroke[at : at + 6] for at in range(len(stroke) - 6, -1, -6))
            for stroke in ink.strokes
        )
    )
    assert motion_of(turned).length == pytest.approx(motion_of(ink).length)


def test_nothing_drawn_is_no_sign() -> None:
    assert signs(BLANK, 0) == frozenset()
    assert signs(Ink((stroke_of([(5, 5, 0)]),)), 0) == frozenset()


def test_a_pen_that_crosses_the_canvas_again_and_again_in_no_time_is_too_fast() -> None:
    zigzag = [(n % 2 * CANVAS // 3, n * 900, 6 if n else 0) for n in range(60)]
    assert Sign.SPEED in signs(Ink((stroke_of(zigzag),)), 10_000)


def test_points_that_took_no_time_are_too_fast_however_they_are_sent() -> None:
    zigzag = [(n % 2 * CANVAS // 3, n * 900, 0) for n in range(60)]
    assert Sign.SPEED in signs(Ink((stroke_of(zigzag),)), 10_000)


def test_one_flick_is_not() -> None:
    flick = [(n * CANVAS // 4, 30_000, 12 if n else 0) for n in range(5)]
    assert signs(Ink((stroke_of(flick),)), 1_000) == frozenset()


def test_a_pen_that_is_down_stays_where_it_is() -> None:
    leaps = [(n % 2 * 60_000, 30_000, 16 if n else 0) for n in range(8)]
    assert Sign.TELEPORT in signs(Ink((stroke_of(leaps),)), 10_000)
    slow = [(n % 2 * 60_000, 30_000, 300 if n else 0) for n in range(8)]
    assert signs(Ink((stroke_of(slow),)), 10_000) == frozenset()


def test_equal_steps_at_equal_times_are_a_metronome() -> None:
    line = [(500 * n, 1_000, 16 if n else 0) for n in range(60)]
    assert signs(Ink((stroke_of(line),)), 10_000) == {Sign.METRONOME}
    assert signs(Ink((stroke_of(line[:30]),)), 10_000) == frozenset()


def test_a_hand_that_slowly_speeds_up_is_no_metronome() -> None:
    x, points = 0.0, []
    for n in range(80):
        points.append((round(x), 1_000, 16 if n else 0))
        x += 300 * 1.015**n
    assert signs(Ink((stroke_of(points),)), 10_000) == frozenset()


def test_a_drawing_that_was_there_at_once_was_not_drawn() -> None:
    ink = by_hand(1, 4.0)
    many = Ink(ink.strokes * 8)
    assert Sign.HURRY in signs(many, 50)
    assert Sign.HURRY not in signs(many, 20_000)
