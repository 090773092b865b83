import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from game import ink
from game.ink import BLANK, Ink, Pen
from tests.game.table import some_points

U16 = st.integers(0, 65535)
STROKES = st.lists(st.tuples(U16, U16, U16), min_size=1, max_size=6).map(ink.stroke_of)
INKS = st.builds(Ink, st.lists(STROKES, max_size=5).map(tuple))
PENS = st.sampled_from([Pen(0), Pen.STARTS, Pen.ENDS, Pen.STARTS | Pen.ENDS])
RUNS = st.lists(st.tuples(PENS, st.one_of(st.just(b""), STROKES)), max_size=12)

A, B, C = some_points(2, 10), some_points(3, 20), some_points(1, 30)


def drawn(*runs: tuple[Pen, bytes]) -> Ink:
    canvas = BLANK
    for pen, points in runs:
        canvas = ink.add(canvas, pen, points)
    return canvas


def test_points_continue_a_stroke_until_the_pen_is_lifted() -> None:
    assert drawn((Pen.STARTS, A), (Pen(0), B)) == Ink((A + B,), pen_down=True)
    assert drawn((Pen.STARTS, A), (Pen.ENDS, B)) == Ink((A + B,))


def test_a_start_begins_a_new_stroke_though_the_old_one_was_never_ended() -> None:
    assert drawn((Pen.STARTS, A), (Pen.STARTS, B)) == Ink((A, B), pen_down=True)


def test_points_after_the_pen_was_lifted_begin_a_new_stroke_though_no_start_came() -> None:
    assert drawn((Pen.STARTS | Pen.ENDS, A), (Pen(0), B)) == Ink((A, B), pen_down=True)


def test_a_run_without_points_can_lift_the_pen_and_leaves_no_empty_stroke() -> None:
    assert drawn((Pen.STARTS, A), (Pen.ENDS, b"")) == Ink((A,))
    assert drawn((Pen.STARTS, b"")) == BLANK
    assert drawn((Pen.STARTS, A), (Pen.STARTS, b""), (Pen(0), B)) == Ink((A, B), pen_down=True)


def test_undo_takes_the_newest_stroke_and_lifts_the_pen() -> None:
    assert ink.undo(Ink((A, B), pen_down=True)) == Ink((A,))
    assert ink.undo(BLANK) == BLANK


def test_ink_that_follows_an_undo_in_mid_stroke_is_not_joined_to_an_older_line() -> None:
    canvas = ink.undo(drawn((Pen.STARTS | Pen.ENDS, A), (Pen.STARTS, B)))
    assert ink.add(canvas, Pen.ENDS, C) == Ink((A, C))


@pytest.mark.parametrize("size", [1, 5, 7, 11])
def test_ink_that_ends_inside_a_point_is_an_error(size: int) -> None:
    with pytest.raises(ValueError, match="not a whole number"):
        ink.add(BLANK, Pen.STARTS, bytes(size))


def test_points_are_counted_over_all_strokes() -> None:
    assert BLANK.points == 0
    assert Ink((A, B, C)).points == 6


def test_points_are_little_endian_x_y_and_milliseconds() -> None:
    assert ink.stroke_of([(1, 2, 3)]) == b"\x01\0\x02\0\x03\0"
    assert list(ink.points_of(b"\x01\0\x02\0\x03\0")) == [(1, 2, 3)]
    with pytest.raises(struct.error):
        ink.stroke_of([(65536, 0, 0)])


def test_packed_ink_counts_the_points_of_each_stroke() -> None:
    assert ink.pack(BLANK) == b""
    assert ink.pack(Ink((A, C))) == b"\x02\0" + A + b"\x01\0" + C


@given(INKS)
def test_packed_ink_unpacks_to_the_same_strokes(canvas: Ink) -> None:
    assert ink.unpack(ink.pack(canvas)) == canvas


@given(RUNS)
def test_no_run_of_points_is_lost_or_changed(runs: list[tuple[Pen, bytes]]) -> None:
    canvas = drawn(*runs)
    assert b"".join(canvas.strokes) == b"".join(points for _, points in runs)
    assert all(canvas.strokes)
    assert canvas.pen_down <= bool(canvas.strokes)
    assert ink.undo(canvas).strokes == canvas.strokes[:-1]


@pytest.mark.parametrize(
    "packed",
    [b"\x01", b"\0\0", b"\x01\0" + A[:5], b"\x03\0" + A, b"\x02\0" + A + b"\x01", b"\xff\xff"],
)
def test_malformed_packed_ink_is_an_error(packed: bytes) -> None:
    with pytest.raises(ValueError, match="packed ink"):
        ink.unpack(packed)


@given(st.binary(max_size=60))
def test_random_bytes_are_ink_that_packs_to_them_again_or_a_value_error(packed: bytes) -> None:
    try:
        canvas = ink.unpack(packed)
    except ValueError:
        return
    assert ink.pack(canvas) == packed


@given(STROKES)
def test_the_extent_is_the_longer_side_of_the_box(stroke: bytes) -> None:
    xs, ys, _ = zip(*ink.points_of(stroke), strict=True)
    assert ink.extent(stroke) == max(max(xs) - min(xs), max(ys) - min(ys))
