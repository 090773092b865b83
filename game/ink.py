"""Ink: what a pen left on one canvas, as strokes of packed points.

The canvas is the square 0..65535 in both directions, whatever the screen. A point is six bytes,
little-endian ``u16 x, u16 y, u16 dt``, where ``dt`` is the milliseconds since the point before it
in the same stroke (0 for the first; pauses longer than 65.5 s read 65535). Points stay packed:
ink is appended twenty times a second and read by people, by the rasteriser and by the archive,
and every one of them wants these bytes.
"""

from __future__ import annotations

import enum
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

CANVAS: Final = 65535
HAIR: Final = 512  # a pixel of the network's picture, in a drawing of a fair size
POINT: Final = struct.Struct("<HHH")
COUNT: Final = struct.Struct("<H")
# How the packed bytes of a value are written where the value is stored as JSON.
BYTES_AS_BASE64: Final[dict[str, Any]] = {"ser_json_bytes": "base64", "val_json_bytes": "base64"}


class Pen(enum.IntFlag):
    """What a run of points does to the pen; the flags byte of ink on the wire."""

    STARTS = 1  # the first point starts a stroke
    ENDS = 2  # the last point ends it
    UNDO = 4  # the newest stroke is taken back (relay only)
    CLEAR = 8  # the canvas is wiped first (relay only)


# Plain integers: an operation on a flag costs more than all else that is done with a batch.
_STARTS: Final = int(Pen.STARTS)
_ENDS: Final = int(Pen.ENDS)


@dataclass(frozen=True, slots=True)
class Ink:
    """All strokes of one drawing, oldest first; each a run of packed points, never empty.

    ``pen_down`` tells whether the last stroke can still grow.
    """

    __pydantic_config__: ClassVar[dict[str, Any]] = BYTES_AS_BASE64

    strokes: tuple[bytes, ...] = ()
    pen_down: bool = False

    @property
    def points(self) -> int:
        """Points in all strokes together."""
        return sum(map(len, self.strokes)) // POINT.size


BLANK: Final = Ink()


def add(ink: Ink, pen: Pen, points: bytes) -> Ink:
    """``ink`` with a run of packed points added.

    Points continue the last stroke while the pen is down and start a new one otherwise, so ink
    that follows an undo in mid-stroke is kept rather than joined to an older line.
    Raises ``ValueError`` when ``points`` is not a whole number of points.
    """
    if len(points) % POINT.size:
        message = f"ink of {len(points)} bytes is not a whole number of {POINT.size}-byte points"
        raise ValueError(message)
    does = int(pen)
    pen_down = ink.pen_down and not does & _STARTS
    strokes = ink.strokes
    if points:
        older, newest = (strokes[:-1], strokes[-1]) if pen_down else (strokes, b"")
        strokes = (*older, newest + points)
        pen_down = True
    return Ink(strokes, pen_down and not does & _ENDS)


def undo(ink: Ink) -> Ink:
    """``ink`` without its newest stroke; a blank canvas stays blank."""
    return replace(ink, strokes=ink.strokes[:-1], pen_down=False)


def points_of(stroke: bytes) -> Iterator[tuple[int, int, int]]:
    """The ``(x, y, dt_ms)`` of each point of a packed stroke."""
    return POINT.iter_unpack(stroke)


def extent(points: bytes) -> int:
    """The longer side of the box around packed points, of which there is at least one."""
    numbers: tuple[int, ...] = struct.unpack(f"<{len(points) // COUNT.size}H", points)
    xs, ys = numbers[0::3], numbers[1::3]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def stroke_of(points: Iterable[tuple[int, int, int]]) -> bytes:
    """A packed stroke from ``(x, y, dt_ms)`` points; ``struct.error`` outside 0..65535."""
    return b"".join(POINT.pack(*point) for point in points)


def pack(ink: Ink) -> bytes:
    """A drawing as one run of bytes: per stroke a ``u16`` point count, then its points.

    This is the form in which ink waits for recognition and is kept for verdicts.
    """
    return b"".join(
        part for stroke in ink.strokes for part in (COUNT.pack(len(stroke) // POINT.size), stroke)
    )


def unpack(packed: bytes) -> Ink:
    """The drawing that ``pack`` packed, pen up. Raises ``ValueError`` on malformed bytes."""
    strokes: list[bytes] = []
    at = 0
    while at < len(packed):
        if at + COUNT.size > len(packed):
            message = f"packed ink ends inside the point count at byte {at}"
            raise ValueError(message)
        (count,) = COUNT.unpack_from(packed, at)
        start, at = at + COUNT.size, at + COUNT.size + count * POINT.size
        if not count or at > len(packed):
            message = f"packed ink has a stroke of {count} points at byte {start} that is not there"
            raise ValueError(message)
        strokes.append(packed[start:at])
    return Ink(tuple(strokes))
