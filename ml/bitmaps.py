"""Quick, Draw!'s bitmaps: one `.npy` a category, `(N, 784)` uint8, ink 255 on 0, row by row."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from ml.data import DataError

PIXELS = 28 * 28
_MAGIC = b"\x93NUMPY"
_VERSIONED = 8  # bytes of magic and version


class NotRowsError(ValueError):
    """The bytes are not the beginning of an array of rows in NumPy's format."""


def read_bitmaps(path: Path) -> npt.NDArray[np.uint8]:
    """The bitmaps of one file, `(N, 784)` uint8, memory-mapped and read-only.

    Raises `DataError` when the file is something else or shorter than it says.
    """
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        msg = f"{path} is no bitmap file, or not all of one: {problem}"
        raise DataError(msg) from None
    if rows.dtype != np.uint8 or rows.ndim != 2 or rows.shape[1] != PIXELS:  # noqa: PLR2004
        msg = f"{path} holds {rows.dtype} {rows.shape}, not uint8 (N, {PIXELS}) bitmaps."
        raise DataError(msg)
    return np.asarray(rows)


def header_layout(start: bytes) -> tuple[int, int, int] | None:
    """From a file's first bytes: its header's length, one row's bytes, its number of rows.

    None when more bytes are needed to tell. Raises `NotRowsError` when it is no such file.
    """
    if start[: len(_MAGIC)] != _MAGIC[: len(start)]:
        msg = "the file does not begin as NumPy's files do"
        raise NotRowsError(msg)
    if len(start) < _VERSIONED + 4:
        return None
    width = 2 if start[6] == 1 else 4  # version 1 counts the header in a u16, later ones in a u32
    length = _VERSIONED + width + int.from_bytes(start[_VERSIONED : _VERSIONED + width], "little")
    if len(start) < length:
        return None
    try:
        described = ast.literal_eval(start[_VERSIONED + width : length].decode("latin1").strip())
        rows, columns = described["shape"]
    except (ValueError, SyntaxError, KeyError, TypeError):
        msg = "the file's header does not describe rows"
        raise NotRowsError(msg) from None
    if described.get("descr") != "|u1" or described.get("fortran_order"):
        msg = f"the file holds {described.get('descr')}, not rows of bytes"
        raise NotRowsError(msg)
    return length, int(columns), int(rows)


def keep_rows(source: BinaryIO, target: BinaryIO, rows: int) -> None:
    """Copy the first `rows` rows of an array of uint8 rows, with a header that says so.

    Raises `NotRowsError` when `source` is no such file or holds fewer.
    """
    layout = header_layout(source.read(1 << 16))
    if layout is None or layout[2] < rows:
        msg = f"the file does not hold {rows} rows"
        raise NotRowsError(msg)
    length, row_bytes, _ = layout
    header = {"descr": "|u1", "fortran_order": False, "shape": (rows, row_bytes)}
    np.lib.format.write_array_header_1_0(target, header)
    source.seek(length)
    left = rows * row_bytes
    while left and (chunk := source.read(min(left, 1 << 20))):
        target.write(chunk)
        left -= len(chunk)
