"""From the options of a run to trained weights."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import Dataset
from transformers import TrainingArguments, set_seed

from ml.averaging import WeightAverage
from ml.cache import PackedDrawings
from ml.data import HELD_OUT, DataError
from ml.device import Device, device
from ml.model import GuesserModel, lay_out
from ml.options import command
from ml.pace import Pace
from ml.pictures import Bitmaps, BitmapSamples, training_bitmaps
from ml.quickdraw import training_drawings
from ml.resuming import RunCallback, newest, restore
from ml.samples import Batch, Places, PrefixMix, TrainingSamples
from ml.soft_labels import kept_soft_labels
from ml.start import started
from ml.teacher import Teacher
from ml.together import Team
from ml.training import DrawingTrainer, Targets

_EPOCHS = 10
_SMOOTHING = 0.1  # of the labels where there is no teacher: a tenth of them is wrong anyway
_STEPS_AT_LEAST = 64  # in an epoch: a network learns by steps, so small sets get small batches
_FOREVER = 10**9  # steps, when only the clock ends a run
_MEMORIES = 20  # in a short run, of the average: more forget the start, fewer shake less

Data = PackedDrawings | Bitmaps
Say = Callable[[str], None]


@dataclass(frozen=True)
class Fitted:
    """A run that came to its end, and what it was made of.

    `held` (D,) says which of `drawings` were kept from training; `pictures` were seen in `minutes`
    on the clock, interruptions left out; `per_cpu_s` of them for each second that this process
    had of a CPU, which does not depend on what else the machine did. `first` is true in one of the
    processes that trained together: it has the network to keep.
    """

    network: GuesserModel
    drawings: Data
    held: npt.NDArray[np.bool_]
    pictures: int
    minutes: float
    per_cpu_s: float
    first: bool


def fit(options: argparse.Namespace, say: Say) -> Fitted | None:
    """Train as asked; None when Ctrl-C stopped it, and what is needed to go on was saved.

    `options` are those of `ml.options.parsed`; `say` gets lines for people. Raises `DataError`
    where the drawings or the checkpoints cannot be used.
    """
    chosen = device(options.device)
    team = Team(chosen.kind)
    try:
        return _fit(options, chosen, team, say if team.first else _unsaid)
    finally:
        team.leave()


def _fit(options: argparse.Namespace, chosen: Device, team: Team, say: Say) -> Fitted | None:
    checkpoint = newest(options.output) if options.resume else None
    set_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    with team.one_after_another():
        drawings = _read(options, say)
        targets = _targets(options, drawings)
    network = started(options.arch, drawings.categories, options.init, **options.sizes)
    lay_out(network)
    say(f"{options.arch}: {network.num_parameters():,} parameters")
    held = drawings.held_out(HELD_OUT)
    keep: Places = np.flatnonzero(~held).astype(np.uint32)
    options.batch_size = _batch_size(options, len(keep), team.size)
    options.output.mkdir(parents=True, exist_ok=True)
    team.agree()
    pace = _pace(options, len(keep), team)  # now the clock runs
    average = WeightAverage(network, decay=_decay(pace))
    begun = 0
    if checkpoint:
        begun = restore(checkpoint, pace, average)
        say(f"resuming {checkpoint} after {begun} steps")
    callback = RunCallback(pace, average, say, team)
    trainer = DrawingTrainer(
        targets=targets,
        pace=pace,
        model=network,
        args=_arguments(options, pace, chosen, team.size),
        train_dataset=_samples(options, drawings, keep, network),
        callbacks=[callback],
    )
    cpu_s = time.process_time()
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    cpu_s = time.process_time() - cpu_s
    if callback.interrupted:
        say(f"stopped; go on with: {command(options)} --resume")
        return None
    if options.average:
        average.copy_to(network)
    steps = trainer.state.global_step
    own = (steps - begun) * options.batch_size / team.size  # pictures of this process, this time
    return Fitted(
        network,
        drawings,
        held,
        pictures=steps * options.batch_size,
        minutes=pace.elapsed_s() / 60,
        per_cpu_s=own / max(cpu_s, 1e-9),
        first=team.first,
    )


def _unsaid(_: str) -> None:
    """What one process of several says is enough."""


def _read(options: argparse.Namespace, say: Say) -> Data:
    data = options.data
    if options.arch == "tutorial" and data is not None and any(data.glob("*.npy")):
        if options.teacher or options.extra:
            msg = f"--teacher and --extra go with strokes, and {data} holds bitmaps."
            raise DataError(msg)
        drawings: Data = training_bitmaps(data, options.categories, options.per_category)
    else:
        drawings = training_drawings(
            data, options.categories, options.per_category, extra=options.extra, cache=options.cache
        )
    say(f"{len(drawings):,} drawings of {len(drawings.categories)} categories")
    for complaint in drawings.complaints:
        say(complaint)
    return drawings


def _samples(
    options: argparse.Namespace, drawings: Data, keep: Places, network: GuesserModel
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
        changes=options.augment,
    )


def _targets(options: argparse.Namespace, drawings: Data) -> Targets:
    labels, count = drawings.labels, len(drawings.categories)
    if options.teacher is None or isinstance(drawings, Bitmaps):
        smoothing = 0.0 if options.arch == "tutorial" else _SMOOTHING
        return Targets(labels, count, smoothing=smoothing)
    # Beside the drawings, whose they are: every run on these drawings can use them.
    kept = drawings.folder / f"soft-labels-{options.teacher.stem}.npy"
    shares = kept_soft_labels(drawings, options.teacher, kept, options.workers)
    online = options.soft_labels == "online"
    teacher = Teacher(options.teacher, drawings.categories) if online else None
    return Targets(labels, count, shares, options.trust, teacher=teacher)


def _batch_size(options: argparse.Namespace, drawings: int, processes: int) -> int:
    """Drawings a step, of all processes together; each has as many as any other."""
    wanted = options.batch_size or min(256, max(16, drawings // _STEPS_AT_LEAST))
    return max(1, round(wanted / processes)) * processes


def _pace(options: argparse.Namespace, drawings: int, team: Team) -> Pace:
    if options.pictures:
        steps = options.pictures / options.batch_size
    else:
        steps = (options.epochs or _EPOCHS) * -(-drawings // options.batch_size)
    return Pace(steps=max(1, round(steps)), hours=options.hours, clock=team.clock)


def _decay(pace: Pace) -> float:
    """How much of the average stays at each step: its memory is a twentieth of a short run."""
    return min(0.999, max(0.5, 1 - _MEMORIES / pace.expected_steps()))


def _arguments(
    options: argparse.Namespace, pace: Pace, chosen: Device, processes: int
) -> TrainingArguments:
    arguments = TrainingArguments(
        output_dir=str(options.output),
        per_device_train_batch_size=options.batch_size // processes,
        max_steps=pace.steps if options.hours is None else _FOREVER,
        learning_rate=options.learning_rate,
        weight_decay=0.0 if options.arch == "tutorial" else 0.05,
        max_grad_norm=1.0,
        seed=options.seed,
        use_cpu=chosen.kind == "cpu",
        bf16=chosen.precision == "bf16",
        fp16=chosen.precision == "fp16",
        dataloader_num_workers=options.workers,
        dataloader_prefetch_factor=4 if options.workers else None,
        # On a GPU an epoch may be seconds, and starting anew would be a good part of them.
        dataloader_persistent_workers=options.workers > 0,
        dataloader_pin_memory=chosen.kind == "cuda",
        remove_unused_columns=False,
        logging_steps=100,
        save_steps=1000,
        save_total_limit=2,
        report_to=[] if options.report_to == "none" else [options.report_to],
        disable_tqdm=True,
        ddp_find_unused_parameters=False,
    )
    if chosen.kind == "cuda":
        # One device a process: otherwise the Trainer would spread it over all (DataParallel),
        # with as many times the drawings a step, and slower than processes launched together.
        arguments._n_gpu = 1  # noqa: SLF001 (no public switch)
    return arguments
