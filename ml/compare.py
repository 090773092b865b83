"""``python -m ml.compare``: the network that serves and the one in its shadow, side by side."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from redis.exceptions import RedisError

from ml import interrupt
from ml.comparing import Summary, in_words, summarise
from ml.comparisons import Comparison, read_all
from ml.connection import connect
from ml.data import DataError

NOTHING: Final = 1
BAD: Final = 2
_WEIGHTS: Final = Path(__file__).parent / "weights"
_USUAL: Final = "redis://localhost:6379/0"
_DATA_DIR: Final = f"{os.environ.get('XDG_DATA_HOME') or '~/.local/share'}/inkling"  # as servers
_DESCRIPTION: Final = """\
Compare two networks: what workers with --shadow saw in live play, or, with --data, on drawings in
files. Says how often both see the same, how sure they are, who was right where it is known what
had to be drawn, and where they differ.
"""
_WHICH: Final = """\
No game answers that has its data in {}. If yours runs by make play, in its folder:
  python -m ml.compare --data-dir .data
and for a Redis of your own: --redis-url redis://…"""
_EPILOG: Final = """\
Live, only a sample of the frames is compared, the newest 20,000 are kept, and a drawing ends when
the network that serves has known it: so it is right but once in each, and a shadow looks better
than it is. To choose between them, use --data with drawings that neither has learnt from.

examples:
  python -m ml.worker --shadow runs/mine          play on; mine judges beside it
  python -m ml.compare --data-dir .data           what has come of it so far, in make play
  python -m server.export exported/               drawings that players let you learn from
  python -m ml.compare --data exported/ --shadow runs/mine
                                                  both on these, as the drawings grow
exit status: 0 compared, 1 nothing to compare yet, 2 cannot be compared
"""


def _arguments(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m ml.compare",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add(
        "--redis-url",
        default=os.environ.get("REDIS_URL", ""),
        metavar="URL",
        help="Redis of the workers; by default REDIS_URL, else the built-in Valkey of a game that"
        f" runs with its data in --data-dir, else {_USUAL}",
    )
    add(
        "--data-dir",
        type=Path,
        default=Path(os.environ.get("DATA_DIR") or _DATA_DIR),
        metavar="DIR",
        help=f"folder of the built-in Valkey's data (default: DATA_DIR, or {_DATA_DIR}); that of"
        " make play is .data",
    )
    add("--data", type=Path, metavar="DIR", help="compare on the drawings in DIR, not on live play")
    add("--shadow", type=Path, metavar="DIR", help="with --data: the checkpoint to compare")
    add(
        "--weights",
        type=Path,
        default=Path(os.environ.get("WEIGHTS") or _WEIGHTS),
        metavar="DIR",
        help="with --data: the network that serves (default: WEIGHTS, or the game's own)",
    )
    add("--device", default="cpu", help="with --data: cpu, cuda, cuda:N or mps (default cpu)")
    add("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    if (options.data is None) != (options.shadow is None):
        parser.error("--data and --shadow go together")
    return options


def redis_of(options: argparse.Namespace) -> str:
    """The URL of the Redis that is meant."""
    return options.redis_url or _built_in(options.data_dir.expanduser()) or _USUAL


def _built_in(data_dir: Path) -> str:
    """Where the Valkey of a game with this folder answers, as its server wrote down; or nothing."""
    try:
        return (data_dir / "valkey" / "url").read_text("utf-8").strip()
    except OSError:
        return ""


async def live(redis_url: str) -> list[Summary]:
    """What was compared in play, the newest pair of networks first."""
    async with contextlib.aclosing(connect(redis_url)) as redis:
        return summarise(*await read_all(redis))


def on_drawings(options: argparse.Namespace) -> tuple[Summary, dict[str, Any]]:
    """Both on files: a summary, and of each share of the ink who was right in how many.

    Raises ``DataError``, ``OSError`` and ``ValueError``.
    """
    # Not at the top: what was compared in play can be read without a network.
    from ml.engine import Engine  # noqa: PLC0415
    from ml.rejudging import SHARES, rejudged  # noqa: PLC0415
    from ml.renewal import misfit  # noqa: PLC0415

    serving, shadow = (
        Engine.load(folder, options.device, precision="auto")
        for folder in (options.weights, options.shadow)
    )
    why = misfit(shadow, serving)
    if why:
        msg = f"{options.shadow} does not fit {options.weights}: {why}."
        raise DataError(msg)
    by_share: dict[float, list[Comparison]] = {share: [] for share in SHARES}
    words: dict[str, str] = {}
    for share, word, comparison in rejudged(serving, shadow, options.data, _show):
        by_share[share].append(comparison)
        words[comparison.drawing] = word
    (summary,) = summarise([each for some in by_share.values() for each in some], words)
    right = {
        f"{share:.2f}": asdict(summarise(some, words)[0].known) for share, some in by_share.items()
    }
    return summary, right


def _show(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} drawings", end="", file=sys.stderr, flush=True)  # noqa: T201


def _say(line: str) -> None:
    print(line)  # noqa: T201 (a command talks)


def _say_by_share(right: dict[str, Any]) -> None:
    _say(f"  {'ink':>6}  {'serving':>8}  {'shadow':>8}   right, percent")
    for share, known in right.items():
        serving, shadow = (100 * known[who] / known["frames"] for who in ("serving", "shadow"))
        _say(f"  {100 * float(share):4.0f} %  {serving:8.1f}  {shadow:8.1f}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison; returns the exit status."""
    options = _arguments(arguments)
    try:
        if options.data is not None:
            summary, right = on_drawings(options)
            summaries = [summary]
        else:
            summaries, right = interrupt.run(live(redis_of(options))), {}
    except KeyboardInterrupt:
        return interrupt.STOPPED
    except (DataError, RedisError, OSError, ValueError) as problem:
        print(f"ml.compare: {problem}", file=sys.stderr)  # noqa: T201
        if isinstance(problem, RedisError) and not options.redis_url:
            print(_WHICH.format(options.data_dir), file=sys.stderr)  # noqa: T201
        return BAD
    if options.json:
        _say(json.dumps({"pairs": [asdict(each) for each in summaries], "by_ink": right}))
    else:
        for each in summaries:
            _say(in_words(each))
        if right:
            _say_by_share(right)
    if not summaries:
        print(  # noqa: T201
            "Nothing was compared yet. Start a worker with --shadow DIR, and play.", file=sys.stderr
        )
        return NOTHING
    return 0


if __name__ == "__main__":
    sys.exit(main())
