"""Random changes to a drawing that leave its category alone, in canvas units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ml.raster import CANVAS_MAX, CANVAS_PER_UNIT, Points

_FLIP = 0.5  # share of mirrored drawings: people start a fish from either side
_ROTATION = 0.12  # radians, standard deviation
_ASPECT = 0.12  # log of width over height
_SHEAR = 0.10
_STROKE_SHIFT = 2.5  # box units (of 255); every stroke slips a little by itself
_STROKE_SCALE = 0.05
_POINT_NOISE = 1.0  # box units; other devices, other hands


def augment(strokes: Sequence[Points], rng: np.random.Generator) -> list[Points]:
    """A changed copy of a drawing: mirrored, turned, sheared, each stroke slipped, each point too.

    The copy is also shrunk and placed anywhere on the canvas, as people draw, so it never
    touches the borders and stays whole canvas units.
    """
    counts = [len(stroke) for stroke in strokes]
    points = np.concatenate(strokes).astype(np.float64)
    points -= (points.min(axis=0) + points.max(axis=0)) / 2
    size = float(np.abs(points).max()) or 1.0
    unit = size * 2 / (CANVAS_MAX / CANVAS_PER_UNIT)  # one box unit of this drawing

    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    centres = np.add.reduceat(points, firsts) / np.array(counts)[:, None]
    scales = 1 + rng.normal(0, _STROKE_SCALE, (len(counts), 2))
    shifts = rng.normal(0, _STROKE_SHIFT * unit, (len(counts), 2))
    each_centre = np.repeat(centres, counts, axis=0)
    points = (points - each_centre) * np.repeat(scales, counts, axis=0)
    points += each_centre + np.repeat(shifts, counts, axis=0)
    points += rng.normal(0, _POINT_NOISE * unit, points.shape)
    points = points @ _affine(rng).T

    low, high = points.min(axis=0), points.max(axis=0)
    target = CANVAS_MAX * rng.uniform(0.3, 0.95)
    points = (points - low) * (target / (float((high - low).max()) or 1.0))
    room = CANVAS_MAX - points.max(axis=0)
    points = np.rint(points + room * rng.random(2)).astype(np.int64)
    return np.split(points, firsts[1:])


def _affine(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    angle = rng.normal(0, _ROTATION)
    aspect = np.exp(rng.normal(0, _ASPECT) / 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, rng.normal(0, _SHEAR)], [0.0, 1.0]])
    mirror = -1.0 if rng.random() < _FLIP else 1.0
    result: npt.NDArray[np.float64] = turn @ shear @ np.diag([mirror * aspect, 1 / aspect])
    return result
