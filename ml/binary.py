"""Quick, Draw!'s binary files: drawings one after another, nothing between them.

Little-endian: `u64 key_id, 2 bytes country code, i8 recognized, u32 timestamp (s), u16 strokes`,
then for each stroke `u16 n, u8 x[n], u8 y[n]` in the box 0..255.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ml.drawing import Drawing, MalformedError, Tally, packed_points

_HEAD = struct.Struct("<Q2sbIH")
_COUNT = struct.Struct("<H")
_CHUNK = 1 << 20  # bytes read at a time


def record_end(buffer: bytes | bytearray, start: int) -> int | None:
    """Where the record that begins at `start` ends, or None when the buffer ends before it.

    Raises `MalformedError` when no record can begin there: the format has no marks to find the next
    one by, so nothing after such a place can be read.
    """
    at = start + _HEAD.size
    if at > len(buffer):
        return None
    _, _, recognized, _, strokes = _HEAD.unpack_from(buffer, start)
    if recognized not in (0, 1):
        msg = f"not a record: its recognized flag is {recognized}, the rest cannot be read"
        raise MalformedError(msg)
    for _ in range(strokes):
        if at + _COUNT.size > len(buffer):
            return None
        at += _COUNT.size + 2 * _COUNT.unpack_from(buffer, at)[0]
    return at if at <= len(buffer) else None


def read_binary(path: Path, tally: Tally) -> Iterator[Drawing]:
    """The drawings of one `.bin` file; those that are none are counted in `tally`."""
    buffer = bytearray()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            buffer += chunk
            at = 0
            try:
                while (end := record_end(buffer, at)) is not None:
                    try:
                        yield _drawing(buffer, at, path.stem)
                    except MalformedError as problem:
                        tally.skip(str(problem))
                    at = end
            except MalformedError as problem:
                tally.skip(str(problem))
                return
            del buffer[:at]
    if buffer:
        tally.skip(f"the file ends within a drawing ({len(buffer)} bytes left over)")


def _drawing(buffer: bytearray, start: int, word: str) -> Drawing:
    key, _, recognized, _, strokes = _HEAD.unpack_from(buffer, start)
    at = start + _HEAD.size
    xs, ys = [], []
    for _ in range(strokes):
        (size,) = _COUNT.unpack_from(buffer, at)
        at += _COUNT.size
        xs.append(bytes(buffer[at : at + size]))
        ys.append(bytes(buffer[at + size : at + 2 * size]))
        at += 2 * size
    points, sizes = packed_points(xs, ys)
    return Drawing(points, np.array(sizes, np.uint16), key, bool(recognized), word)
