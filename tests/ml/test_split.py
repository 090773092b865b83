"""Splits: the same everywhere, and copies of a drawing never on two sides."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml import split
from ml.raster import CANVAS_PER_UNIT, rasterise_batch
from ml.split import group_keys, held_out, held_out_groups, picture_signatures, signatures
from tests.ml import official
from tests.ml.shapes import Strokes

KEYS = st.lists(st.integers(0, 2**64 - 1), max_size=60).map(lambda some: np.array(some, np.uint64))
STROKE = st.lists(st.tuples(st.integers(0, 255), st.integers(0, 255)), min_size=1, max_size=12)
DRAWING = st.lists(STROKE, min_size=1, max_size=5)
Points = list[list[tuple[int, int]]]


def marks_of(drawings: list[Points]) -> split.Keys:
    points = [point for drawing in drawings for stroke in drawing for point in stroke]
    strokes = [len(stroke) for drawing in drawings for stroke in drawing]
    return signatures(np.array(points, np.uint8), strokes, [len(drawing) for drawing in drawings])


def grouped(keys: split.Keys, marks: split.Keys) -> split.Keys:
    return group_keys(keys, list(marks.T))


def boxed(drawings: list[Strokes]) -> list[Points]:
    return [[(s // CANVAS_PER_UNIT).tolist() for s in strokes] for strokes in drawings]


def share_a_mark(one: split.Keys, other: split.Keys) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    return (one == other).any(axis=1)  # type: ignore[no-any-return]


@given(KEYS, st.floats(0, 1), st.floats(0, 1))
def test_a_larger_share_holds_out_all_that_a_smaller_one_does(
    keys: split.Keys, one: float, other: float
) -> None:
    less, more = sorted((one, other))
    assert (held_out(keys, less) <= held_out(keys, more)).all()
    assert not held_out(keys, 0.0).any()
    assert held_out(keys, 1.0).all()


@given(KEYS)
def test_an_ids_side_is_its_own_affair(keys: split.Keys) -> None:
    """Neither its place nor its company changes it."""
    sides = held_out(keys, 0.3)
    assert [bool(held_out(keys[n : n + 1], 0.3)[0]) for n in range(len(keys))] == sides.tolist()


def test_about_the_share_asked_for_is_held_out_and_never_other_ids() -> None:
    keys = np.arange(200_000, dtype=np.uint64)
    for share in (0.02, 0.1, 0.5):
        assert held_out(keys, share).mean() == pytest.approx(share, rel=0.05)
    assert np.flatnonzero(held_out(keys[:400], 0.02)).tolist() == [
        37,
        165,
        178,
        181,
        232,
        321,
        370,
        394,
    ]


def test_marks_are_the_same_in_every_process() -> None:
    """Python's own `hash` differs from one to the next; these are numbers written down."""
    marks = marks_of([[[(0, 0), (255, 128)], [(10, 200)]]])
    code = (
        "import numpy as np; from ml.split import signatures; "
        "print(signatures(np.array([[0,0],[255,128],[10,200]],np.uint8),[2,1],[2])[0].tolist())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(marks[0].tolist())
    assert marks[0, 0] == 14149454993408699050


@given(st.lists(DRAWING, min_size=1, max_size=6), st.data())
def test_a_drawings_marks_depend_on_it_alone(drawings: list[Points], data: st.DataObject) -> None:
    marks = marks_of(drawings)
    alone = data.draw(st.integers(0, len(drawings) - 1))
    assert marks_of([drawings[alone]])[0].tolist() == marks[alone].tolist()


@given(st.lists(DRAWING, min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=8))
def test_equal_drawings_never_straddle_a_split(drawings: list[Points], again: list[int]) -> None:
    """Whatever their ids are."""
    chosen = [*range(len(drawings)), *(n % len(drawings) for n in again)]
    keys = np.arange(len(chosen), dtype=np.uint64)[::-1].copy()
    groups = grouped(keys, marks_of([drawings[n] for n in chosen]))
    for share in (0.1, 0.5, 0.9):
        sides = held_out_groups(keys, groups, share)
        for place, n in enumerate(chosen):
            assert sides[place] == sides[n]


@given(DRAWING, st.data())
def test_a_point_that_repeats_itself_changes_no_mark(drawing: Points, data: st.DataObject) -> None:
    """Files differ in that; the ink is the same."""
    stroke = data.draw(st.integers(0, len(drawing) - 1))
    if len(drawing[stroke]) == 1:
        drawing[stroke] = [*drawing[stroke], (7, 7)]
    at = data.draw(st.integers(1, len(drawing[stroke]) - 1))
    longer = [list(line) for line in drawing]
    longer[stroke].insert(at, longer[stroke][at])
    one, other = marks_of([drawing, longer])
    assert (one == other).any()


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 9)), max_size=30),
    st.randoms(use_true_random=False),
)
def test_groups_are_what_is_connected_in_any_order(
    rows: list[tuple[int, ...]], random: object
) -> None:
    """Against the slow way: merge until nothing changes."""
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    for some in (rows, shuffled):
        table = np.array(some, np.uint64).reshape(-1, 3)
        expected = table[:, 0].tolist()
        changed = True
        while changed:
            changed = False
            for a, one in enumerate(some):
                for b, other in enumerate(some):
                    alike = any(x == y for x, y in zip(one, other, strict=True))
                    if alike and expected[a] > expected[b]:
                        expected[a] = expected[b]
                        changed = True
        groups = group_keys(table[:, 0], [table[:, 1], table[:, 2]])
        assert groups.tolist() == expected


