"""`python -m ml.train`: train a network to recognise drawings while they are being drawn."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from transformers import TrainingArguments, set_seed
from transformers.utils import logging as transformers_logging

from ml import report
from ml.averaging import WeightAverage
from ml.card import RunFacts
from ml.data import (
    HELD_OUT,
    DataError,
    Drawings,
    category_order,
    find_files,
    held_out,
    read_drawings,
)
from ml.finish import finish
from ml.model import build, lay_out
from ml.pace import Pace
from ml.samples import PrefixMix, TrainingSamples
from ml.teacher import kept_soft_labels
from ml.training import DrawingTrainer, RunCallback, Targets, newest, restore

_EPOCHS = 10
_SMOOTHING = 0.1  # of the labels where there is no teacher: a tenth of them is wrong anyway
_STEPS_AT_LEAST = 64  # in an epoch: a network learns by steps, so small sets get small batches
_FOREVER = 10**9  # steps, when only the clock ends a run

_DESCRIPTION = """\
Train a network on Quick, Draw! drawings as they grow.

DIR holds <category>.ndjson files (simplified drawings), or a folder train/ of them. A first try,
on ten categories, in about a minute:

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
    add = result.add_argument
    add("--data", type=Path, metavar="DIR", help="folder of drawings")
    add("--categories", metavar="N|A,B,C", help="the first N categories, or these; default all")
    add("--per-category", type=int, metavar="N", help="at most N drawings of each; default all")
    add("--arch", choices=("inkling", "tutorial"), default="inkling", help="the network")
    length = result.add_mutually_exclusive_group()
    length.add_argument("--epochs", type=float, help="passes over the drawings (default 10)")
    length.add_argument("--hours", type=float, help="train for this long instead, by the clock")
    add("--batch-size", type=int, help="drawings per step (default 256, fewer for small sets)")
    add("--learning-rate", type=float, default=2e-3, help="peak rate of AdamW (default 0.002)")
    add("--device", default="auto", help="auto (default), cpu or cuda")
    add("--threads", type=int, help="CPU threads of the network (default: PyTorch's choice)")
    add("--workers", type=int, default=1, help="processes that draw the pictures (default 1)")
    add("--teacher", type=Path, metavar="NPZ", help="DoodleNet's weights, for soft labels")
    add("--trust", type=float, default=0.6, help="the teacher's part of a target (default 0.6)")
    add("--whole", type=float, default=0.4, help="share of finished drawings (default 0.4)")
    add("--seed", type=int, default=0, help="of everything random (default 0)")
    add("--output", type=Path, default=Path("runs/inkling"), help="folder for checkpoints")
    add("--resume", action="store_true", help="go on from the newest checkpoint in --output")
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns the process's exit status."""
    options = parser().parse_args(arguments)
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
    if options.data is None:
        msg = "Quick, Draw! cannot be downloaded yet: say --data DIR, a folder of drawings."
        raise DataError(msg)
    if find_spec("accelerate") is None:
        msg = "training needs one more package: pip install 'inkling[train]'."
        raise DataError(msg)
    set_seed(options.seed)
    if options.threads:
        torch.set_num_threads(options.threads)
    drawings = _read(options)
    _say(f"{len(drawings):,} drawings of {len(drawings.categories)} categories")
    if drawings.skipped:
        _say(f"{drawings.skipped:,} malformed lines were left out")
    network = build(options.arch, drawings.categories)
    lay_out(network)
    parameters = sum(weight.numel() for weight in network.parameters())
    _say(f"{options.arch}: {parameters:,} parameters")
    options.output.mkdir(parents=True, exist_ok=True)

    keep = np.flatnonzero(~held_out(drawings.keys, HELD_OUT))
    samples = TrainingSamples(
        drawings,
        side=network.config.image_size,
        channels=network.config.num_channels,
        seed=options.seed,
        mix=PrefixMix(whole=options.whole),
    )
    pace = _pace(options, len(keep))
    average = WeightAverage(network, decay=min(0.999, max(0.5, 1 - 20 / pace.expected_steps())))
    checkpoint = newest(options.output) if options.resume else None
    if checkpoint:
        _say(f"resuming {checkpoint} after {restore(checkpoint, pace, average)} steps")
    callback = RunCallback(pace, average, _say)
    trainer = DrawingTrainer(
        targets=_targets(options, drawings),
        pace=pace,
        average=average,
        model=network,
        args=_arguments(options, pace),
        train_dataset=torch.utils.data.Subset(samples, keep.tolist()),
        callbacks=[callback],
    )
    trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    if callback.interrupted:
        _say(f"stopped; go on with: python -m ml.train {_again()} --resume")
        return
    average.copy_to(network)
    facts = RunFacts(
        f"python -m ml.train {_again().replace(str(options.data), 'DIR')}",
        len(keep),
        len(drawings.categories),
        trainer.state.global_step * options.batch_size,
        pace.elapsed_s() / 60,
        options.teacher is not None,
    )
    figures = finish(network, options.output, drawings, _validation(options, drawings), facts)
    _say(f"saved {options.output} after {facts.minutes:.1f} min, {facts.samples:,} pictures")
    if figures:
        _say(report.table(figures))


def _read(options: argparse.Namespace) -> Drawings:
    files = find_files(options.data, "train")
    categories: Sequence[str] = category_order(options.data, files)
    wanted = options.categories
    if wanted and wanted.isdigit():
        categories = categories[: int(wanted)]
    elif wanted:
        chosen = [name.strip() for name in wanted.split(",")]
        unknown = sorted(set(chosen) - set(categories))
        if unknown:
            msg = f"no drawings of {', '.join(unknown)} in {options.data}."
            raise DataError(msg)
        categories = chosen
    drawings = read_drawings(files, categories, options.per_category)
    if not len(drawings):
        msg = f"no drawing in {options.data} could be read."
        raise DataError(msg)
    return drawings


def _targets(options: argparse.Namespace, drawings: Drawings) -> Targets:
    labels, count = torch.from_numpy(drawings.labels), len(drawings.categories)
    if options.teacher is None:
        return Targets(labels, count, smoothing=_SMOOTHING)
    kept = options.output / "soft-labels.safetensors"
    shares = kept_soft_labels(drawings, options.teacher, kept, options.workers)
    return Targets(labels, count, shares, options.trust)


def _pace(options: argparse.Namespace, drawings: int) -> Pace:
    if options.batch_size is None:
        options.batch_size = min(256, max(16, drawings // _STEPS_AT_LEAST))
    steps = (options.epochs or _EPOCHS) * -(-drawings // options.batch_size)
    return Pace(steps=max(1, round(steps)), hours=options.hours)


def _validation(options: argparse.Namespace, drawings: Drawings) -> dict[str, Path]:
    """The files of DIR/val, where every category has one."""
    if not (options.data / "val").is_dir():
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
        report_to=[],
        disable_tqdm=True,
    )


def _has_bf16() -> bool:
    """Whether this CPU multiplies bf16 itself; emulated, it would be slower than float32."""
    return bool(torch.cpu._is_avx512_bf16_supported())  # noqa: SLF001 (no public question)


def _again() -> str:
    return " ".join(word for word in sys.argv[1:] if word != "--resume")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (a command talks)


if __name__ == "__main__":
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    logging.basicConfig(level=logging.WARNING)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    raise SystemExit(main())
