"""sketch-rnn's `.npz` files: arrays `train`, `valid` and `test` of `(n, 3)` int16 drawings.

A row is `(dx, dy, pen lifted)`: the step from the point before, and 1 on a stroke's last point.

Such arrays of arrays are stored as pickles, and unpickling a stranger's file can run a stranger's
code. NumPy offers that or nothing. So the pickle is read here, by an unpickler that knows three
names only and none of NumPy's own code: they stand for records of what the file says of an array,
and arrays are made from those records afterwards, with every length checked. Any other name ends
the reading of that file.
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from ml.data import DataError
from ml.drawing import BOX, Drawing, MalformedError, Tally, content_key, packed_points

PARTS = ("train", "valid", "test")
_KINDS: dict[str, np.dtype[Any]] = {
    "i2": np.dtype("<i2"),
    "i4": np.dtype("<i4"),
    "i8": np.dtype("<i8"),
    "f4": np.dtype("<f4"),
    "f8": np.dtype("<f8"),
}
_LARGEST = 1 << 30  # bytes of one unpacked array; the data set's own stay under 0.1 GB
_COLUMNS = 3


class _Kind:
    """What a pickle says of a `numpy.dtype`."""

    def __init__(self, code: str, *_flags: Any) -> None:
        self.code = code
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = state[1]


class _Array:
    """What a pickle says of a `numpy.ndarray`."""

    def __init__(self, *_empty: Any) -> None:
        self.state: tuple[Any, ...] = ()

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def rows(self) -> npt.NDArray[np.generic]:
        """The array itself, `(n, 3)`. Raises `MalformedError` when it is no drawing."""
        try:
            _, shape, kind, columns_first, data = self.state
            content = data.encode("latin1") if isinstance(data, str) else bytes(data)
            order = np.frombuffer(content, _KINDS[kind.code].newbyteorder(kind.order))
            made = order.reshape(shape, order="F" if columns_first else "C")
        except (ValueError, TypeError, KeyError, AttributeError):
            msg = "it is not an array of numbers"
            raise MalformedError(msg) from None
        if made.ndim != 2 or made.shape[1] != _COLUMNS or not len(made):  # noqa: PLR2004
            msg = f"its shape is {made.shape}, not (n, {_COLUMNS})"
            raise MalformedError(msg)
        return made


def _text_as_bytes(text: str, encoding: str) -> bytes:
    """Python 2's way to write bytes; the one encoding it used."""
    if encoding != "latin1":
        msg = f"bytes are written in {encoding!r}"
        raise pickle.UnpicklingError(msg)
    return text.encode("latin1")


_NAMES: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): _Array,
    ("numpy", "dtype"): _Kind,
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("_codecs", "encode"): _text_as_bytes,
}


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NAMES[module, name]
        except KeyError:
            msg = f"it asks for {module}.{name}, which no drawing needs"
            raise pickle.UnpicklingError(msg) from None


def read_sketchrnn(path: Path, tally: Tally) -> Iterator[Drawing]:
    """The drawings of all three parts; malformed ones are counted in `tally`.

    Raises `DataError` when the file is no such archive, or a pickle in it asks for anything but
    arrays.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            for part in PARTS:
                for stored in _stored(archive, part):
                    try:
                        yield _drawing(stored, path.stem)
                    except MalformedError as problem:
                        tally.skip(str(problem))
    except (OSError, zipfile.BadZipFile, pickle.UnpicklingError, EOFError, ValueError) as problem:
        msg = f"{path} is not a sketch-rnn archive: {problem}"
        raise DataError(msg) from None


def _stored(archive: zipfile.ZipFile, part: str) -> Iterator[Any]:
    """The drawings of one part as they were stored: records of arrays, or whole arrays."""
    member = f"{part}.npy"
    if member not in archive.namelist():
        return
    if archive.getinfo(member).file_size > _LARGEST:
        msg = f"{part} unpacks to more than {_LARGEST >> 20} MiB"
        raise ValueError(msg)
    with archive.open(member) as file:
        if not _is_pickled(file):
            with archive.open(member) as again:
                yield from np.lib.format.read_array(again, allow_pickle=False)
            return
        # Python 2 wrote the official files: its byte strings become text, one byte a letter.
        whole = _unpickled(file)
    if not isinstance(whole, _Array) or not whole.state or not isinstance(whole.state[-1], list):
        msg = f"{part} is not a list of drawings"
        raise ValueError(msg)
    yield from whole.state[-1]


def _unpickled(file: IO[bytes]) -> Any:
    try:
        return _Reader(file, encoding="latin1").load()
    except (AttributeError, LookupError, TypeError, ArithmeticError, MemoryError) as problem:
        msg = f"its pickle is damaged ({type(problem).__name__})"
        raise pickle.UnpicklingError(msg) from None


def _is_pickled(file: IO[bytes]) -> bool:
    """Read an `.npy` header; whether a pickle follows it, and not plain numbers."""
    version = np.lib.format.read_magic(file)
    read = (
        np.lib.format.read_array_header_1_0
        if version == (1, 0)
        else np.lib.format.read_array_header_2_0
    )
    _, _, kind = read(file)
    return bool(kind.hasobject)


def _drawing(stored: Any, word: str) -> Drawing:
    if not isinstance(stored, (_Array, np.ndarray)):
        msg = "it is not an array"
        raise MalformedError(msg)
    rows = (stored.rows() if isinstance(stored, _Array) else stored).astype(np.float64)
    places = np.cumsum(rows[:, :2], axis=0)
    if not np.isfinite(places).all():
        msg = "a step is not finite"
        raise MalformedError(msg)
    places -= places.min(axis=0)
    extent = float(places.max())
    if extent > BOX:  # the data set's own steps fit; others are scaled down to the box
        places *= BOX / extent
    box = np.rint(places).astype(np.uint8)
    ends = np.flatnonzero(rows[:, 2] > 0) + 1
    strokes = [stroke for stroke in np.split(box, ends) if len(stroke)]
    points, sizes = packed_points(
        [stroke[:, 0].tobytes() for stroke in strokes],
        [stroke[:, 1].tobytes() for stroke in strokes],
    )
    key = content_key(points, sizes)
    return Drawing(points, np.array(sizes, np.uint16), key, None, word)
