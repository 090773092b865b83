"""Which raw drawings a network cannot have learnt from: none that it saw, nor a copy of one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.data import HELD_OUT, TimedDrawing
from ml.raster import CANVAS_PER_UNIT
from ml.reading import read_drawings
from ml.report import Progress
from ml.split import SIGNATURES, Keys, group_keys, held_out_groups, signatures
from ml.timed import simplify

_AT_ONCE = 1024  # drawings; a signature's working memory then stays in the processor's cache


@dataclass(frozen=True)
class Unseen:
    """`drawings` are left; so many had been trained on, and so many are copies of such ones."""

    drawings: list[TimedDrawing]
    trained_on: int
    copies: int


def unseen(raw: Sequence[TimedDrawing], trained: Mapping[str, Path], tick: Progress) -> Unseen:
    """Leave out what training on the ndjson files `trained` has shown, by the rules of `ml.split`.

    A raw drawing goes when its id, or any signature that leads from copy to copy, is that of a
    drawing which training does not hold out. `tick` is told of bytes read.
    """
    keys, marks = _of_files(trained, tick)
    if not len(keys):
        return Unseen(list(raw), 0, 0)
    shown = ~held_out_groups(keys, group_keys(keys, list(marks.T)), HELD_OUT)
    ids = np.array([drawing.key for drawing in raw], np.uint64)
    by_id = np.isin(ids, keys[shown])
    left = np.flatnonzero(~by_id)  # simplifying the others would be most of the work
    if not len(left):
        return Unseen([], len(raw), 0)
    own = _of_raw([raw[int(place)] for place in left])
    groups = group_keys(np.concatenate((keys, ids[left])), list(np.concatenate((marks, own)).T))
    copy = np.isin(groups[len(keys) :], groups[: len(keys)][shown])
    return Unseen([raw[int(place)] for place in left[~copy]], int(by_id.sum()), int(copy.sum()))


def _of_files(files: Mapping[str, Path], tick: Progress) -> tuple[Keys, Keys]:
    """Ids `(N,)` and signatures `(N, SIGNATURES)` of all drawings in these files."""
    keys = [np.zeros(0, np.uint64)]
    marks = [np.zeros((0, SIGNATURES), np.uint64)]
    for name, path in files.items():
        drawings = read_drawings({name: path}, (name,))
        sizes, strokes = np.diff(drawings.strokes), np.diff(drawings.drawings)
        for first in range(0, len(drawings), _AT_ONCE):
            ends = drawings.drawings[[first, min(first + _AT_ONCE, len(drawings))]]
            points = drawings.strokes[ends]
            marks.append(
                signatures(
                    drawings.points[points[0] : points[1]],
                    sizes[ends[0] : ends[1]],
                    strokes[first : first + _AT_ONCE].tolist(),
                )
            )
        keys.append(drawings.keys)
        tick(path.stat().st_size)
    return np.concatenate(keys), np.concatenate(marks)


def _of_raw(raw: Sequence[TimedDrawing]) -> Keys:
    simple = [simplify(drawing.strokes) for drawing in raw]
    strokes = [stroke for drawing in simple for stroke in drawing]
    points = (np.concatenate(strokes) // CANVAS_PER_UNIT).astype(np.uint8)
    return signatures(points, [len(stroke) for stroke in strokes], [len(each) for each in simple])
