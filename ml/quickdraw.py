"""Drawings to train on, from a name for them to a packed cache: downloaded or found in a folder."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from ml.cache import PackedDrawings
from ml.data import DataError, category_order
from ml.download import URL_VARIABLE, chosen_categories, default_folder
from ml.fetching import FORMS, OFFICIAL_URL, Wish, download
from ml.formats import drawing_files
from ml.packing import packed, sources


def training_drawings(
    data: Path | None,
    categories: str | None = None,
    per_category: int | None = None,
    *,
    extra: Path | None = None,
    cache: Path | None = None,
    quiet: bool = False,
) -> PackedDrawings:
    """The drawings of `data` (its folder `train/`, where there is one), packed.

    Without `data` the official binary files are brought to the user's cache folder first, 5 GB if
    nothing limits them. `categories` is a number, the first so many, or names with commas
    between; `per_category` is the most of each; `extra` is a folder of exported games. `cache` is
    where caches are kept, by default beside what is downloaded. Raises `DataError`.
    """
    home = cache or default_folder() / "packed"
    if data is None:
        files = _downloaded(chosen_categories(categories), per_category, quiet=quiet)
        order: Sequence[str] = tuple(files)
    else:
        files = drawing_files(data / "train" if (data / "train").is_dir() else data)
        order = chosen_of(categories, category_order(data, files), data)
    games = [] if extra is None else sorted(extra.glob("*.ndjson"))
    if extra is not None and not games:
        msg = f"{extra} holds no exported games (*.ndjson)."
        raise DataError(msg)
    chosen = {name: files[name].resolve() for name in order}
    # Runs that ask for other drawings keep other caches, so none of them repacks in turn.
    asked = json.dumps([[str(path) for path in (*chosen.values(), *games)], per_category])
    name = hashlib.blake2b(asked.encode(), digest_size=6).hexdigest()
    drawings = packed(home / name, sources(chosen, games), order, per_category, quiet=quiet)
    if not len(drawings):
        msg = f"no drawing in {data or default_folder()} could be read."
        raise DataError(msg)
    return drawings


def _downloaded(
    categories: Sequence[str], per_category: int | None, *, quiet: bool
) -> dict[str, Path]:
    folder = default_folder()
    url = os.environ.get(URL_VARIABLE, OFFICIAL_URL)
    download(Wish(folder, ("binary",), categories, per_category, url), quiet=quiet)
    return {name: folder / "binary" / f"{name}{FORMS['binary'].suffix}" for name in categories}


def chosen_of(wanted: str | None, there: Sequence[str], folder: Path) -> Sequence[str]:
    """The categories asked for, of those a folder has."""
    if wanted is None or wanted == "all":
        return there
    if wanted.isdigit() and int(wanted):
        return there[: int(wanted)]
    names = list(dict.fromkeys(name.strip() for name in wanted.split(",")))
    unknown = sorted(set(names).difference(there))
    if unknown:
        msg = f"no drawings of {', '.join(unknown)} in {folder}."
        raise DataError(msg)
    return names
