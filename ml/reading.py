"""Whole ndjson files of drawings into memory, which is how networks are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from ml.data import Drawings, TimedDrawing, offsets
from ml.drawing import Drawing, Tally
from ml.ndjson import read_ndjson, read_timed_ndjson


def read_drawings(
    files: Mapping[str, Path], categories: Sequence[str], per_category: int | None = None
) -> Drawings:
    """Read drawings, at most `per_category` of each category; malformed lines are counted."""
    tally = Tally()
    drawings: list[Drawing] = []
    sizes = []
    for name in categories:
        before = len(drawings)
        drawings += islice(read_ndjson(files[name], tally), per_category)
        sizes.append(len(drawings) - before)
    points = [drawing.points for drawing in drawings]
    return Drawings(
        np.concatenate(points) if points else np.zeros((0, 2), np.uint8),
        offsets([size for drawing in drawings for size in drawing.sizes.tolist()]),
        offsets([len(drawing.sizes) for drawing in drawings]),
        np.repeat(np.arange(len(categories)), sizes),
        np.array([drawing.key for drawing in drawings], np.uint64),
        tuple(categories),
        tally.skipped,
    )


def read_timed(files: Mapping[str, Path], categories: Sequence[str]) -> list[TimedDrawing]:
    """Read raw drawings of the categories that have a file; malformed lines are left out."""
    return [
        drawing
        for label, name in enumerate(categories)
        if name in files
        for drawing in read_timed_ndjson(files[name], label, Tally())
    ]
