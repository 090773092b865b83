"""`python -m ml.evaluate`: how often, and how early, networks name drawings they have not seen."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ml import report, report_page
from ml.by_time import by_time
from ml.contestants import Contestant, in_one_order, load
from ml.data import DataError, Drawings, TimedDrawing, find_files
from ml.engine import WEIGHTS
from ml.raster import rasterise_batch
from ml.reading import read_drawings, read_timed
from ml.report import Guesser
from ml.report_page import Measured
from ml.speed import BATCH, Speed, one_thread, speed
from ml.tables import comparison
from ml.unseen import Unseen, unseen

_DESCRIPTION = """\
Measure networks on the same drawings: top-1, top-3 and top-5 and the calibration error (ECE) with
drawings cut at 10, 25, 50, 75 and 100 % of their ink, size and speed. Accuracy is the plain mean
over categories, in percent.

DIR holds <category>.ndjson files, or a folder val/ of them. --timed also reads the raw drawings of
DIR/raw, without those that stand in DIR/train and were trained on, or copies of such.
"""
_EXAMPLES = """\
examples:
  python -m ml.evaluate --data DIR
      the game's network
  python -m ml.evaluate --data DIR --timed --model ml/weights --model peers/doodlenet.npz
      two networks in one table
  python -m ml.evaluate --data DIR --model new=runs/7 --model old=ml/weights --report out
      out/index.html: charts, calibration, confusions, every category, sample drawings
"""
_PAIRS = 30  # of confused categories, in figures


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.evaluate",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of drawings")
    add(
        "--model",
        action="append",
        metavar="[NAME=]PATH",
        help="checkpoint folder, or DoodleNet's .npz; again for more (default: the game's)",
    )
    add("--json", action="store_true", help="print JSON: an object, or {models: [...]} of several")
    add(
        "--report",
        type=Path,
        metavar="DIR",
        help="write DIR/index.html, which shows drawings of your data; includes --timed where "
        "there are raw drawings",
    )
    add("--limit", type=int, metavar="N", help="at most N drawings of each category")
    add("--timed", action="store_true", help="also measure DIR/raw by the second")
    add(
        "--difficulty",
        type=Path,
        metavar="FILE",
        help="write each category's difficulty for the first network there, as JSON",
    )
    add("--device", default="auto", help="auto (default), cpu or cuda; speed is always the CPU's")
    add("--threads", type=int, help="CPU threads (default: PyTorch's choice)")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parser().parse_args(arguments)
    try:
        models = evaluate(options)
    except (DataError, OSError, ValueError) as problem:
        print(f"ml.evaluate: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    if options.json:
        print(json.dumps(models[0] if len(models) == 1 else {"models": models}))  # noqa: T201
    else:
        print(comparison(models))  # noqa: T201 (a command talks)
    return 0


def evaluate(options: argparse.Namespace) -> list[dict[str, Any]]:
    """The figures of each network, and the files that the options ask for.

    Raises `DataError` where the drawings or a network cannot be used.
    """
    wishes = options.model or [str(WEIGHTS)]
    contestants = [load(wish, options.device, options.threads) for wish in wishes]
    _check_names(contestants)
    guessers = in_one_order(contestants)
    drawings = read_for([each.guesser for each in contestants], options.data, options.limit)
    fractions = report.FINE_INK if options.report or options.difficulty else report.INK
    with _bar(len(drawings) * len(fractions), "ink", quiet=options.json) as bar:
        curves = report.ask(guessers, drawings, fractions, bar.update)
    models = [
        {
            **_about(contestant),
            **asdict(_speed(wish, drawings)),
            **report.by_ink({ink: curve[ink] for ink in report.INK}, drawings.labels),
            "reliability": report.reliability({ink: curve[ink] for ink in report.INK}),
            "confused": report.confused(curve[1.0], drawings.labels, guesser.labels)[:_PAIRS],
        }
        for wish, contestant, guesser, curve in zip(
            wishes, contestants, guessers, curves, strict=True
        )
    ]
    if options.timed or (options.report and (options.data / "raw").is_dir()):
        for figures, timed in zip(models, _timed(guessers, drawings, options), strict=True):
            figures["timed"] = timed
    if options.difficulty:
        rows = report.by_category(curves[0], drawings.labels, guessers[0].labels)
        options.difficulty.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    if options.report:
        names = [guesser.labels for guesser in guessers]
        page = report_page.write(options.report, Measured(models, curves, drawings, names))
        _say(f"wrote {page}")
    return models


def read_for(guessers: Sequence[Guesser], folder: Path, limit: int | None = None) -> Drawings:
    """Drawings of the categories that all guessers know; their labels index the first's outputs."""
    files = find_files(folder, "val")
    labels = guessers[0].labels
    known = [name for name in labels if name in files and _known_to_all(name, guessers)]
    unknown = sorted(set(files).difference(known))
    if unknown:
        _say(f"not measured, since not every network knows them: {', '.join(unknown)}")
    if not known:
        msg = f"{folder} holds no category every network here knows."
        raise DataError(msg)
    drawings = read_drawings(files, known, limit)
    if not len(drawings):
        msg = f"{folder} holds no drawing that could be read."
        raise DataError(msg)
    place = np.array([labels.index(name) for name in known], np.int64)
    return replace(drawings, labels=place[drawings.labels], categories=labels)


