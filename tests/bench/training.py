"""How many drawings a second training takes in: ``python -m tests.bench.training``.

Measures the whole loop with its drawing processes, the training step alone (on pictures that are
ready in memory) and the input alone (drawings changed, cut and rasterised by one process), and
which share of the loop's time the step waits for pictures; it should be under a quarter. Without
``--data``, drawings are made by code, with about as many points as real ones.

Figures are by the clock, and so those of a machine with nothing else to do; a CPU second is one
that the measured process had of a core, whatever else ran beside it.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset
from transformers import TrainerCallback

from game.categories import CATEGORIES
from ml import fitting
from ml.averaging import WeightAverage
from ml.device import device
from ml.model import build, lay_out
from ml.options import parsed
from ml.pace import Pace
from ml.quickdraw import training_drawings
from ml.samples import Batch, TrainingSamples
from ml.training import DrawingTrainer
from tests.ml import official
from tests.support.figures import show

_MADE = 200  # drawings of each category
_FOREVER = 10**9  # steps; the clock ends a measurement
_UNCOUNTED = 3  # steps at the start: kernels are chosen, processes started


class Ready(Dataset[Batch]):
    """One batch, made before: an input that costs nothing."""

    def __init__(self, samples: TrainingSamples, size: int) -> None:
        self.samples = samples
        self.batch = samples.__getitems__(range(size))

    def __len__(self) -> int:
        return len(self.samples)

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        return self.batch


class Watch(TrainerCallback):
    """Averages weights as training does, and tells waiting for input from the step itself."""

    def __init__(self, average: WeightAverage, seconds: float) -> None:
        self.average = average
        self.seconds = seconds
        self.waited_s = self.stepped_s = self.cpu_s = 0.0
        self.steps = -_UNCOUNTED
        self._at = self._began = self._cpu_at = 0.0

    def on_step_begin(self, *_: Any, **__: Any) -> None:
        now = time.perf_counter()
        if self.steps >= 0:
            self.waited_s += now - self._at
        self._at, self._cpu_at = now, time.process_time()

    def on_step_end(self, args: Any, state: Any, control: Any, **kwargs: Any) -> None:
        del args, state
        self.average.update(kwargs["model"])
        now = time.perf_counter()
        if self.steps >= 0:
            self.stepped_s += now - self._at
            self.cpu_s += time.process_time() - self._cpu_at
        self.steps += 1
        self._at = now
        control.should_training_stop = self.waited_s + self.stepped_s >= self.seconds


def made(folder: Path) -> Path:
    """A folder of ten categories made by code, of four shapes a drawing: about 50 points."""
    folder.mkdir()
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 1]]) * 120 * 257
    for place, name in enumerate(CATEGORIES[:10]):
        shapes = official.drawings(4 * _MADE, place)
        drawings = [
            [
                stroke // 2 + corner
                for shape, corner in zip(four, corners, strict=True)
                for stroke in shape
            ]
            for four in (shapes[first : first + 4] for first in range(0, len(shapes), 4))
        ]
        (folder / f"{name}.bin").write_bytes(official.binary(drawings, place * 10_000))
    return folder


def trained(
    dataset: Dataset[Batch], options: argparse.Namespace, targets: Any, seconds: float
) -> Watch:
    """Train a fresh network on a data set for so long."""
    network = build("inkling", CATEGORIES[: targets.categories], **options.sizes)
    lay_out(network)
    average = WeightAverage(network, 0.999)
    watch = Watch(average, seconds)
    pace = Pace(steps=_FOREVER)
    trainer = DrawingTrainer(
        targets=targets,
        pace=pace,
        model=network,
        args=fitting._arguments(options, pace, device(options.device), 1),
        train_dataset=dataset,
        callbacks=[watch],
    )
    trainer.train()
    return watch


def measure(asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """All figures, one after another."""
    data = asked.data or made(folder / "made")
    words = ["--data", str(data), "--output", str(folder / "run"), "--device", asked.device]
    words += ["--batch-size", str(asked.batch_size), "--workers", str(asked.workers)]
    if asked.teacher:
        words += ["--teacher", str(asked.teacher)]
    options = parsed(words)
    torch.set_num_threads(asked.threads)
    drawings = training_drawings(data, asked.categories, cache=folder / "cache", quiet=True)
    targets = fitting._targets(options, drawings)
    network = build("inkling", drawings.categories, **options.sizes)
    samples = fitting._samples(
        options, drawings, np.arange(len(drawings), dtype=np.uint32), network
    )
    assert isinstance(samples, TrainingSamples)

    rng = np.random.default_rng(0)
    drawn, began, cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < asked.seconds:
        samples.__getitems__(rng.integers(0, len(samples), asked.batch_size).tolist())
        drawn += asked.batch_size
    input_s, input_cpu_s = time.perf_counter() - began, time.process_time() - cpu

    loop = trained(samples, options, targets, asked.seconds)
    options.workers = 0
    step = trained(Ready(samples, asked.batch_size), options, targets, asked.seconds)
    size = asked.batch_size
    return {
        "drawings": len(drawings),
        "device": device(asked.device).kind,
        "precision": device(asked.device).precision,
        "threads": asked.threads,
        "workers": asked.workers,
        "loop_per_s": round(loop.steps * size / (loop.waited_s + loop.stepped_s)),
        "waiting_share": round(loop.waited_s / (loop.waited_s + loop.stepped_s), 3),
        "step_per_s": round(step.steps * size / step.stepped_s),
        "step_per_cpu_s": round(step.steps * size / step.cpu_s),
        "input_per_s": round(drawn / input_s),
        "input_per_cpu_s": round(drawn / input_cpu_s),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser("python -m tests.bench.training", description=__doc__)
    add = parser.add_argument
    add("--data", type=Path, metavar="DIR", help="folder of drawings (default: made by code)")
    add("--categories", metavar="N", help="the first N categories of DIR (default all)")
    add("--teacher", type=Path, metavar="NPZ", help="with DoodleNet's soft labels")
    add("--seconds", type=float, default=8.0, help="for each of three measurements (default 8)")
    add("--device", default="auto", help="auto (default), cpu, cuda or mps")
    add("--threads", type=int, default=1, help="CPU threads of the step (default 1)")
    add("--workers", type=int, default=1, help="processes that draw in the loop (default 1)")
    add("--batch-size", type=int, default=256, help="drawings a step (default 256)")
    add("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = measure(asked, Path(folder))
    show(found, as_json=asked.json)


if __name__ == "__main__":
    main()
