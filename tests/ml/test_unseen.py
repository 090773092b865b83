"""No drawing that a network may have learnt from is used to measure it by the clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ml.data import HELD_OUT, TimedDrawing
from ml.reading import read_timed
from ml.split import held_out
from ml.unseen import Unseen, unseen
from tests.ml import official
from tests.ml.shapes import Strokes


def raw_of(folder: Path, some: list[Strokes], first_key: int) -> list[TimedDrawing]:
    path = folder / "raw.ndjson"
    path.write_bytes(official.raw(some, first_key=first_key))
    return read_timed({"cat": path}, ["cat"])


def left(folder: Path, trained: list[Strokes], raw: list[TimedDrawing]) -> Unseen:
    path = folder / "train.ndjson"
    path.write_bytes(official.simplified(trained, first_key=1000))
    return unseen(raw, {"train": path}, lambda _: None)


def test_what_training_holds_out_may_be_measured(tmp_path: Path) -> None:
    """Of 200 raw copies of training drawings under their own ids, just those held out are left."""
    some = official.drawings(200, seed=5)
    found = left(tmp_path, some, raw_of(tmp_path, some, 1000))
    keys = np.arange(1000, 1200, dtype=np.uint64)
    kept = {drawing.key for drawing in found.drawings}
    assert kept <= set(keys[held_out(keys, HELD_OUT)].tolist())
    assert found.trained_on + found.copies + len(found.drawings) == 200


def test_copies_under_another_id_are_left_out(tmp_path: Path) -> None:
    some = official.drawings(20, seed=6)
    found = left(tmp_path, some, raw_of(tmp_path, some, 5000))
    assert found.trained_on == 0
    assert found.copies >= 19
    assert len(found.drawings) + found.copies == 20


def test_other_drawings_stay(tmp_path: Path) -> None:
    """Spirals and houses wobble: no two are alike."""
    some = [each for n, each in enumerate(official.drawings(200, seed=7)) if n % 10 == 6]
    found = left(tmp_path, some[:10], raw_of(tmp_path, some[10:], 5000))
    assert len(found.drawings) >= 8
    assert found.trained_on == 0


def test_without_training_drawings_nothing_is_left_out(tmp_path: Path) -> None:
    raw = raw_of(tmp_path, official.drawings(2), 1)
    found = left(tmp_path, [], raw)
    assert (found.drawings, found.trained_on, found.copies) == (raw, 0, 0)


def test_a_byte_read_is_a_byte_of_progress(tmp_path: Path) -> None:
    path = tmp_path / "train.ndjson"
    path.write_bytes(official.simplified(official.drawings(3), first_key=1))
    read: list[int] = []
    unseen([], {"train": path}, read.append)
    assert sum(read) == path.stat().st_size
