"""The command line of `python -m ml.train`, and the defaults that depend on the network."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

_LEARNING_RATE = {"inkling": 2e-3, "tutorial": 3e-3}
_WHOLE = {"inkling": 0.4, "tutorial": 1.0}

_DESCRIPTION = """\
Train a network on Quick, Draw! drawings as they grow.

Without --data the official files are downloaded first: 5 GB, unless --categories or
--per-category ask for less. DIR holds one file a category (.bin, .ndjson or .npz), or a folder
train/ of them. What is read is packed once, in --cache; nothing is ever written into DIR. A first
try, on ten categories, in about a minute:

  python -m ml.train --data DIR --categories 10 --epochs 2 --output /tmp/first

The network that comes with the game, in about an hour on one CPU core:

  python -m ml.train --data DIR --hours 1.2 --teacher DIR/peers/doodlenet.npz

Ctrl-C stops after the current step and saves; --resume goes on from there.
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.train",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_drawings(result)
    _add_learning(result)
    add = result.add_argument
    add("--device", default="auto", help="auto (default), cpu or cuda")
    add("--threads", type=int, help="CPU threads of the network (default: PyTorch's choice)")
    add("--workers", type=int, default=1, help="processes that draw the pictures (default 1)")
    add("--seed", type=int, default=0, help="of everything random (default 0)")
    add("--output", type=Path, default=Path("runs/inkling"), help="folder for checkpoints")
    add("--resume", action="store_true", help="go on from the newest checkpoint in --output")
    add(
        "--report-to",
        choices=("none", "tensorboard"),
        default="none",
        help="also log for TensorBoard, in --output/runs (default none)",
    )
    return result


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `words` are the arguments themselves, and the network's own defaults are in."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    options = parser().parse_args(words)
    options.words = words
    if options.learning_rate is None:
        options.learning_rate = _LEARNING_RATE[options.arch]
    if options.whole is None:
        options.whole = _WHOLE[options.arch]
    return options


def command(options: argparse.Namespace, *, public: bool = False) -> str:
    """The command of this run, without --resume; `public`: with DIR in place of the data folder."""
    words = [word for word in options.words if word != "--resume"]
    if public and options.data is not None and options.data.parts:
        words = [_public(word, options.data) for word in words]
    return shlex.join(("python", "-m", "ml.train", *words))


def _public(word: str, folder: Path) -> str:
    option, _, value = word.rpartition("=") if word.startswith("--data=") else ("", "", word)
    path = Path(value)
    if not path.is_relative_to(folder):
        return word
    place = (Path("DIR") / path.relative_to(folder)).as_posix()
    return f"{option}={place}" if option else place


def _add_drawings(result: argparse.ArgumentParser) -> None:
    add = result.add_argument
    add("--data", type=Path, metavar="DIR", help="folder of drawings (default: download them)")
    add("--extra", type=Path, metavar="DIR", help="exported games (.ndjson) to learn from as well")
    add(
        "--cache",
        type=Path,
        metavar="DIR",
        help="where packed drawings are kept (default: ~/.cache)",
    )
    add("--categories", metavar="N|A,B,C", help="the first N categories, or these; default all")
    add("--per-category", type=_count, metavar="N", help="at most N drawings of each; default all")


def _add_learning(result: argparse.ArgumentParser) -> None:
    add = result.add_argument
    add(
        "--arch",
        choices=("inkling", "tutorial"),
        default="inkling",
        help="the network; tutorial is the baseline, and reads a DIR of .npy bitmaps too",
    )
    add("--init", type=Path, metavar="DIR", help="begin with the weights of this checkpoint")
    length = result.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=float, help="passes over the drawings (default 10)")
    length.add_argument("--hours", type=float, help="train for this long instead, by the clock")
    add("--batch-size", type=_count, help="drawings a step (default 256, fewer for small sets)")
    add("--learning-rate", type=float, help="peak rate of AdamW (default 0.002, tutorial 0.003)")
    add("--teacher", type=Path, metavar="NPZ", help="DoodleNet's weights, for soft labels")
    add("--trust", type=float, default=0.6, help="the teacher's part of a target (default 0.6)")
    add("--whole", type=float, help="share of finished drawings (default 0.4, tutorial 1)")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"must be at least 1, not {number}"
        raise argparse.ArgumentTypeError(msg)
    return number
