"""`python -m ml.evaluate`: how often, and how early, a network names drawings it has not seen."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm

from ml import report
from ml.data import HELD_OUT, DataError, Drawings, TimedDrawing, category_order, find_files
from ml.engine import WEIGHTS, Engine
from ml.raster import Picture
from ml.reading import read_drawings, read_timed
from ml.report import Guesser
from ml.split import held_out
from ml.teacher import DoodleNet

_DESCRIPTION = """\
Measure a network: top-1, top-3 and top-5 with drawings cut at 10, 25, 50, 75 and 100 % of their
ink; class-balanced, in percent.

DIR holds <category>.ndjson files, or a folder val/ of them; --timed also reads DIR/raw.
The model is a checkpoint folder, or the .npz of DoodleNet to compare with.
"""


class Peer:
    """DoodleNet as a guesser: one channel of 28x28."""

    side = 28
    channels = 1
    temperature = 1.0

    def __init__(self, weights: Path) -> None:
        """Load the `.npz`; raises `DataError` when it is not DoodleNet's."""
        self._network = DoodleNet(weights)
        self.labels = self._network.labels

    def logits(self, pictures: Picture) -> Any:
        """Outputs `(B, 345)` in its own order of categories."""
        with torch.inference_mode():
            return self._network(torch.from_numpy(pictures).float() / 255).numpy()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.evaluate",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of drawings")
    add("--model", type=Path, default=WEIGHTS, help="checkpoint folder (default: the game's)")
    add("--json", action="store_true", help="print JSON instead of tables")
    add("--limit", type=int, metavar="N", help="at most N drawings of each category")
    add("--timed", action="store_true", help="also measure DIR/raw by the second (minutes)")
    add("--difficulty", type=Path, metavar="FILE", help="write each category's difficulty there")
    add("--device", default="auto", help="auto (default), cpu or cuda")
    add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parser().parse_args(arguments)
    try:
        figures = evaluate(options)
    except (DataError, OSError, ValueError) as problem:
        print(f"ml.evaluate: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    print(json.dumps(figures) if options.json else report.table(figures))  # noqa: T201 (a command talks)
    return 0


def evaluate(options: argparse.Namespace) -> dict[str, Any]:
    """All figures the options ask for."""
    guesser = _guesser(options)
    drawings = read_for(guesser, options.data, options.limit)
    with _bar(len(drawings) * len(report.INK), "ink", quiet=options.json) as bar:
        figures = report.by_ink(guesser, drawings, bar.update)
    if options.timed:
        raw = _timed(guesser, options.data, options.limit)
        with _bar(len(raw), "time", quiet=options.json) as bar:
            figures["timed"] = report.by_time(guesser, raw, bar.update)
    if options.difficulty:
        with _bar(None, "difficulty", quiet=options.json) as bar:
            rows = report.difficulty(guesser, drawings, bar.update)
        options.difficulty.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    return figures


def read_for(guesser: Guesser, folder: Path, limit: int | None = None) -> Drawings:
    """Drawings of the categories the guesser knows; their labels index its outputs."""
    files = find_files(folder, "val")
    known = [name for name in guesser.labels if name in files]
    unknown = sorted(set(files).difference(known))
    if unknown:
        print(f"not among the model's categories: {', '.join(unknown)}", file=sys.stderr)  # noqa: T201
    if not known:
        msg = f"{folder} holds no category this model knows."
        raise DataError(msg)
    drawings = read_drawings(files, known, limit)
    place = np.array([guesser.labels.index(name) for name in known], np.int64)
    return replace(drawings, labels=place[drawings.labels], categories=guesser.labels)


def _guesser(options: argparse.Namespace) -> Guesser:
    if options.model.suffix == ".npz":
        return Peer(options.model)
    return Engine.load(options.model, options.device, options.threads)


def _timed(guesser: Guesser, folder: Path, limit: int | None) -> list[TimedDrawing]:
    """Raw drawings, without those whose simplified copy stands in DIR/train and was trained on."""
    files = find_files(folder / "raw")
    raw = read_timed(files, guesser.labels)
    if (folder / "train").is_dir():
        simple = find_files(folder, "train")
        keys = read_drawings(simple, category_order(folder, simple)).keys
        seen = set(keys[~held_out(keys, HELD_OUT)].tolist())
        raw = [drawing for drawing in raw if drawing.key not in seen]
    if limit is None:
        return raw
    taken = np.zeros(len(guesser.labels), int)
    chosen = []
    for drawing in raw:
        if taken[drawing.label] < limit:
            taken[drawing.label] += 1
            chosen.append(drawing)
    return chosen


def _bar(total: int | None, name: str, *, quiet: bool) -> tqdm[None]:
    return tqdm(total=total, desc=name, unit="drawing", disable=quiet, leave=False)


if __name__ == "__main__":
    raise SystemExit(main())