def test_a_drawing_without_copies_is_a_group_of_its_own() -> None:
    drawings = boxed(official.drawings(300, 5))
    complex_ones = [d for d in drawings if sum(map(len, d)) > 8]
    keys = np.arange(len(complex_ones), dtype=np.uint64)
    assert (grouped(keys, marks_of(complex_ones)) == keys).mean() > 0.95


def test_many_drawings_are_grouped_in_parts_like_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids as the data set's are: far apart and ending in zeros."""
    rng = np.random.default_rng(0)
    keys = rng.integers(1, 2**20, 5000, np.uint64) << np.uint64(33)
    marks = [rng.integers(0, 30_000, 5000).astype(np.uint64) for _ in range(2)]
    whole = group_keys(keys, marks)
    monkeypatch.setattr(split, "_ROWS", 100)
    assert (group_keys(keys, marks) == whole).all()
    assert (held_out_groups(keys, whole, 0.3) == held_out_groups(keys[:], whole, 0.3)).all()
    assert len(set(whole.tolist())) < len(set(keys.tolist()))


def test_a_crowd_of_copies_is_never_held_out() -> None:
    """Or a category that most people draw with one line would be lost to training."""
    keys = np.arange(400, dtype=np.uint64)
    groups = np.where(keys < 200, 0, keys).astype(np.uint64)
    sides = held_out_groups(keys, groups, 1.0)
    assert not sides[:200].any()
    assert sides[200:].all()


@pytest.mark.parametrize(("moved", "part"), [(1, 0.99), (2, 0.9)])
def test_near_equal_drawings_have_a_mark_in_common(moved: int, part: float) -> None:
    """Every point moves by up to so many units of the box, as rounding and resampling do."""
    rng = np.random.default_rng(4)
    drawings = boxed(official.drawings(600, 6))
    other = [
        [
            np.clip(np.array(stroke) + rng.integers(-moved, moved + 1, (len(stroke), 2)), 0, 255)
            for stroke in drawing
        ]
        for drawing in drawings
    ]
    alike = share_a_mark(marks_of(drawings), marks_of([[s.tolist() for s in d] for d in other]))
    assert alike.mean() >= part


def test_other_drawings_have_none() -> None:
    marks = marks_of(boxed(official.drawings(400, 7)))
    strangers = share_a_mark(marks, np.roll(marks, 1, axis=0))
    assert not strangers.any()


def test_a_bitmap_and_the_strokes_it_was_made_of_have_a_mark_in_common() -> None:
    """Another renderer's pixels differ by a few shades; another drawing's by more."""
    rng = np.random.default_rng(8)
    pictures = rasterise_batch(official.drawings(200, 8), side=28, channels=1).reshape(200, 784)
    shades = np.where(pictures > 0, rng.integers(-6, 7, pictures.shape), 0)
    other = np.clip(pictures.astype(np.int64) + shades, 0, 255).astype(np.uint8)
    marks, near = picture_signatures(pictures), picture_signatures(other)
    assert share_a_mark(marks, near).all()
    assert not share_a_mark(marks, np.roll(near, 1, axis=0)).any()
