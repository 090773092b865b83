"""The command line of `python -m ml.train`, and the defaults that depend on the network."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml.raster import CHANNELS, SIDE

_BY_ARCH: dict[str, dict[str, Any]] = {
    "inkling": {"learning_rate": 2e-3, "whole": 0.4, "augment": "all", "average": True},
    "tutorial": {"learning_rate": 3e-3, "whole": 1.0, "augment": "none", "average": False},
}
_SIZES: dict[str, Any] = {"side": SIDE, "channels": CHANNELS, "width": 1.0}

_DESCRIPTION = """\
Train a network on Quick, Draw! drawings as they grow.

Without --data the official files are downloaded first: 5 GB, unless --categories or
--per-category ask for less. DIR holds one file a category (.bin, .ndjson or .npz), or a folder
train/ of them. What is read is packed once, in --cache; nothing is ever written into DIR. A first
try, on ten categories, in about a minute:

  python -m ml.train --data DIR --categories 10 --epochs 2 --output /tmp/first

The network that comes with the game, in about an hour on one CPU core:

  python -m ml.train --data DIR --hours 1.2 --teacher DIR/peers/doodlenet.npz

On two GPUs, which share each step's drawings (with --device cpu at its end: two processes of a CPU;
accelerate's own --cpu starts a single one):

  accelerate launch --multi_gpu --num_processes 2 -m ml.train --data DIR --batch-size 1024

Ctrl-C stops after the current step and saves; --resume goes on from there. What each ingredient
is worth, and how to switch it off one by one: python -m ml.ablation --help
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.train",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_drawings(result.add_argument_group("drawings"))
    _add_network(result.add_argument_group("network"))
    _add_learning(result.add_argument_group("learning"))
    _add_showing(result.add_argument_group("what it is shown, and what it should answer"))
    _add_run(result.add_argument_group("run"))
    return result


def parsed(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; `words` are the arguments themselves, and the network's own defaults are in.

    `sizes` are the keyword arguments of `ml.model.build`; empty where they are not to choose.
    Exits with a usage message, as argparse does, where options contradict each other.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    command_line = parser()
    options = command_line.parse_args(words)
    options.words = words
    for name, value in _BY_ARCH[options.arch].items():
        if getattr(options, name) is None:
            setattr(options, name, value)
    asked = [name for name in _SIZES if getattr(options, name) is not None]
    fixed = options.arch != "inkling" or options.init is not None
    if asked and fixed:
        owner = "--init" if options.init is not None else f"--arch {options.arch}"
        command_line.error(f"--{asked[0]} is for a new network of inkling's; {owner} has its own")
    options.sizes = {} if fixed else {n: getattr(options, n) or v for n, v in _SIZES.items()}
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


def _add_drawings(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
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


def _add_network(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--arch",
        choices=tuple(_BY_ARCH),
        default="inkling",
        help="the network; tutorial is the baseline, and reads a DIR of .npy bitmaps too",
    )
    add("--init", type=Path, metavar="DIR", help="begin with the weights of this checkpoint")
    add(
        "--side",
        type=int,
        choices=(28, 56, 112),
        help=f"pixels of its picture's side (default {SIDE})",
    )
    add(
        "--channels",
        type=int,
        choices=(1, 2),
        help=f"1: the ink alone; 2: also when it was drawn (default {CHANNELS})",
    )
    add("--width", type=_positive, metavar="X", help="factor on every layer's channels (default 1)")


def _add_learning(group: argparse._ArgumentGroup) -> None:
    length = group.add_mutually_exclusive_group()
    length.add_argument(
        "--epochs", type=_positive, metavar="N", help="passes over the drawings (default 10)"
    )
    length.add_argument(
        "--pictures", type=_count, metavar="N", help="stop after this many pictures instead"
    )
    length.add_argument(
        "--hours", type=_positive, metavar="H", help="train for this long instead, by the clock"
    )
    add = group.add_argument
    add(
        "--batch-size",
        type=_count,
        metavar="N",
        help="drawings a step, of all processes together (default 256, fewer for small sets)",
    )
    add(
        "--learning-rate",
        type=float,
        metavar="X",
        help="peak rate of AdamW (default 0.002, tutorial 0.003)",
    )
    add(
        "--average",
        action=argparse.BooleanOptionalAction,
        help="keep the running mean of the weights, not the last ones (default; tutorial: not)",
    )


def _add_showing(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--whole",
        type=_share,
        metavar="X",
        help="share of finished drawings; the others are cut (default 0.4, tutorial 1)",
    )
    add(
        "--augment",
        choices=("all", "no-bend", "none"),
        help="change drawings: in all ways, without bending them, or not (default all; tutorial "
        "none)",
    )
    add("--teacher", type=Path, metavar="NPZ", help="DoodleNet's weights, for soft labels")
    add(
        "--trust",
        type=_share,
        default=0.6,
        metavar="X",
        help="the teacher's part of a target; the label has the rest (default 0.6)",
    )
    add(
        "--soft-labels",
        choices=("online", "kept"),
        default="online",
        help="online: the teacher judges each finished picture as the network sees it; kept: only "
        "once a drawing, before training, as it always does for unfinished ones (default online)",
    )


def _add_run(group: argparse._ArgumentGroup) -> None:
    add = group.add_argument
    add(
        "--device",
        choices=("auto", "cpu", "cuda", "mps"),
        default="auto",
        help="auto is a GPU where there is one (default)",
    )
    add("--threads", type=_count, help="CPU threads of the network (default: PyTorch's choice)")
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


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        msg = f"must be at least 1, not {number}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 < number < float("inf"):
        msg = f"must be a number above 0, not {text}"
        raise argparse.ArgumentTypeError(msg)
    return number


def _share(text: str) -> float:
    number = float(text)
    if not 0 <= number <= 1:
        msg = f"must be between 0 and 1, not {text}"
        raise argparse.ArgumentTypeError(msg)
    return number
