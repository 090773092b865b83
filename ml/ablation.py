"""`python -m ml.ablation`: what each ingredient of training is worth, by leaving it out."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from transformers.utils import logging as transformers_logging

from ml import ablation_table, metrics, options, report
from ml.ablation_rows import BASE, ROWS, Row, chosen_rows
from ml.ablation_table import Ranks, Result
from ml.cache import PackedDrawings
from ml.data import HELD_OUT, DataError, Drawings, find_files
from ml.engine import Engine
from ml.fitting import Fitted, fit
from ml.interrupt import STOPPED
from ml.prefix import cut_ink
from ml.quickdraw import training_drawings
from ml.reading import read_drawings
from ml.train import check

_LISTED = "\n".join(f"  {row.group:9} {row.name:14} {row.says}" for row in ROWS)
_DESCRIPTION = f"""\
Train one network after another, each with one thing changed and with the same number of pictures
in the same order, and compare what they read on the same drawings: those of DIR/val, and those
of DIR/train that were kept from training and have no near-copies.

Rows that are done are not done again, so Ctrl-C and the same command go on. An hour on one core:

  python -m ml.ablation --data DIR --teacher DIR/peers/doodlenet.npz --categories 100 --threads 1

Rows are trained in the order in which --rows names them, one or a group of them at a time:

