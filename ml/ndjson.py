"""Drawings as one JSON object a line: simplified, raw, and exported from games.

`drawing` is a list of strokes. Simplified: `[[x...], [y...]]`, whole numbers 0..255. Raw:
`[[x...], [y...], [t...]]`, screen pixels and milliseconds; those are brought to the same form by
the data set's own recipe (`ml.timed.simplify`). Games are exported in either form.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ml.data import TimedDrawing
from ml.drawing import Drawing, MalformedError, Tally, content_key, packed_points
from ml.raster import CANVAS_PER_UNIT
from ml.timed import simplify

_TIMED = 3  # rows of a raw stroke: x, y, t


def read_ndjson(path: Path, tally: Tally) -> Iterator[Drawing]:
    """The drawings of one file; malformed lines are counted in `tally`.

    Each line is read by its own form, so a folder of exported games may mix them.
    """
    for line in _lines(path):
        try:
            yield _drawing(_record(line), path.stem)
        except MalformedError as problem:
            tally.skip(str(problem))


def read_timed_ndjson(path: Path, label: int, tally: Tally) -> Iterator[TimedDrawing]:
    """The raw drawings of one file with their times, as `ml.timed` measures them."""
    for line in _lines(path):
        try:
            record = _record(line)
            timed = _timed(record["drawing"])
            key = _key(record) or content_key(*_from_raw(timed))
            points = [stroke[:2].T.copy() for stroke in timed]
            yield TimedDrawing(points, [stroke[2] for stroke in timed], label, key)
        except MalformedError as problem:
            tally.skip(str(problem))


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        yield from (line for line in file if line.strip())


def _record(line: bytes) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError):
        msg = "the line is not JSON"
        raise MalformedError(msg) from None
    strokes = record.get("drawing") if isinstance(record, dict) else None
    if not isinstance(strokes, list) or not strokes:
        msg = "the line has no drawing"
        raise MalformedError(msg)
    if not all(isinstance(stroke, list) and len(stroke) >= 2 for stroke in strokes):  # noqa: PLR2004
        msg = "a stroke is not a list of x and a list of y"
        raise MalformedError(msg)
    return dict(record)


def _drawing(record: dict[str, Any], name: str) -> Drawing:
    strokes = record["drawing"]
    if any(len(stroke) >= _TIMED for stroke in strokes):
        points, sizes = _from_raw(_timed(strokes))
    else:
        points, sizes = packed_points(
            *([_box(stroke[axis]) for stroke in strokes] for axis in (0, 1))
        )
    key = _key(record)
    recognized = record.get("recognized")
    return Drawing(
        points,
        np.array(sizes, np.uint16),
        content_key(points, sizes) if key is None else key,
        recognized if isinstance(recognized, bool) else None,
        word if isinstance(word := record.get("word"), str) else name,
    )


def _box(values: Any) -> bytes:
    """Whole numbers 0..255 as bytes; `bytes` itself checks each of them, at the speed of C."""
    try:
        if isinstance(values, list):
            return bytes(values)
    except (TypeError, ValueError):
        pass
    msg = "coordinates are not whole numbers from 0 to 255"
    raise MalformedError(msg)


def _timed(strokes: list[Any]) -> list[npt.NDArray[np.float64]]:
    """Raw strokes as arrays `(3, n)` of x, y (pixels) and t (ms)."""
    try:
        arrays = [np.array(stroke[:_TIMED], np.float64) for stroke in strokes]
    except (TypeError, ValueError, OverflowError):
        msg = "a raw stroke is not three equally long lists of numbers"
        raise MalformedError(msg) from None
    for array in arrays:
        if array.ndim != 2 or len(array) != _TIMED or not array.shape[1]:  # noqa: PLR2004
            msg = "a raw stroke is not three equally long lists of numbers"
            raise MalformedError(msg)
        # Squares of larger ones would overflow; no screen has them.
        if not (np.abs(array) < 1e15).all():  # noqa: PLR2004
            msg = "a raw stroke holds a number that is not finite, or no pixel"
            raise MalformedError(msg)
    return arrays


def _from_raw(strokes: list[npt.NDArray[np.float64]]) -> tuple[npt.NDArray[np.uint8], list[int]]:
    simple = simplify([stroke[:2].T for stroke in strokes])
    columns = (
        [(line[:, axis] // CANVAS_PER_UNIT).astype(np.uint8).tobytes() for line in simple]
        for axis in (0, 1)
    )
    return packed_points(*columns)


def _key(record: dict[str, Any]) -> int | None:
    text = str(record.get("key_id", ""))
    if text.isascii() and text.isdigit() and len(text) <= 20 and int(text) < 2**64:  # noqa: PLR2004
        return int(text)
    return None
