"""One drawing of a data set, whatever file it came from, and what went wrong beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ml.raster import CANVAS_PER_UNIT

BOX = 255
"""The longer side of a drawing in box units."""

_LONGEST_STROKE = 65535  # points: sizes are stored as u16


class MalformedError(ValueError):
    """Something in a file is no drawing; the message is the reason."""


@dataclass
class Tally:
    """What one file did not give: how many malformed drawings, and why the first one was."""

    skipped: int = 0
    first_reason: str = ""

    def skip(self, reason: str) -> None:
        """Count one more."""
        self.skipped += 1
        self.first_reason = self.first_reason or reason


@dataclass(frozen=True, slots=True)
class Drawing:
    """`points` (P, 2) uint8 in box units 0..255, all strokes in order; `sizes` (S,) their lengths.

    `key` is the data set's id, or a hash of the points where the file carries none;
    `recognized` is None where the file does not say.
    """

    points: npt.NDArray[np.uint8]
    sizes: npt.NDArray[np.uint16]
    key: int
    recognized: bool | None
    word: str

    @property
    def strokes(self) -> list[npt.NDArray[np.uint16]]:
        """The strokes, each `(n, 2)` canvas units 0..65535."""
        return canvas_strokes(self.points, self.sizes)


def canvas_strokes(
    points: npt.NDArray[np.uint8], sizes: npt.NDArray[np.uint16]
) -> list[npt.NDArray[np.uint16]]:
    """Packed box points `(P, 2)` and stroke sizes `(S,)` as a list of strokes in canvas units."""
    scaled = points.astype(np.uint16) * np.uint16(CANVAS_PER_UNIT)
    return np.split(scaled, np.cumsum(sizes[:-1], dtype=np.int64))


def packed_points(
    xs: Sequence[bytes], ys: Sequence[bytes]
) -> tuple[npt.NDArray[np.uint8], list[int]]:
    """One `bytes` of x and one of y a stroke, as points `(P, 2)` uint8 and sizes.

    Raises `MalformedError` where these are no drawing.
    """
    sizes = [len(x) for x in xs]
    if not sizes:
        msg = "it has no strokes"
        raise MalformedError(msg)
    if min(sizes) == 0 or max(sizes) > _LONGEST_STROKE:
        msg = f"a stroke has {min(sizes) and max(sizes)} points (1 to {_LONGEST_STROKE} can be)"
        raise MalformedError(msg)
    if sizes != [len(y) for y in ys]:
        msg = "a stroke has more of x than of y, or the other way round"
        raise MalformedError(msg)
    points = np.empty((sum(sizes), 2), np.uint8)
    points[:, 0] = np.frombuffer(b"".join(xs), np.uint8)
    points[:, 1] = np.frombuffer(b"".join(ys), np.uint8)
    return points, sizes


def content_key(points: npt.NDArray[np.uint8], sizes: Sequence[int]) -> int:
    """An id for a drawing that carries none: a 64-bit hash of its strokes, in whatever file."""
    content = hashlib.blake2b(np.array(sizes, "<u2").tobytes(), digest_size=8)
    content.update(points.tobytes())
    return int.from_bytes(content.digest(), "little")
