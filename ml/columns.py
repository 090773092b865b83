"""The files of a cache while it is being written: appended to, noted, and cut back after a stop."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import numpy as np

from ml.cache import ABOUT, COLUMNS, column_file, read_about
from ml.drawing import Drawing, Tally
from ml.formats import complaint, read
from ml.split import SIGNATURES, group_keys, signatures

_BATCH = 1 << 14  # points in memory at a time, and the last drawing whole
# Columns of signatures, needed until the groups are known.
MARKS = tuple(f"mark-{number}" for number in range(SIGNATURES))


@dataclass(frozen=True)
class Source:
    """A file of drawings: all of one category, or, where that is None, each under its own word."""

    path: Path
    category: str | None


@dataclass
class Columns:
    """The column files of an unfinished cache, open for appending."""

    folder: Path
    identity: dict[str, Any]
    done: int = 0
    skipped: int = 0
    complaints: list[str] = field(default_factory=list)
    rows: dict[str, int] = field(default_factory=dict)
    files: dict[str, BinaryIO] = field(default_factory=dict)

    def __enter__(self) -> Self:
        """Open the columns and cut off what was not noted as done."""
        about = read_about(self.folder)
        self.done = about.get("done", 0)
        self.skipped = about.get("skipped", 0)
        self.complaints = about.get("complaints", [])
        self.rows = about.get("rows", {})
        self.labels = {name: at for at, name in enumerate(self.identity["categories"])}
        for name in (*COLUMNS, *MARKS):
            self.rows.setdefault(name, 0)
            self.files[name] = column_file(self.folder, name).open("ab")
            self.files[name].truncate(self.rows[name] * row_bytes(name))
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the files, whatever happened."""
        for file in self.files.values():
            file.close()

    def take(self, source: Source, limit: int | None) -> None:
        """Append one file's drawings, and note it as done."""
        tally = Tally()
        known = self._of_known_category(source, read(source.path, tally), tally)
        drawings = islice(known, limit if source.category is not None else None)
        for batch in _batches(drawings):
            self._append(batch, source.category)
        self.skipped += tally.skipped
        self.complaints += filter(None, [complaint(source.path, tally)])
        self.done += 1
        self._note()

    def group(self) -> None:
        """Write the last column, which needs all the others: who is whose copy."""
        for file in self.files.values():
            file.flush()
        count = self.rows["keys"]
        keys, *marks = (
            np.memmap(column_file(self.folder, name), "<u8", "r") if count else np.zeros(0, "<u8")
            for name in ("keys", *MARKS)
        )
        self.files["groups"].truncate(0)
        self.files["groups"].write(group_keys(keys, marks).astype("<u8", copy=False).data)

    def _of_known_category(
        self, source: Source, drawings: Iterable[Drawing], tally: Tally
    ) -> Iterable[Drawing]:
        for drawing in drawings:
            if (source.category or drawing.word) in self.labels:
                yield drawing
            else:
                tally.skip(f"{drawing.word!r} is none of the categories")

    def _append(self, batch: Sequence[Drawing], category: str | None) -> None:
        points = np.concatenate([drawing.points for drawing in batch])
        strokes = np.concatenate([drawing.sizes for drawing in batch])
        counts = [len(drawing.sizes) for drawing in batch]
        marks = signatures(points, strokes, counts)
        values = {
            "points": points,
            "strokes": strokes,
            "point_ends": self.rows["points"] + np.cumsum([len(d.points) for d in batch]),
            "stroke_ends": self.rows["strokes"] + np.cumsum(counts),
            "keys": np.array([drawing.key for drawing in batch], np.uint64),
            "labels": np.array([self.labels[category or drawing.word] for drawing in batch]),
            "recognized": np.array([-1 if d.recognized is None else d.recognized for d in batch]),
            **{name: marks[:, column] for column, name in enumerate(MARKS)},
        }
        for name, rows in values.items():
            self.files[name].write(rows.astype(_column(name)[0]).tobytes())
            self.rows[name] += len(rows)

    def _note(self) -> None:
        for file in self.files.values():
            file.flush()
        about = {
            "identity": self.identity,
            "categories": self.identity["categories"],
            "done": self.done,
            "skipped": self.skipped,
            "complaints": self.complaints,
            "rows": self.rows,
        }
        write_about(self.folder, about)


def _batches(drawings: Iterable[Drawing]) -> Iterator[list[Drawing]]:
    batch: list[Drawing] = []
    points = 0
    for drawing in drawings:
        batch.append(drawing)
        points += len(drawing.points)
        if points >= _BATCH:
            yield batch
            batch, points = [], 0
    if batch:
        yield batch


def _column(name: str) -> tuple[str, tuple[int, ...]]:
    return COLUMNS.get(name, ("<u8", ()))


def row_bytes(name: str) -> int:
    """Bytes of one row of a column."""
    kind, row = _column(name)
    return int(np.dtype(kind).itemsize * np.prod(row, dtype=int))


def write_about(folder: Path, about: dict[str, Any]) -> None:
    """Replace what a cache says of itself, at once."""
    fresh = folder / f"{ABOUT}.part"
    fresh.write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    fresh.replace(folder / ABOUT)
