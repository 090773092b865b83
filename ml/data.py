"""What Quick, Draw! drawings are in memory, and which files of a folder hold them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from game.categories import CATEGORIES
from ml.raster import CANVAS_PER_UNIT, Points

HELD_OUT = 0.02
"""Share of the training drawings kept aside, by a hash (`ml.split`); the temperature is fitted on
them."""


class DataError(Exception):
    """The data folder cannot be used; the message says why, in one sentence."""


@dataclass(frozen=True)
class Drawings:
    """Many drawings in flat arrays, so that worker processes share one copy.

    `points` (P, 2) uint8 box units; stroke s is `points[strokes[s]:strokes[s + 1]]`; drawing d is
    the strokes `drawings[d]:drawings[d + 1]`; `labels` (D,) index `categories`; `keys` (D,) are
    the data set's ids; `skipped` counts malformed lines.
    """

    points: npt.NDArray[np.uint8]
    strokes: npt.NDArray[np.int64]
    drawings: npt.NDArray[np.int64]
    labels: npt.NDArray[np.int64]
    keys: npt.NDArray[np.uint64]
    categories: tuple[str, ...]
    skipped: int

    def __len__(self) -> int:
        """How many drawings."""
        return len(self.labels)

    def strokes_of(self, index: int) -> list[Points]:
        """The strokes of one drawing, in canvas units."""
        edges = self._edges(index)
        points = self.points[edges[0] : edges[-1]].astype(np.int64) * CANVAS_PER_UNIT
        return np.split(points, edges[1:-1] - edges[0])

    def subset(self, chosen: npt.NDArray[np.int64]) -> Drawings:
        """The chosen drawings alone, in that order."""
        edges = [self._edges(int(index)) for index in chosen]
        points = [self.points[edge[0] : edge[-1]] for edge in edges]
        return Drawings(
            np.concatenate(points) if points else np.zeros((0, 2), np.uint8),
            offsets([size for edge in edges for size in np.diff(edge)]),
            offsets([len(edge) - 1 for edge in edges]),
            self.labels[chosen],
            self.keys[chosen],
            self.categories,
            0,
        )

    def _edges(self, index: int) -> npt.NDArray[np.int64]:
        first, last = int(self.drawings[index]), int(self.drawings[index + 1])
        return self.strokes[first : last + 1]


@dataclass(frozen=True)
class TimedDrawing:
    """One raw drawing: strokes in screen pixels, times in milliseconds, its category's index."""

    strokes: list[npt.NDArray[np.float64]]
    times: list[npt.NDArray[np.float64]]
    label: int
    key: int


def find_files(folder: Path, part: str = "") -> dict[str, Path]:
    """Category name to ndjson file, for `folder/part` where that exists, else `folder`.

    Raises `DataError` when there is no such folder or it holds no ndjson file.
    """
    place = folder / part if part and (folder / part).is_dir() else folder
    if not place.is_dir():
        msg = f"{place} is not a folder."
        raise DataError(msg)
    files = {path.stem: path for path in sorted(place.glob("*.ndjson"))}
    if not files:
        msg = f"{place} holds no .ndjson files."
        raise DataError(msg)
    return files


def category_order(folder: Path, files: Iterable[str]) -> tuple[str, ...]:
    """The categories of `categories.txt` that have a file, then the others by name.

    Without that list, the game's own order counts, which the shipped network has too.
    """
    present = set(files)
    listing = folder / "categories.txt"
    names = listing.read_text("utf-8").splitlines() if listing.is_file() else CATEGORIES
    order = [name for name in names if name in present]
    return (*order, *sorted(present.difference(order)))


def offsets(sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Where each part begins, and where the last one ends."""
    return np.cumsum([0, *sizes], dtype=np.int64)