def _known_to_all(name: str, guessers: Sequence[Guesser]) -> bool:
    return all(name in guesser.labels for guesser in guessers)


def _check_names(contestants: Sequence[Contestant]) -> None:
    names = [each.name for each in contestants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        msg = f"two networks are called {twice[0]}: give each a name, --model NAME=PATH."
        raise DataError(msg)


def _about(contestant: Contestant) -> dict[str, Any]:
    return {
        "model": contestant.name,
        "weights": contestant.weights,
        "parameters": contestant.parameters,
        "multiply_adds": contestant.multiply_adds,
        "file_bytes": contestant.file_bytes,
        "temperature": contestant.guesser.temperature,
    }


def _speed(wish: str, drawings: Drawings) -> Speed:
    """On the CPU, wherever the figures came from: it is what most games are refereed on."""
    some = [drawings.strokes_of(place) for place in range(min(BATCH, len(drawings)))]
    with one_thread():
        guesser = load(wish, "cpu", 1).guesser
        pictures = rasterise_batch(some, side=guesser.side, channels=guesser.channels)
        return speed(guesser, pictures)


def _timed(
    guessers: Sequence[Guesser], drawings: Drawings, options: argparse.Namespace
) -> list[dict[str, Any]]:
    found = _unseen(drawings, options)
    with _bar(len(found.drawings), "time", quiet=options.json) as bar:
        every = by_time(guessers, found.drawings, bar.update)
    left_out = {"trained_on": found.trained_on, "copies": found.copies}
    return [{**figures, "left_out": left_out} for figures in every]


def _unseen(drawings: Drawings, options: argparse.Namespace) -> Unseen:
    """Raw drawings of the measured categories, without what was trained on."""
    files = find_files(options.data / "raw")
    measured = {drawings.categories[label] for label in np.unique(drawings.labels)}
    raw = read_timed(
        {name: path for name, path in files.items() if name in measured}, drawings.categories
    )
    if (options.data / "train").is_dir():
        trained = find_files(options.data, "train")
        size = sum(path.stat().st_size for path in trained.values())
        with _bar(size, "what was trained on", "B", quiet=options.json) as bar:
            found = unseen(raw, trained, bar.update)
    else:
        _say(f"there is no {options.data / 'train'}: raw drawings may have been trained on.")
        found = Unseen(raw, 0, 0)
    if options.limit is not None:
        found = replace(found, drawings=_first(found.drawings, options.limit))
    if not found.drawings:
        msg = f"{options.data / 'raw'} holds no drawing that was not trained on."
        raise DataError(msg)
    return found


def _first(drawings: Sequence[TimedDrawing], limit: int) -> list[TimedDrawing]:
    """At most `limit` of each category."""
    taken: dict[int, int] = {}
    chosen = []
    for drawing in drawings:
        taken[drawing.label] = taken.get(drawing.label, 0) + 1
        if taken[drawing.label] <= limit:
            chosen.append(drawing)
    return chosen


def _bar(total: int, name: str, unit: str = "drawing", *, quiet: bool) -> tqdm[None]:
    return tqdm(
        total=total, desc=name, unit=unit, unit_scale=unit == "B", disable=quiet, leave=False
    )


def _say(message: str) -> None:
    print(message, file=sys.stderr)  # noqa: T201 (a command talks; results alone go to stdout)


if __name__ == "__main__":
    raise SystemExit(main())
