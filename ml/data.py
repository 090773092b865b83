"""Quick, Draw! drawings on disk, and packed in memory.

Two forms of ndjson are read: simplified (`[[x...], [y...]]` per stroke, integers 0..255) and raw
(`[[x...], [y...], [t...]]`, screen pixels and milliseconds).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.raster import CANVAS_PER_UNIT, Points

HELD_OUT = 0.02
"""Share of the training drawings kept aside, by a hash of their ids; the temperature is fitted
on them."""

_BOX = 255


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
            _offsets([size for edge in edges for size in np.diff(edge)]),
            _offsets([len(edge) - 1 for edge in edges]),
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
    """The categories of `categories.txt` that have a file; without that list, sorted names."""
    present = set(files)
    listing = folder / "categories.txt"
    if not listing.is_file():
        return tuple(sorted(present))
    order = [name for name in listing.read_text("utf-8").splitlines() if name in present]
    return (*order, *sorted(present.difference(order)))


def read_drawings(
    files: dict[str, Path], categories: Sequence[str], per_category: int | None = None
) -> Drawings:
    """Read simplified drawings, at most `per_category` of each category; bad lines are counted."""
    points: list[npt.NDArray[np.uint8]] = []
    stroke_sizes: list[int] = []
    drawing_sizes: list[int] = []
    labels: list[int] = []
    keys: list[int] = []
    skipped = 0
    for label, name in enumerate(categories):
        taken = 0
        for record in _records(files[name]):
            if per_category is not None and taken >= per_category:
                break
            strokes = _simplified(record)
            if strokes is None:
                skipped += 1
                continue
            taken += 1
            points.extend(strokes)
            stroke_sizes.extend(len(stroke) for stroke in strokes)
            drawing_sizes.append(len(strokes))
            labels.append(label)
            keys.append(_key(record))
    return Drawings(
        np.concatenate(points) if points else np.zeros((0, 2), np.uint8),
        _offsets(stroke_sizes),
        _offsets(drawing_sizes),
        np.array(labels, np.int64),
        np.array(keys, np.uint64),
        tuple(categories),
        skipped,
    )


def read_timed(files: dict[str, Path], categories: Sequence[str]) -> list[TimedDrawing]:
    """Read raw drawings of the categories that have a file; malformed lines are left out."""
    drawings = []
    for label, name in enumerate(categories):
        if name not in files:
            continue
        for record in _records(files[name]):
            timed = _timed(record, label)
            if timed is not None:
                drawings.append(timed)
    return drawings


def held_out(keys: npt.NDArray[np.uint64], share: float) -> npt.NDArray[np.bool_]:
    """Which drawings to keep from training: a hash of the id decides, the same on any machine."""
    digests = [hashlib.blake2b(int(key).to_bytes(8, "little"), digest_size=4) for key in keys]
    values = np.array([int.from_bytes(digest.digest(), "little") for digest in digests], np.float64)
    chosen: npt.NDArray[np.bool_] = values / 2**32 < share
    return chosen


def _offsets(sizes: Sequence[int]) -> npt.NDArray[np.int64]:
    """Where each part begins, and where the last one ends."""
    return np.cumsum([0, *sizes], dtype=np.int64)


def _records(path: Path) -> Iterator[Any]:
    with path.open("rb") as lines:
        for line in lines:
            if not line.strip():
                continue
            try:
                yield json.loads(line)
            except ValueError:
                yield None


def _key(record: dict[str, Any]) -> int:
    """The drawing's id, or a hash of its strokes where a file carries none."""
    text = str(record.get("key_id", ""))
    if text.isascii() and text.isdigit() and int(text) < 2**64:
        return int(text)
    content = json.dumps(record["drawing"]).encode()
    return int.from_bytes(hashlib.blake2b(content, digest_size=8).digest(), "little")


def _simplified(record: Any) -> list[npt.NDArray[np.uint8]] | None:
    """The strokes of one record, or None when it is not a simplified drawing."""
    try:
        strokes = [np.array([x, y]) for x, y, *_ in record["drawing"]]
    except (TypeError, KeyError, ValueError):
        return None
    if not strokes:
        return None
    for stroke in strokes:
        if stroke.ndim != 2 or stroke.shape[1] == 0 or stroke.dtype.kind != "i":  # noqa: PLR2004
            return None
        if stroke.min() < 0 or stroke.max() > _BOX:
            return None
    return [np.ascontiguousarray(stroke.T, dtype=np.uint8) for stroke in strokes]


def _timed(record: Any, label: int) -> TimedDrawing | None:
    """One raw record, or None when it is not one."""
    try:
        strokes = [np.array([x, y, t], np.float64) for x, y, t in record["drawing"]]
    except (TypeError, KeyError, ValueError):
        return None
    if not strokes or any(s.ndim != 2 or s.shape[1] == 0 for s in strokes):  # noqa: PLR2004
        return None
    if not all(np.isfinite(stroke).all() for stroke in strokes):
        return None
    points = [stroke[:2].T.copy() for stroke in strokes]
    return TimedDrawing(points, [stroke[2] for stroke in strokes], label, _key(record))
