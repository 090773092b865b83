"""Drawings made by code: ten categories, each a little different every time."""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt

from ml.raster import CANVAS_PER_UNIT

Strokes = list[npt.NDArray[np.int64]]


def _turn(*angles: float) -> npt.NDArray[np.float64]:
    return np.stack((np.cos(angles), np.sin(angles)), axis=1)


def _ring(corners: int) -> npt.NDArray[np.float64]:
    return _turn(*np.linspace(0, 2 * np.pi, corners + 1))


def _lines(*ends: tuple[float, float, float, float]) -> list[npt.NDArray[np.float64]]:
    return [np.array(line, float).reshape(2, 2) for line in ends]


_SPIRAL = np.linspace(0, 6 * np.pi, 40)
SHAPES: dict[str, list[npt.NDArray[np.float64]]] = {
    "circle": [_ring(24)],
    "cross": _lines((-1, -1, 1, 1), (-1, 1, 1, -1)),
    "house": [np.array([[-1, 1], [-1, 0], [0, -1], [1, 0], [1, 1], [-1, 1.0]])],
    "ladder": _lines((0, 0, 0, 8), (2, 0, 2, 8), *((0, y, 2, y) for y in (1, 3, 5, 7))),
    "line": _lines((0, 0, 8, 0.5)),
    "moon": [np.concatenate((_turn(*np.linspace(-1.5, 1.5, 12)), [[0.5, 0.0], [0.0, -1.0]]))],
    "spiral": [_turn(*_SPIRAL) * _SPIRAL[:, None]],
    "square": [np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0.0]])],
    "triangle": [np.array([[0, 0], [1, 2], [-1, 2], [0, 0.0]])],
    "zigzag": [np.array([[x, x % 2 * 3] for x in range(9)], float)],
}


def shape(name: str, rng: np.random.Generator, wobble: float = 0.02) -> Strokes:
    """One code-made drawing of a category, in canvas units, fitted as the data set fits them."""
    strokes = [line * rng.uniform(0.8, 1.2, 2) for line in SHAPES[name]]
    every = np.concatenate(strokes)
    size = float(np.ptp(every, axis=0).max())
    strokes = [line + rng.normal(0, wobble * size, line.shape) for line in strokes]
    every = np.concatenate(strokes)
    scale = 255 / float(np.ptp(every, axis=0).max())
    low = every.min(axis=0)
    return [np.rint((s - low) * scale).astype(np.int64) * CANVAS_PER_UNIT for s in strokes]


def record(strokes: Strokes, name: str, key: int) -> str:
    """A drawing as one line of simplified ndjson."""
    drawing = [(stroke.T // CANVAS_PER_UNIT).tolist() for stroke in strokes]
    return json.dumps({"word": name, "key_id": str(key), "recognized": True, "drawing": drawing})
