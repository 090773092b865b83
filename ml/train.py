"""`python -m ml.train`: train a network to recognise drawings while they are being drawn."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from transformers.utils import logging as transformers_logging

from ml import pictures
from ml.card import RunFacts
from ml.data import DataError, find_files
from ml.engine import Engine
from ml.finish import finish, some_of
from ml.fitting import Data, Fitted, fit
from ml.interrupt import STOPPED
from ml.options import command, parsed
from ml.pictures import Bitmaps
from ml.start import fingerprint, loaded
from ml.tables import comparison
from ml.teacher import DoodleNet


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parsed(arguments)
    try:
        train(options)
    except DataError as problem:
        print(f"ml.train: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)  # noqa: T201
        return STOPPED
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, train, save. Raises `DataError` where the drawings or the run cannot be used."""
    check(options)
    fitted = fit(options, _say)
    if fitted is not None and fitted.first:
        _end(options, fitted)


def check(options: argparse.Namespace) -> None:
    """Raise `DataError` for what is missing, before anything long begins, such as a download."""
    if find_spec("accelerate") is None:
        msg = "training needs one more package: pip install 'inkling[train]'."
        raise DataError(msg)
    if options.report_to == "tensorboard" and find_spec("tensorboard") is None:
        msg = "--report-to tensorboard needs one more package: pip install tensorboard."
        raise DataError(msg)
    if options.init is not None:
        loaded(options.init)
    if options.teacher is not None:
        DoodleNet(options.teacher)


def _end(options: argparse.Namespace, fitted: Fitted) -> None:
    """Save, measure, and say how it went."""
    drawings, places = fitted.drawings, some_of(fitted.held)
    aside = None if isinstance(drawings, Bitmaps) else drawings.subset(places)
    facts = _facts(options, fitted)
    validation = _validation(options, drawings)
    figures = finish(fitted.network, options.output, aside, validation, facts)
    _say(f"saved {options.output} after {facts.minutes:.1f} min, {facts.samples:,} pictures")
    if figures:
        _say(comparison([figures]))
    if options.arch == "tutorial":
        whole: dict[str, Any] = figures["ink"]["1.00"] if figures else {}
        if not figures and isinstance(drawings, Bitmaps) and len(places):
            whole = pictures.accuracy(Engine.load(options.output), drawings, places)
        if whole:
            _say(f"acc1 {whole['top1']:.2f}  acc5 {whole['top5']:.2f}")


def _facts(options: argparse.Namespace, fitted: Fitted) -> RunFacts:
    return RunFacts(
        command(options, public=True),
        int((~fitted.held).sum()),
        len(fitted.drawings.categories),
        fitted.pictures,
        fitted.minutes,
        taught=options.teacher is not None,
        begun_with="" if options.init is None else fingerprint(options.init),
        varied=options.augment != "none" or options.whole < 1,
    )


def _validation(options: argparse.Namespace, drawings: Data) -> dict[str, Path]:
    """The files of DIR/val, where every category has one."""
    if options.data is None or not any((options.data / "val").glob("*.ndjson")):
        return {}
    files = find_files(options.data, "val")
    return files if set(drawings.categories) <= set(files) else {}


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (a command talks)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.basicConfig(level=logging.WARNING)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    raise SystemExit(main())
