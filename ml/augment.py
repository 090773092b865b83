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
_BEND = 4.0  # box units, standard deviation of each wave's height
_BENDS = 2  # waves along each axis, none shorter than the drawing is long


def augment(
    strokes: Sequence[Points], rng: np.random.Generator, *, bends: bool = True
) -> list[Points]:
    """A changed copy of a drawing: bent, mirrored, turned, sheared; strokes and points slipped.

    Strokes are `(n, 2)` canvas units with n >= 1, before and after, and keep their numbers of
    points. The copy is also shrunk and placed anywhere on the canvas, as people draw, so it never
    touches the borders. Without `bends` lines keep their course but for the slips.
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
    if bends:
        points += _bend(points / (2 * size), rng) * unit
    points = points @ _affine(rng).T

    low, high = points.min(axis=0), points.max(axis=0)
    target = CANVAS_MAX * rng.uniform(0.3, 0.95)
    points = (points - low) * (target / (float((high - low).max()) or 1.0))
    room = CANVAS_MAX - points.max(axis=0)
    points = np.rint(points + room * rng.random(2)).astype(np.int64)
    return np.split(points, firsts[1:])


def _bend(places: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Box units to shift points `(n, 2)` by, from where they are, in lengths of the drawing.

    A sum of long waves: proportions change smoothly, as between one hand's sheep and another's.
    """
    waves = rng.uniform(-1, 1, (2, 2 * _BENDS))  # cycles over the drawing, along x and y
    phases = rng.uniform(0, 2 * np.pi, 2 * _BENDS)
    heights = rng.normal(0, _BEND, 2 * _BENDS)
    shifts = np.sin(2 * np.pi * places @ waves + phases) * heights
    result: npt.NDArray[np.float64] = shifts.reshape(len(places), 2, _BENDS).sum(axis=2)
    return result


def _affine(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    angle = rng.normal(0, _ROTATION)
    aspect = np.exp(rng.normal(0, _ASPECT) / 2)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, rng.normal(0, _SHEAR)], [0.0, 1.0]])
    mirror = -1.0 if rng.random() < _FLIP else 1.0
    result: npt.NDArray[np.float64] = turn @ shear @ np.diag([mirror * aspect, 1 / aspect])
    return result