{_LISTED}
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        "python -m ml.ablation",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = result.add_argument
    add("--data", type=Path, required=True, metavar="DIR", help="folder of drawings")
    add("--output", type=Path, default=Path("runs/ablation"), metavar="DIR", help="one folder each")
    add("--rows", default="all", metavar="A,B", help="rows or groups (default all)")
    add("--teacher", type=Path, metavar="NPZ", help="DoodleNet's weights; else rows without it")
    add("--categories", metavar="N|A,B,C", help="the first N categories, or these; default all")
    length = result.add_mutually_exclusive_group()
    length.add_argument("--pictures", type=int, metavar="N", help="of each row (default 200,000)")
    length.add_argument("--epochs", type=float, metavar="N", help="the same, in base's drawings")
    add("--batch-size", type=int, default=256, metavar="N", help="drawings a step (default 256)")
    add("--threads", type=int, default=1, metavar="N", help="CPU threads of the network")
    add("--cache", type=Path, metavar="DIR", help="where packed drawings are kept")
    add("--json", action="store_true", help="print JSON instead of the table")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    asked = parser().parse_args(arguments)
    try:
        results = compare(asked)
    except DataError as problem:
        print(f"ml.ablation: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)  # noqa: T201
        return STOPPED
    rows = ablation_table.figures(results)
    shown = json.dumps(rows) if asked.json else _shown(asked, rows)
    print(shown)  # noqa: T201
    return 0


def compare(asked: argparse.Namespace) -> list[Result]:
    """Train and measure the rows not yet done; returns all rows' results, the base's first.

    Raises `KeyboardInterrupt` after a Ctrl-C, when what is needed to go on has been saved.
    Raises `DataError` where the drawings cannot be used, or `--output` holds other runs.
    """
    rows = chosen_rows(asked.rows, teacher=asked.teacher is not None)
    drawings = training_drawings(asked.data, asked.categories, cache=asked.cache, quiet=asked.json)
    pictures = asked.pictures or 200_000
    if asked.epochs:
        pictures = round(asked.epochs * len(drawings))
    unseen = _unseen(asked, drawings)
    results = []
    for row in rows:
        folder = asked.output / row.name
        words = _words(asked, row, round(pictures * row.share))
        _claim(folder, words)
        if not (folder / "row.json").is_file():
            fitted = _fitted(words, folder)
            if fitted is None:
                raise KeyboardInterrupt
            _keep(fitted, folder, unseen)
        results.append(_result(row, folder))
        if row is not BASE:
            last = ablation_table.figures([results[0], results[-1]])
            _say(ablation_table.table(last).splitlines()[-1])
    order = [row.name for row in ROWS]
    return sorted(results, key=lambda result: order.index(result.name))


def _words(asked: argparse.Namespace, row: Row, pictures: int) -> list[str]:
    """The row's run, as options of `ml.train`; the row's own come last, and count."""
    words = ["--data", str(asked.data), "--pictures", str(pictures), "--workers", "0"]
    words += ["--batch-size", str(asked.batch_size), "--threads", str(asked.threads)]
    if asked.categories:
        words += ["--categories", asked.categories]
    if asked.cache:
        words += ["--cache", str(asked.cache)]
    if asked.teacher and row.taught:
        words += ["--teacher", str(asked.teacher)]
    return [*words, "--device", "cpu", *row.words]


def _claim(folder: Path, words: list[str]) -> None:
    """Take a row's folder for this run, unless it holds one with other options."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "words.json"
    if note.is_file() and json.loads(note.read_text("utf-8")) != words:
        msg = f"{folder} holds a run with other options; choose another --output, or delete it."
        raise DataError(msg)
    note.write_text(json.dumps(words), "utf-8")


def _fitted(words: list[str], folder: Path) -> Fitted | None:
    more = ["--resume"] if any(folder.glob("checkpoint-*")) else []
    chosen = options.parsed([*words, "--output", str(folder), *more])
    _say(f"{folder.name}: {options.command(chosen, public=True)}")
    check(chosen)
    return fit(chosen, _say)


def _keep(fitted: Fitted, folder: Path, unseen: Drawings) -> None:
    """Measure a trained network and write down all that is compared; then the row is done."""
    network = fitted.network
    network.save_pretrained(folder)
    facts = {
        "pictures": fitted.pictures,
        "minutes": round(fitted.minutes, 2),
        "per_cpu_s": round(fitted.per_cpu_s, 1),
        "parameters": network.num_parameters(),
        "multiply_adds": network.multiply_adds(),
    }
    np.savez(folder / "ranks.npz", ranks=_ranks(Engine.load(folder), unseen), labels=unseen.labels)
    (folder / "row.json").write_text(json.dumps(facts), "utf-8")
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)


def _ranks(engine: Engine, drawings: Drawings) -> Ranks:
    """How many categories stand before the true one, at each fraction of the ink: (5, D)."""
    strokes = [drawings.strokes_of(place) for place in range(len(drawings))]
    rows = [
        metrics.ranks(
            report.run(engine, [cut_ink(each, fraction) for each in strokes]), drawings.labels
        )
        for fraction in report.INK
    ]
    return np.array(rows, np.uint16)


def _result(row: Row, folder: Path) -> Result:
    stored: dict[str, npt.NDArray[Any]] = dict(np.load(folder / "ranks.npz"))
    facts = json.loads((folder / "row.json").read_text("utf-8"))
    return Result(row.name, row.says, stored["ranks"], stored["labels"], facts)


def _unseen(asked: argparse.Namespace, drawings: PackedDrawings) -> Drawings:
    """What all rows are measured on, of which none was trained on whatever a row left out.

    A drawing with near-copies goes where the first of them goes, which depends on the others;
    one without is held out by its own id, also among fewer drawings.
    """
    alone = np.array(drawings.groups) == np.array(drawings.keys)
    shared = np.unique(drawings.groups[~alone])
    alone &= ~np.isin(drawings.groups, shared)
    aside = drawings.subset(np.flatnonzero(drawings.held_out(HELD_OUT) & alone))
    if not (asked.data / "val").is_dir():
        return aside
    files = find_files(asked.data, "val")
    return _joined(read_drawings(files, [c for c in drawings.categories if c in files]), aside)


def _joined(one: Drawings, other: Drawings) -> Drawings:
    """Both, with the labels of `other`'s categories."""
    place = np.array([other.categories.index(name) for name in one.categories], np.int64)
    return Drawings(
        np.concatenate((one.points, other.points)),
        np.concatenate((one.strokes, one.strokes[-1] + other.strokes[1:])),
        np.concatenate((one.drawings, one.drawings[-1] + other.drawings[1:])),
        np.concatenate((place[one.labels], other.labels)),
        np.concatenate((one.keys, other.keys)),
        other.categories,
        one.skipped,
    )


def _shown(asked: argparse.Namespace, rows: Sequence[dict[str, Any]]) -> str:
    known = len(np.unique(np.load(asked.output / BASE.name / "ranks.npz")["labels"]))
    return (
        f"{rows[0]['n']:,} drawings of {known} categories that no row learnt from; "
        f"class-balanced percentages; ± is 95 % of the sampling error, of differences on the same "
        f"drawings\n\n{ablation_table.table(rows)}\n\n{ablation_table.race(rows)}"
    )


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)  # noqa: T201 (a command talks; results have stdout)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.basicConfig(level=logging.WARNING)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    raise SystemExit(main())
