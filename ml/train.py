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

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from transformers import TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from ml import pictures, report
from ml.averaging import WeightAverage
from ml.cache import PackedDrawings
from ml.card import RunFacts
from ml.data import HELD_OUT, DataError, find_files
from ml.engine import Engine
from ml.finish import finish, some_of
from ml.model import GuesserModel, lay_out
from ml.options import command, parsed
from ml.pace import Pace
from ml.pictures import Bitmaps, BitmapSamples, training_bitmaps
from ml.quickdraw import training_drawings
from ml.samples import Batch, Places, PrefixMix, TrainingSamples
from ml.start import fingerprint, loaded, started
from ml.teacher import DoodleNet, Teacher, kept_soft_labels
from ml.training import DrawingTrainer, RunCallback, Targets, newest, restore

_EPOCHS = 10
_SMOOTHING = 0.1  # of the labels where there is no teacher: a tenth of them is wrong anyway
_STEPS_AT_LEAST = 64  # in an epoch: a network learns by steps, so small sets get small batches
_FOREVER = 10**9  # steps, when only the clock ends a run

_Data = PackedDrawings | Bitmaps


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parsed(arguments)
    try:
        train(options)
    except DataError as problem:
        print(f"ml.train: {problem}", file=sys.stderr)  # noqa: T201 (a command talks)
        return 2
    except KeyboardInterrupt:
        print("stopped before training began", file=sys.stderr)  # noqa: T201
        return 130
    return 0


def train(options: argparse.Namespace) -> None:
    """Read, train, save. Raises `DataError` where the drawings or the run cannot be used."""
    _check(options)
    checkpoint = newest(options.output) if options.resume else None
    set_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    drawings = _read(options)
    network = started(options.arch, drawings.categories, options.init)
    lay_out(network)
    _say(f"{options.arch}: {network.num_parameters():,} parameters")
    options.output.mkdir(parents=True, exist_ok=True)
    held = drawings.held_out(HELD_OUT)
    keep: Places = np.flatnonzero(~held).astype(np.uint32)
    targets = _targets(options, drawings)
    pace = _pace(options, len(keep))  # now the clock runs
    average = WeightAverage(network, decay=min(0.999, max(0.5, 1 - 20 / pace.expected_steps())))
    if checkpoint:
        _say(f"resuming {checkpoint} after {restore(checkpoint, pace, average)} steps")
    callback = RunCallback(pace, average, _say)
    trainer = DrawingTrainer(
        targets=targets,
        pace=pace,
        average=average,
        model=network,
        args=_arguments(options, pace),
        train_dataset=_samples(options, drawings, keep, network),
        callbacks=[callback],
    )
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if callback.interrupted:
        _say(f"stopped; go on with: {command(options)} --resume")
        return
    average.copy_to(network)
    samples = trainer.state.global_step * options.batch_size
    facts = _facts(options, drawings, len(keep), samples, pace.elapsed_s() / 60)
    _end(options, network, drawings, some_of(held), facts)


def _check(options: argparse.Namespace) -> None:
    """Say what is missing before anything long begins, such as a download."""
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


def _read(options: argparse.Namespace) -> _Data:
    data = options.data
    if options.arch == "tutorial" and data is not None and any(data.glob("*.npy")):
        if options.teacher or options.extra:
            msg = f"--teacher and --extra go with strokes, and {data} holds bitmaps."
            raise DataError(msg)
        drawings: _Data = training_bitmaps(data, options.categories, options.per_category)
    else:
        drawings = training_drawings(
            data, options.categories, options.per_category, extra=options.extra, cache=options.cache
        )
    _say(f"{len(drawings):,} drawings of {len(drawings.categories)} categories")
    for complaint in drawings.complaints:
        _say(complaint)
    return drawings


def _samples(
    options: argparse.Namespace, drawings: _Data, keep: Places, network: GuesserModel
) -> Dataset[Batch]:
    if isinstance(drawings, Bitmaps):
        return BitmapSamples(drawings, keep)
    return TrainingSamples(
        drawings,
        keep,
        side=network.config.image_size,
        channels=network.config.num_channels,
        seed=options.seed,
        mix=PrefixMix(whole=options.whole),
        changed=options.arch != "tutorial",
    )


