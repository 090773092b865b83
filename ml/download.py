"""`python -m ml.download`: bring Quick, Draw!'s official files, or the first drawings of each."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from game.categories import CATEGORIES
from ml.fetching import FORMS, OFFICIAL_URL, DownloadError, Wish, download
from ml.interrupt import STOPPED

__all__ = ["DownloadError", "Wish", "chosen_categories", "default_folder", "download", "main"]

URL_VARIABLE = "INKLING_QUICKDRAW_URL"

_DESCRIPTION = """\
Bring drawings of Google's Quick, Draw! data set (CC BY 4.0), all 345 categories or some:

  form           a drawing   all, about
  binary         0.1 kB      5 GB          strokes, packed: what training reads
  simplified     0.5 kB      23 GB         the same as JSON
  raw            3.7 kB      190 GB        as the pen moved, with times
  numpy_bitmap   0.8 kB      38 GB         28x28 pictures

Stop it with Ctrl-C whenever you like: the same command goes on where it stopped.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.download",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add(
        "--output",
        type=Path,
        default=default_folder(),
        metavar="DIR",
        help=f"files go to DIR/<form> (default: {default_folder()})",
    )
    add("--form", default="binary", metavar="A,B", help="which forms (default binary; all: all)")
    add("--categories", metavar="N|A,B,C", help="the first N categories, or these; default all")
    add("--per-category", type=int, metavar="N", help="the first N drawings; default whole files")
    add("--connections", type=int, default=8, metavar="N", help="files at once (default 8)")
    add(
        "--url",
        default=os.environ.get(URL_VARIABLE, OFFICIAL_URL),
        help=f"where the files are (default: ${URL_VARIABLE} or {OFFICIAL_URL})",
    )
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parser().parse_args(arguments)
    try:
        wish = Wish(
            options.output,
            chosen_forms(options.form),
            chosen_categories(options.categories),
            _positive(options.per_category, "--per-category"),
            _web_address(options.url),
            _positive(options.connections, "--connections") or 1,
        )
        result = download(wish)
    except DownloadError as problem:
        print(f"ml.download: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    except KeyboardInterrupt:
        print("ml.download: stopped; the same command goes on from here.", file=sys.stderr)  # noqa: T201
        return STOPPED
    print(  # noqa: T201
        f"{result.came:,} files came ({result.size / 2**20:,.1f} MiB), "
        f"{result.kept:,} were there already: {options.output}"
    )
    return 0


def default_folder() -> Path:
    """Where drawings are kept when nobody says: the user's cache folder."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "inkling" / "quickdraw"


def chosen_categories(text: str | None) -> tuple[str, ...]:
    """`None` or `all`, a number N (the first N), or names with commas between.

    Raises `DownloadError` at a name that is none, with the nearest ones that are.
    """
    if text is None or text == "all":
        return CATEGORIES
    if text.isdigit() and int(text):
        return CATEGORIES[: int(text)]
    names = tuple(dict.fromkeys(name.strip() for name in text.split(",")))
    for name in names:
        if name not in CATEGORIES:
            near = difflib.get_close_matches(name, CATEGORIES, 3)
            hint = f" Did you mean {' or '.join(near)}?" if near else ""
            msg = f"there is no category {name!r}.{hint}"
            raise DownloadError(msg)
    return names


def chosen_forms(text: str) -> tuple[str, ...]:
    """`all`, or names of forms with commas between. Raises `DownloadError` at any other name."""
    names = tuple(FORMS) if text == "all" else tuple(name.strip() for name in text.split(","))
    for name in names:
        if name not in FORMS:
            msg = f"there is no form {name!r}, only {', '.join(FORMS)}."
            raise DownloadError(msg)
    return names


def _positive(number: int | None, option: str) -> int | None:
    if number is not None and number < 1:
        msg = f"{option} must be at least 1, not {number}."
        raise DownloadError(msg)
    return number


def _web_address(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        msg = f"{text!r} is no web address: it must begin with https:// or http://."
        raise DownloadError(msg)
    return text


if __name__ == "__main__":
    raise SystemExit(main())
