"""Where the first N drawings of an official file end, found while its bytes arrive."""

from __future__ import annotations

from typing import Protocol

from ml.binary import record_end
from ml.bitmaps import header_layout


class Records(Protocol):
    """Counts drawings in a stream of one file's bytes.

    `feed` takes the next bytes; `end` is the offset in the file, in bytes, after the last wanted
    drawing, or None as long as it has not come. `likely` guesses that offset beforehand. Both may
    raise `ValueError` when the bytes are no such file.
    """

    end: int | None
    likely: int

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the file."""


class Lines:
    """One drawing a line."""

    def __init__(self, wanted: int, usual: int) -> None:
        """`usual` is the length of one line, in bytes, roughly."""
        self.end: int | None = None
        self.likely = wanted * usual
        self._left = wanted
        self._seen = 0

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the file."""
        lines = chunk.count(b"\n")
        if self.end is None and lines >= self._left:
            at = -1
            for _ in range(self._left):
                at = chunk.index(b"\n", at + 1)
            self.end = self._seen + at + 1
        self._left -= lines
        self._seen += len(chunk)


class BinaryRecords:
    """Drawings one after another, as `ml.binary` reads them."""

    def __init__(self, wanted: int, usual: int) -> None:
        """`usual` is the length of one drawing, in bytes, roughly."""
        self.end: int | None = None
        self.likely = wanted * usual
        self._left = wanted
        self._seen = 0
        self._rest = bytearray()

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the file."""
        self._rest += chunk
        at = 0
        while self._left and (end := record_end(self._rest, at)) is not None:
            at = end
            self._left -= 1
        self._seen += at
        del self._rest[:at]
        if not self._left and self.end is None:
            self.end = self._seen
        if self.end is not None:
            self._rest.clear()


class Rows:
    """Rows of one size behind a header, as in NumPy's files."""

    def __init__(self, wanted: int, usual: int) -> None:
        """`usual` is the length of one row, in bytes."""
        self.end: int | None = None
        self.likely = 128 + wanted * usual
        self._wanted = wanted
        self._start = b""
        self._seen = 0
        self._needed: int | None = None

    def feed(self, chunk: bytes) -> None:
        """Look at the next bytes of the file."""
        self._seen += len(chunk)
        if self._needed is None:
            self._start += chunk
            layout = header_layout(self._start)
            if layout is None:
                return
            header, row, rows = layout
            self._needed = header + row * min(self._wanted, rows)
            self._start = b""
        if self._seen >= self._needed:
            self.end = self._needed
