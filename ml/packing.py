"""Pack files of drawings into a cache, one file after another, in bounded memory.

Until it is whole, a cache is a folder `<name>.part` whose `cache.json` tells how far it has come.
What a stopped run left of an unfinished file is cut off again and that file is read anew; at the
end the folder gets its name, at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ml.cache import CACHE_VERSION, PackedDrawings, column_file, read_about
from ml.columns import MARKS, Columns, Source, row_bytes, write_about
from ml.data import DataError


def sources(files: Mapping[str, Path], extra: Sequence[Path] = ()) -> list[Source]:
    """Files by category, and then files that hold drawings of many, such as exported games."""
    return [
        *(Source(path, name) for name, path in files.items()),
        *(Source(path, None) for path in extra),
    ]


def packed(
    folder: Path,
    files: Sequence[Source],
    categories: Sequence[str],
    per_category: int | None = None,
    *,
    quiet: bool = False,
) -> PackedDrawings:
    """The cache `folder` of these files, packed now unless it is there and still fits.

    At most `per_category` drawings of each file that has a category. Malformed drawings are
    counted, and so are those of `extra` files whose word is no category. Raises `DataError` when
    a file cannot be read or the folder cannot be written.
    """
    wanted = _identity(files, categories, per_category)
    if read_about(folder).get("identity") == wanted:
        return PackedDrawings(folder)
    try:
        _pack(folder, files, wanted, quiet=quiet)
    except OSError as problem:
        msg = (
            f"cannot pack drawings in {folder}: {problem.strerror or problem}. "
            "Make room or choose another folder; packing goes on from where it stopped."
        )
        raise DataError(msg) from None
    return PackedDrawings(folder)


def _identity(
    files: Sequence[Source], categories: Sequence[str], per_category: int | None
) -> dict[str, Any]:
    """What a cache depends on; when any of it changes, it is packed anew."""
    try:
        stats = [source.path.stat() for source in files]
    except OSError as problem:
        msg = f"{problem.filename} cannot be read: {problem.strerror}."
        raise DataError(msg) from None
    return {
        "version": CACHE_VERSION,
        "categories": list(categories),
        "per_category": per_category,
        "files": [
            [str(source.path), source.category, stat.st_size, stat.st_mtime_ns]
            for source, stat in zip(files, stats, strict=True)
        ],
    }


def _pack(folder: Path, files: Sequence[Source], identity: dict[str, Any], *, quiet: bool) -> None:
    part = folder.with_name(f"{folder.name}.part")
    if not _resumable(part, identity):
        shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True, exist_ok=True)
    size = sum(source.path.stat().st_size for source in files)
    with (
        Columns(part, identity) as columns,
        tqdm(
            total=size, unit="B", unit_scale=True, unit_divisor=1024, desc="packing", disable=quiet
        ) as bar,
    ):
        for place, source in enumerate(files):
            if place >= columns.done:
                columns.take(source, identity["per_category"])
            bar.update(source.path.stat().st_size)
        columns.group()
    about = read_about(part)
    write_about(part, {**about, "version": CACHE_VERSION})
    if folder.exists():
        shutil.rmtree(folder)
    part.replace(folder)
    for name in MARKS:  # only now: without them the part could not have been taken up again
        column_file(folder, name).unlink()


def _resumable(part: Path, identity: dict[str, Any]) -> bool:
    """Whether a stopped run wanted the same, and all it noted is still there."""
    about = read_about(part)
    if about.get("identity") != identity:
        return False
    rows = about["rows"]
    try:
        sizes = [column_file(part, name).stat().st_size for name in rows]
    except OSError:
        return False
    return all(size >= rows[name] * row_bytes(name) for name, size in zip(rows, sizes, strict=True))
