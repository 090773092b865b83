"""Code-made drawings in the official files' forms."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Sequence

import numpy as np

from ml.raster import CANVAS_PER_UNIT
from tests.ml.shapes import SHAPES, Strokes, record, shape


def drawings(count: int, seed: int = 0) -> list[Strokes]:
    """Different drawings in canvas units, on the grid of box units."""
    rng = np.random.default_rng(seed)
    return [shape(list(SHAPES)[n % len(SHAPES)], rng) for n in range(count)]


def simplified(some: Sequence[Strokes], word: str = "cat", first_key: int = 0) -> bytes:
    lines = (record(strokes, word, first_key + n) for n, strokes in enumerate(some))
    return "".join(f"{line}\n" for line in lines).encode()


def raw(some: Sequence[Strokes], word: str = "cat", first_key: int = 0) -> bytes:
    """The same drawings somewhere on a screen, a point every 20 ms."""
    lines = []
    for key, strokes in enumerate(some, first_key):
        moved = [np.round(stroke.T / CANVAS_PER_UNIT * 1.7 + 40, 3).tolist() for stroke in strokes]
        timed = [[*axes, list(range(0, 20 * len(axes[0]), 20))] for axes in moved]
        line = {"word": word, "key_id": str(key), "recognized": False, "drawing": timed}
        lines.append(json.dumps(line) + "\n")
    return "".join(lines).encode()


def binary(some: Sequence[Strokes], first_key: int = 0, recognized: int = 1) -> bytes:
    out = bytearray()
    for key, strokes in enumerate(some, first_key):
        out += struct.pack("<Q2sbIH", key, b"DE", recognized, 1_484_000_000, len(strokes))
        for stroke in strokes:
            box = (stroke // CANVAS_PER_UNIT).astype(np.uint8)
            out += struct.pack("<H", len(box)) + box[:, 0].tobytes() + box[:, 1].tobytes()
    return bytes(out)


def bitmaps(count: int, seed: int = 0) -> bytes:
    rows = np.random.default_rng(seed).integers(0, 256, (count, 784), np.uint8)
    out = io.BytesIO()
    np.save(out, rows)
    return out.getvalue()


def steps(strokes: Strokes) -> np.ndarray[tuple[int, int], np.dtype[np.int16]]:
    """One drawing as sketch-rnn has it: `(dx, dy, pen lifted)`."""
    box = np.concatenate(strokes) // CANVAS_PER_UNIT
    lifted = np.zeros(len(box), np.int64)
    lifted[np.cumsum([len(stroke) for stroke in strokes]) - 1] = 1
    rows = np.column_stack((np.diff(box, axis=0, prepend=box[:1]), lifted))
    return rows.astype(np.int16)


def sketchrnn(train: Sequence[Strokes], valid: Sequence[Strokes] = ()) -> bytes:
    parts = {}
    for name, some in (("train", train), ("valid", valid), ("test", ())):
        parts[name] = np.empty(len(some), object)
        for place, strokes in enumerate(some):
            parts[name][place] = steps(strokes)
    out = io.BytesIO()
    np.savez_compressed(out, allow_pickle=True, **parts)
    return out.getvalue()
