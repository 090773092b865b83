"""Which drawings are kept from training: the same on every machine, copies never on two sides.

The data set's id of a drawing decides, by a hash. One drawing may occur twice, though: as raw and
as simplified under one id, or drawn once and saved under two. So copies are found first, by coarse
signatures of what was drawn, and a group of copies goes where its smallest id goes. A drawing
without copies has a group of its own, and its id alone decides, whatever else is in the data.

A signature is a hash of a coarse picture: how much early and how much late ink lies in each of 6x6
fields, in steps. Where a value lies close to the edge of a step, two near-equal drawings may fall
on either side; so every drawing has several signatures whose steps are shifted against each other,
and one in common is enough.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

Keys = npt.NDArray[np.uint64]

SIGNATURES = 16
"""Signatures of each drawing."""

_FIELDS = 6
_STEP = 16.0  # box units of ink in a field
# Measured on 142,709 drawings: of copies with every point moved by up to one box unit, 0.26 % share
# no signature; 0.7 % of the drawings have copies, nearly all of them single strokes across the box.
_SAMPLE = 4.0  # box units between the places at which ink is weighed
_PIXEL_STEP = 32.0  # of 255, for the mean of a field of a bitmap
_CROWD = 50  # drawings
_PASSES = 16  # parts of the signatures looked at one by one, to bound memory
_ROWS = 1 << 16


def held_out(keys: Keys, share: float) -> npt.NDArray[np.bool_]:
    """Which of `keys` (N,) are kept from training: about `share` (0..1) of them.

    A larger share holds out all that a smaller one does.
    """
    chosen = np.empty(len(keys), np.bool_)
    limit = share * 2**32
    for first in range(0, len(keys), _ROWS):
        part = np.asarray(keys[first : first + _ROWS]).astype("<u8").tobytes()
        digests = (
            hashlib.blake2b(part[at : at + 8], digest_size=4).digest()
            for at in range(0, len(part), 8)
        )
        values = np.frombuffer(b"".join(digests), "<u4")
        chosen[first : first + _ROWS] = values < limit
    return chosen


def signatures(
    points: npt.NDArray[np.uint8], strokes: npt.ArrayLike, drawings: Sequence[int]
) -> Keys:
    """Signatures `(D, SIGNATURES)` of drawings packed one after another.

    `points` (P, 2) are box units; `strokes` tells each stroke's points and `drawings` each
    drawing's strokes, none of them 0.
    """
    sizes = np.asarray(strokes, np.int64)
    ends = np.cumsum(sizes)
    owner = np.repeat(np.arange(len(drawings)), np.asarray(drawings, np.int64))
    places = points.astype(np.float64)
    # Each point to the next one of its stroke; a stroke's last point to itself: a dot has no
    # length, and no pen that was lifted leaves ink.
    following = np.arange(1, len(places) + 1)
    following[ends - 1] -= 1
    steps = places[following] - places
    lengths = np.sqrt(steps[:, 0] ** 2 + steps[:, 1] ** 2)
    counts = np.maximum(1, np.ceil(lengths / _SAMPLE)).astype(np.int64)
    weights = np.repeat(np.maximum(lengths, 1.0) / counts, counts)
    within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    along = (within + 0.5) / np.repeat(counts, counts)
    samples = np.repeat(places, counts, axis=0) + along[:, None] * np.repeat(steps, counts, axis=0)
    of_drawing = np.repeat(np.repeat(owner, sizes), counts)
    # Order tells one circle from another: ink counts as early and as late by when it was drawn.
    spent = np.cumsum(weights) - weights / 2
    total = np.bincount(of_drawing, weights, len(drawings))
    late = (spent - (np.cumsum(total) - total)[of_drawing]) / total[of_drawing]
    fields = [
        _ink_in_fields(samples, weights * when, of_drawing, len(drawings))
        for when in (1 - late, late)
    ]
    return _shifted(np.concatenate(fields, axis=1), _STEP)


def picture_signatures(pictures: npt.NDArray[np.uint8]) -> Keys:
    """Signatures `(N, SIGNATURES)` of official bitmaps `(N, 784)`.

    Comparable with those of drawings rasterised at side 28 with one channel, not with `signatures`.
    """
    fields = pictures.reshape(len(pictures), 7, 4, 7, 4).mean(axis=(2, 4))
    return _shifted(fields.reshape(len(pictures), -1), _PIXEL_STEP)


def group_keys(keys: Keys, marks: Sequence[Keys]) -> Keys:
    """For each drawing the smallest id among it and its copies, and their copies.

    `keys` (N,) are ids and each of `marks` (N,) a column of signatures; drawings with an equal id,
    or an equal mark in one column, are copies. All may be memory-mapped: they are read in parts.
    """
    pairs = [pair for column in (keys, *marks) for pair in _equal(column)]
    groups = np.array(keys, np.uint64)
    first, second = np.concatenate(pairs, axis=1)
    touched, ends = np.unique(np.concatenate((first, second)), return_inverse=True)
    one, other = ends[: len(first)], ends[len(first) :]
    smallest = groups[touched]
    while True:  # each round carries the smallest id one copy further
        least = np.minimum(smallest[one], smallest[other])
        before = smallest.copy()
        np.minimum.at(smallest, one, least)
        np.minimum.at(smallest, other, least)
        if (smallest == before).all():
            break
    groups[touched] = smallest
    return groups


def held_out_groups(keys: Keys, groups: Keys, share: float) -> npt.NDArray[np.bool_]:
    """Which drawings are kept from training, by their `group_keys` (N,): whole groups only.

    A group of more than 50 is never held out: thousands draw "line" with one straight stroke, and
    holding them out together would take most of a category from training.
    """
    chosen = held_out(groups, share)
    led, sizes = np.unique(groups[groups != keys], return_counts=True)
    crowds = led[sizes >= _CROWD]  # these have a leader besides
    for first in range(0, len(chosen), _ROWS):
        part = slice(first, first + _ROWS)
        chosen[part] &= ~np.isin(groups[part], crowds)
    return chosen


def _ink_in_fields(
    samples: npt.NDArray[np.float64],
    weights: npt.NDArray[np.float64],
    of_drawing: npt.NDArray[np.int64],
    drawings: int,
) -> npt.NDArray[np.float64]:
    """Weigh samples (box units) into `(drawings, 36)`, shared between neighbouring fields.

    Shared, because then ink that moves by a hair changes the fields by a hair too.
    """
    at = samples * ((_FIELDS - 1) / 255)
    low = np.minimum(at.astype(np.int64), _FIELDS - 2)
    part = at - low
    fields = np.zeros(drawings * _FIELDS**2)
    for right in (0, 1):
        for down in (0, 1):
            share = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
            field = (low[:, 1] + down) * _FIELDS + low[:, 0] + right
            fields += np.bincount(of_drawing * _FIELDS**2 + field, share * weights, len(fields))
    return fields.reshape(drawings, -1)


def _shifted(fields: npt.NDArray[np.float64], step: float) -> Keys:
    """Hashes of the fields `(N, F)` in steps, one for each shift of the steps: (N, SIGNATURES)."""
    # Odd constants from a fixed hash: sums of products modulo 2^64, on any machine.
    seeds = (hashlib.blake2b(b"field %d" % n, digest_size=8) for n in range(fields.shape[1]))
    factors = np.array([int.from_bytes(seed.digest(), "little") | 1 for seed in seeds], np.uint64)
    marks = np.empty((len(fields), SIGNATURES), np.uint64)
    for shift in range(SIGNATURES):
        # Not a round part: whole and half numbers, the ink of dots, must not lie on an edge.
        part = (shift + 0.377) / SIGNATURES
        stairs = np.floor(fields / step + part).astype(np.uint64)
        marks[:, shift] = (stairs * factors).sum(axis=1, dtype=np.uint64)
    return marks


def _equal(column: Keys) -> Iterator[npt.NDArray[np.int64]]:
    """Pairs `(2, n)` of places with equal values, enough to connect all that are equal."""
    passes = _PASSES if len(column) > _ROWS else 1
    for turn in range(passes):
        places = np.concatenate(
            [
                first + np.flatnonzero(_turns(column[first : first + _ROWS], passes) == turn)
                for first in range(0, len(column), _ROWS)
            ]
            or [np.zeros(0, np.int64)]
        )
        values = np.asarray(column[places])
        order = np.argsort(values, kind="stable")
        same = np.flatnonzero(values[order[1:]] == values[order[:-1]])
        yield np.stack((places[order[same]], places[order[same + 1]]))


def _turns(values: Keys, passes: int) -> Keys:
    """In which pass each value is looked at; ids end in zeros, so their low bits will not do."""
    spread: Keys = np.asarray(values) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(32)
    return spread % np.uint64(passes)