def _targets(options: argparse.Namespace, drawings: _Data) -> Targets:
    labels, count = drawings.labels, len(drawings.categories)
    if options.teacher is None or isinstance(drawings, Bitmaps):
        smoothing = 0.0 if options.arch == "tutorial" else _SMOOTHING
        return Targets(labels, count, smoothing=smoothing)
    kept = options.output / "soft-labels.npy"
    shares = kept_soft_labels(drawings, options.teacher, kept, options.workers)
    teacher = Teacher(options.teacher, drawings.categories)
    return Targets(labels, count, shares, options.trust, teacher=teacher)


def _facts(
    options: argparse.Namespace, drawings: _Data, learnt: int, samples: int, minutes: float
) -> RunFacts:
    return RunFacts(
        command(options, public=True),
        learnt,
        len(drawings.categories),
        samples,
        minutes,
        taught=options.teacher is not None,
        begun_with="" if options.init is None else fingerprint(options.init),
        varied=options.arch != "tutorial",
    )


def _end(
    options: argparse.Namespace,
    network: GuesserModel,
    drawings: _Data,
    places: npt.NDArray[np.int64],
    facts: RunFacts,
) -> None:
    """Save, measure, and say how it went; `places` are drawings kept from training."""
    aside = None if isinstance(drawings, Bitmaps) else drawings.subset(places)
    figures = finish(network, options.output, aside, _validation(options, drawings), facts)
    _say(f"saved {options.output} after {facts.minutes:.1f} min, {facts.samples:,} pictures")
    if figures:
        _say(report.table(figures))
    if options.arch == "tutorial":
        whole: dict[str, Any] = figures["ink"]["1.00"] if figures else {}
        if not figures and isinstance(drawings, Bitmaps) and len(places):
            whole = pictures.accuracy(Engine.load(options.output), drawings, places)
        if whole:
            _say(f"acc1 {whole['top1']:.2f}  acc5 {whole['top5']:.2f}")


def _pace(options: argparse.Namespace, drawings: int) -> Pace:
    if options.batch_size is None:
        options.batch_size = min(256, max(16, drawings // _STEPS_AT_LEAST))
    steps = (options.epochs or _EPOCHS) * -(-drawings // options.batch_size)
    return Pace(steps=max(1, round(steps)), hours=options.hours)


def _validation(options: argparse.Namespace, drawings: _Data) -> dict[str, Path]:
    """The files of DIR/val, where every category has one."""
    if options.data is None or not any((options.data / "val").glob("*.ndjson")):
        return {}
    files = find_files(options.data, "val")
    return files if set(drawings.categories) <= set(files) else {}


def _arguments(options: argparse.Namespace, pace: Pace) -> TrainingArguments:
    cpu = options.device == "cpu" or not torch.cuda.is_available()
    bf16 = torch.backends.cpu.get_cpu_capability() == "AVX512" and _has_bf16() if cpu else True
    return TrainingArguments(
        output_dir=str(options.output),
        per_device_train_batch_size=options.batch_size,
        max_steps=pace.steps if options.hours is None else _FOREVER,
        learning_rate=options.learning_rate,
        weight_decay=0.05,
        max_grad_norm=1.0,
        seed=options.seed,
        use_cpu=cpu,
        bf16=bf16,
        dataloader_num_workers=options.workers,
        dataloader_prefetch_factor=4 if options.workers else None,
        dataloader_pin_memory=not cpu,
        remove_unused_columns=False,
        logging_steps=100,
        save_steps=1000,
        save_total_limit=2,
        report_to=[] if options.report_to == "none" else [options.report_to],
        disable_tqdm=True,
    )


def _has_bf16() -> bool:
    """Whether this CPU multiplies bf16 itself; emulated, it would be slower than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 (no public question)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (a command talks)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.basicConfig(level=logging.WARNING)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    raise SystemExit(main())
