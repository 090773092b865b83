"""Every kind of file drawings come in, read one drawing at a time.

| file | what | module |
|---|---|---|
| `.ndjson` | simplified or raw drawings, exported games | `ml.ndjson` |
| `.bin` | simplified drawings, packed | `ml.binary` |
| `.npz` | sketch-rnn's drawings | `ml.sketchrnn` |
| `.npy` | bitmaps: pictures and no strokes, so not read here | `ml.bitmaps` |
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ml.binary import read_binary
from ml.data import DataError
from ml.drawing import Drawing, Tally
from ml.ndjson import read_ndjson
from ml.sketchrnn import read_sketchrnn

READERS: Mapping[str, Callable[[Path, Tally], Iterator[Drawing]]] = {
    ".bin": read_binary,
    ".ndjson": read_ndjson,
    ".npz": read_sketchrnn,
}


def read(path: Path, tally: Tally) -> Iterator[Drawing]:
    """The drawings of one file, whatever its form; malformed ones are counted in `tally`.

    Raises `DataError` when the file cannot be read at all.
    """
    reader = READERS.get(path.suffix)
    if reader is None:
        msg = f"{path} is in no form known here: {', '.join(READERS)}."
        raise DataError(msg)
    try:
        yield from reader(path, tally)
    except OSError as problem:
        msg = f"{path} cannot be read: {problem.strerror or problem}."
        raise DataError(msg) from None


def drawing_files(folder: Path) -> dict[str, Path]:
    """Category name to its file in `folder`, in any form with strokes.

    Where a category has several, the quickest to read is taken (`.bin` before `.ndjson` before
    `.npz`). Raises `DataError` when there is no such folder or nothing in it.
    """
    if not folder.is_dir():
        msg = f"{folder} is not a folder."
        raise DataError(msg)
    found: dict[str, Path] = {}
    for suffix in READERS:
        for path in sorted(folder.glob(f"*{suffix}")):
            found.setdefault(path.stem, path)
    if not found:
        msg = f"{folder} holds no drawings ({', '.join(f'*{suffix}' for suffix in READERS)})."
        raise DataError(msg)
    return found


def complaint(path: Path, tally: Tally) -> str:
    """One line about what a file did not give, or an empty string."""
    if not tally.skipped:
        return ""
    return f"{path}: {tally.skipped:,} malformed drawings left out; the first: {tally.first_reason}"
