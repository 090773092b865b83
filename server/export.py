"""``python -m server.export FOLDER``: what players let one learn from, as Quick, Draw! ndjson."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

from game.categories import INDEX
from ml import interrupt
from server.clock import now_ms
from server.learning import kept_count, kept_lines
from server.redis_options import add_redis_options
from server.settings import BadSettings, Settings
from server.verdicts import memory

REFUSED: Final = 1
_SUFFIX: Final = ".ndjson"
_EPILOG: Final = """\
Drawings are kept of players who said that they may be, on a server with LEARN_FROM_PLAY=true. In
FOLDER there will be a file for each category, such as "ice cream.ndjson", with a drawing a line:

  {"word": "cat", "key_id": "…", "recognized": true, "drawing": [[[x…], [y…], [t…]], …]}

x and y are on the canvas, 0 to 65535; t is in milliseconds from the first point, without the pauses
between strokes. Nothing in it tells who drew, when or in which game. The folder appears when it is
complete; Ctrl-C leaves nothing behind. Exporting changes nothing on the server, and drawings
exported twice have the same key_id.

examples:
  python -m server.export exported/                       from REDIS_URL or the built-in Valkey
  python -m server.export exported/ --only-recognized     what the network knew already
  python -m server.export exported/ --replace             in place of the last export
  python -m ml.train --init ml/weights --data DIR --extra exported/ --epochs 1
                                                          and teach the network with it
"""

Progress = Callable[[int, int], None]


class BadFolder(Exception):  # noqa: N818 - it is the folder that is bad
    """A folder that cannot be written; the message says why."""


async def export(
    redis: Redis,
    folder: Path,
    *,
    only_recognized: bool = False,
    replace: bool = False,
    progress: Progress = lambda _done, _of: None,
) -> Counter[str]:
    """Write all that is kept into a new ``folder``; returns the drawings of each category.

    Where there are none, no folder is made. Raises ``BadFolder`` for one that holds something,
    unless that is an earlier export to be replaced, and ``OSError``.
    """
    _check(folder, replace=replace)
    now = now_ms()
    total = await kept_count(redis, now)
    written: Counter[str] = Counter()
    with _appearing(folder) as beside:
        done = 0
        async for lines in kept_lines(redis, now):
            for word, some in _by_word(lines, only_recognized=only_recognized).items():
                with (beside / f"{word}{_SUFFIX}").open("a", encoding="utf-8") as file:
                    file.writelines(f"{line}\n" for line in some)
                written[word] += len(some)
            done += len(lines)
            progress(done, max(done, total))
    return written


def _by_word(lines: Sequence[str], *, only_recognized: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in lines:
        drawing: dict[str, Any] = json.loads(line)
        # A word becomes the name of a file: none but those that the game knows.
        if drawing["word"] in INDEX and (drawing["recognized"] or not only_recognized):
            found.setdefault(drawing["word"], []).append(line)
    return found


def _check(folder: Path, *, replace: bool) -> None:
    if folder.exists() and not folder.is_dir():
        message = f"{folder} is not a folder."
        raise BadFolder(message)
    there = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if there and not replace:
        message = f"{folder} is not empty. To have this export instead of what is there: --replace"
        raise BadFolder(message)
    other = [name for name in there if not name.endswith(_SUFFIX)]
    if other:
        message = f"{folder} holds more than an export ({other[0]}), which is not replaced."
        raise BadFolder(message)


@contextmanager
def _appearing(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes the place of ``folder`` at the end, at once.

    If it is empty then, or anything goes wrong before, everything is as it was.
    """
    folder = folder.absolute()
    beside = folder.with_name(f".{folder.name}.part")
    before = folder.with_name(f".{folder.name}.before")
    shutil.rmtree(beside, ignore_errors=True)  # of an export that was killed
    beside.mkdir(parents=True)
    try:
        yield beside
        if any(beside.iterdir()):
            if folder.exists():
                shutil.rmtree(before, ignore_errors=True)
                folder.rename(before)
            beside.rename(folder)
            shutil.rmtree(before, ignore_errors=True)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


# --- the command ---------------------------------------------------------------------------------


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    settings = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m server.export",
        description="Write the drawings that players let this server learn from, without a trace of"
        " the players, in the form of the Quick, Draw! data set.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="a new or empty folder")
    parser.add_argument(
        "--only-recognized", action="store_true", help="leave out what the network did not know"
    )
    parser.add_argument(
        "--replace", action="store_true", help="in place of the export that is in FOLDER"
    )
    add_redis_options(parser, settings)
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")
    return parser.parse_args(arguments)


async def _run(options: argparse.Namespace) -> Counter[str]:
    settings = Settings(redis_url=options.redis_url, data_dir=options.data_dir)
    async with memory(settings) as redis:
        return await export(
            redis,
            options.folder,
            only_recognized=options.only_recognized,
            replace=options.replace,
            progress=_show if sys.stderr.isatty() else lambda _done, _of: None,
        )


def _show(done: int, total: int) -> None:
    end = "\n" if done == total else ""
    print(f"\r{done:,} of {total:,} drawings", end=end, file=sys.stderr, flush=True)  # noqa: T201


def main(arguments: Sequence[str] | None = None) -> int:
    """Export what is kept; returns the exit status."""
    options = _arguments(arguments)
    try:
        written = interrupt.run(_run(options))
    except KeyboardInterrupt:
        print("\nstopped; nothing was written", file=sys.stderr)  # noqa: T201
        return interrupt.STOPPED
    except (BadFolder, BadSettings, RedisError, OSError) as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return REFUSED
    if options.json:
        about = {"drawings": written.total(), "categories": dict(sorted(written.items()))}
        print(json.dumps(about))  # noqa: T201 - for whoever typed the command
    if not written:
        print(  # noqa: T201
            "There is nothing to export: no drawings are kept. Is LEARN_FROM_PLAY set, and has"
            " somebody said yes and played since?",
            file=sys.stderr,
        )
        return REFUSED
    if not options.json:
        what = f"{written.total():,} drawings of {len(written)} categories"
        print(f"{what} in {options.folder}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
