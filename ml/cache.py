"""Drawings packed on disk: millions of them in flat files, mapped into memory and never read whole.

A cache is a folder of one file for each column of `COLUMNS`, and `cache.json`, which tells what was
packed. Points are box units in one byte each; offsets say where a drawing's strokes and points
begin. `ml.packing` writes it, once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ml.data import DataError, Drawings
from ml.drawing import canvas_strokes
from ml.split import Keys, held_out_groups

CACHE_VERSION: Final = 1
"""Raised whenever the columns or their meaning change; older caches are then made anew."""

ABOUT: Final = "cache.json"
COLUMNS: Final[Mapping[str, tuple[str, tuple[int, ...]]]] = {
    "points": ("|u1", (2,)),  # x, y in box units
    "strokes": ("<u2", ()),  # points of each stroke
    "point_ends": ("<i8", ()),  # of each drawing, where its points end
    "stroke_ends": ("<i8", ()),  # of each drawing, where its strokes end
    "keys": ("<u8", ()),
    "groups": ("<u8", ()),  # the smallest key among a drawing's copies
    "labels": ("<u2", ()),
    "recognized": ("|i1", ()),  # 1 yes, 0 no, -1 the file does not say
}
"""Name to type and shape of a row."""


class PackedDrawings:
    """A cache, as a sequence of drawings; it takes the place of `ml.data.Drawings` in training.

    `labels` (D,) index `categories`; `keys`, `groups` and `recognized` (D,) are as in `COLUMNS`;
    `skipped` counts malformed drawings and `complaints` holds a line about each file with any.
    All arrays are read-only maps of the files: processes share their pages, and sending a
    `PackedDrawings` to another process sends its path.
    """

    def __init__(self, folder: Path) -> None:
        """Open a finished cache. Raises `DataError` when it is none, or of another version."""
        self.folder = folder
        about = read_about(folder)
        if about.get("version") != CACHE_VERSION:
            msg = f"{folder} is no cache of version {CACHE_VERSION}: delete it, it is made anew."
            raise DataError(msg)
        self.categories: tuple[str, ...] = tuple(about["categories"])
        self.skipped: int = about["skipped"]
        self.complaints: tuple[str, ...] = tuple(about["complaints"])
        columns = {name: _mapped(folder, name) for name in COLUMNS}
        self._points, self._strokes = columns["points"], columns["strokes"]
        self._point_ends, self._stroke_ends = columns["point_ends"], columns["stroke_ends"]
        self.keys: Keys = columns["keys"]
        self.groups: Keys = columns["groups"]
        self.labels: npt.NDArray[np.uint16] = columns["labels"]
        self.recognized: npt.NDArray[np.int8] = columns["recognized"]
        drawings = len(self.labels)
        ends = [(self._points, self._point_ends), (self._strokes, self._stroke_ends)]
        if any(len(c) != drawings for c in (self.keys, self.groups, self.recognized)) or any(
            len(end) != drawings or (int(end[-1]) if drawings else 0) != len(column)
            for column, end in ends
        ):
            msg = f"the files of {folder} do not fit together: delete it, it is made anew."
            raise DataError(msg)

    def __len__(self) -> int:
        """How many drawings."""
        return len(self.labels)

    def __getitem__(self, index: int) -> list[npt.NDArray[np.uint16]]:
        """One drawing's strokes, each `(n, 2)` canvas units. Raises `IndexError` beyond the end."""
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            msg = f"there is no drawing {index} among {len(self)}"
            raise IndexError(msg)
        return canvas_strokes(*self._packed(place))

    def strokes_of(self, index: int) -> list[npt.NDArray[np.uint16]]:
        """The same, by the name `ml.data.Drawings` has for it."""
        return self[index]

    def held_out(self, share: float) -> npt.NDArray[np.bool_]:
        """Which drawings to keep from training, about `share` of them; copies stay together."""
        return held_out_groups(self.keys, self.groups, share)

    def subset(self, chosen: npt.NDArray[np.int64]) -> Drawings:
        """The chosen drawings alone, in that order and in memory."""
        packed = [self._packed(int(index)) for index in chosen]
        points = [points for points, _ in packed]
        strokes = [sizes for _, sizes in packed]
        return Drawings(
            np.concatenate(points) if points else np.zeros((0, 2), np.uint8),
            _offsets(np.concatenate(strokes) if strokes else []),
            _offsets([len(sizes) for sizes in strokes]),
            self.labels[chosen].astype(np.int64),
            np.array(self.keys[chosen]),
            self.categories,
            0,
        )

    def __reduce__(self) -> tuple[type[PackedDrawings], tuple[Path]]:
        return PackedDrawings, (self.folder,)

    def _packed(self, place: int) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
        """Views of one drawing's points `(P, 2)` and stroke sizes `(S,)`."""
        before = slice(max(place - 1, 0), place + 1)
        points, strokes = self._point_ends[before], self._stroke_ends[before]
        first_point, first_stroke = (int(points[0]), int(strokes[0])) if place else (0, 0)
        return (
            self._points[first_point : int(points[-1])],
            self._strokes[first_stroke : int(strokes[-1])],
        )


def read_about(folder: Path) -> dict[str, Any]:
    """What a cache says of itself; nothing where there is none."""
    try:
        about = json.loads((folder / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def column_file(folder: Path, name: str) -> Path:
    """Where a column lies."""
    return folder / f"{name}.column"


def _mapped(folder: Path, name: str) -> npt.NDArray[Any]:
    kind, row = COLUMNS[name]
    path = column_file(folder, name)
    try:
        if not path.stat().st_size:  # nothing cannot be mapped
            return np.zeros((0, *row), kind)
        flat = np.memmap(path, kind, "r")
    except (OSError, ValueError) as problem:
        msg = f"{path} cannot be read: {problem}"
        raise DataError(msg) from None
    # A plain view: a memmap's own slices cost microseconds each.
    return np.asarray(flat).view(np.ndarray).reshape(-1, *row)


def _offsets(sizes: Any) -> npt.NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))
