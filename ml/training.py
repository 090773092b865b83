"""`transformers.Trainer`, fitted to drawings: soft targets, averaged weights, the clock."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Dataset, Sampler
from tqdm import tqdm
from transformers import (
    PrinterCallback,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from ml.averaging import WeightAverage
from ml.data import DataError
from ml.pace import Pace
from ml.samples import Shuffle
from ml.teacher import Teacher
from ml.together import Team

_AVERAGE_FILE = "average.safetensors"
_PACE_FILE = "pace.json"
_SAME_S = 2.0  # one Ctrl-C can arrive twice: from the terminal, and passed on by a launcher


@dataclass(frozen=True)
class Targets:
    """What the network should answer for each training drawing.

    `labels` (D,) are the categories; `soft` (D, N), where there is a teacher, its shares;
    `trust` is the teacher's part of the mixed target, 0..1. Both may be mapped files: a step
    reads the rows of its own drawings.
    """

    labels: npt.NDArray[np.uint16]
    categories: int
    soft: npt.NDArray[np.float16] | None = None
    trust: float = 0.0
    smoothing: float = 0.0
    teacher: Teacher | None = None

    def of(self, drawings: Tensor, whole: Tensor, pictures: Tensor) -> Tensor:
        """Target shares (B, N) for these `pictures` (B, C, side, side) of these drawings.

        Where the whole drawing shows, the teacher looks at the very picture: as changed as what
        the student sees. Of an unfinished one it knows little; what it said of the finished
        drawing counts. (Beyer et al. 2022, "Knowledge distillation: a good teacher is patient and
        consistent".)
        """
        places = drawings.numpy()
        labels = torch.from_numpy(self.labels[places].astype(np.int64))
        chosen = functional.one_hot(labels, self.categories).float()
        if self.smoothing:
            chosen = chosen * (1 - self.smoothing) + self.smoothing / self.categories
        chosen = chosen.to(pictures.device)
        if self.soft is None:
            return chosen
        shares = torch.from_numpy(np.array(self.soft[places])).float().to(pictures.device)
        if self.teacher is not None and whole.any():
            shares[whole] = self.teacher.shares(pictures[whole])
        return torch.lerp(chosen, shares, self.trust)


def collate(batch: Any) -> dict[str, Tensor]:
    """A `Batch` as the Trainer wants it."""
    return {
        "pixel_values": torch.from_numpy(batch.pictures),
        "drawings": torch.from_numpy(batch.drawings),
        "whole": torch.from_numpy(batch.whole),
    }


class DrawingTrainer(Trainer):
    """Trains on `TrainingSamples` towards `Targets`, paced by `Pace`, keeping an average."""

    def __init__(
        self, *, targets: Targets, pace: Pace, average: WeightAverage, **arguments: Any
    ) -> None:
        """The other arguments are `transformers.Trainer`'s."""
        super().__init__(data_collator=collate, **arguments)
        self.remove_callback(PrinterCallback)  # `RunCallback` says the same for people
        self.targets = targets
        self.pace = pace
        self.average = average

    def _get_train_sampler(self, train_dataset: Dataset[Any] | None = None) -> Sampler[int]:
        drawings: Any = self.train_dataset if train_dataset is None else train_dataset
        return Shuffle(len(drawings), self.args.seed)

    def create_scheduler(
        self, num_training_steps: int, optimizer: torch.optim.Optimizer | None = None
    ) -> LambdaLR:
        """The pace decides the rate, whatever number of steps the Trainer expects."""
        del num_training_steps
        chosen = optimizer or self.optimizer
        assert chosen is not None  # noqa: S101 (the Trainer makes it first)
        if self.lr_scheduler is None:
            self.lr_scheduler = LambdaLR(chosen, self.pace.rate)
        return self.lr_scheduler

    def compute_loss(
        self,
        model: torch.nn.Module,
        inputs: dict[str, Tensor],
        return_outputs: bool = False,
        num_items_in_batch: Tensor | int | None = None,
    ) -> Any:
        """Mean cross-entropy to the mixed targets."""
        del num_items_in_batch
        pictures = inputs["pixel_values"].float().div_(255)
        pictures = pictures.contiguous(memory_format=torch.channels_last)
        output = model(pixel_values=pictures)
        targets = self.targets.of(inputs["drawings"].cpu(), inputs["whole"], pictures)
        loss = functional.cross_entropy(output.logits.float(), targets)
        return (loss, output) if return_outputs else loss


class RunCallback(TrainerCallback):
    """Averages weights, shows progress, stops on time or on Ctrl-C, and saves what a resume needs.

    The first Ctrl-C (or SIGTERM) finishes the step and saves; a second one, later, ends at once.
    `interrupted` tells afterwards whether the run was stopped so.
    """

    def __init__(
        self, pace: Pace, average: WeightAverage, say: Callable[[str], None], team: Team
    ) -> None:
        """`say` gets one line for each report of the loss; `pace` should go by the team's clock."""
        self.pace = pace
        self.average = average
        self.say = say
        self.team = team
        self.interrupted = False
        self._asked_at: float | None = None
        self.bar: tqdm[None] | None = None
        self._previous: dict[int, Any] = {}

    def _interrupt(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
        elif now - self._asked_at > _SAME_S:
            signal.signal(number, self._previous[number])
            signal.raise_signal(number)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Listen for Ctrl-C; open the bar."""
        del args, control
        for number in (signal.SIGINT, signal.SIGTERM):
            self._previous[number] = signal.signal(number, self._interrupt)
        total = self.pace.steps if self.pace.hours is None else round(self.pace.hours * 3600)
        self.bar = tqdm(
            total=total,
            unit="step" if self.pace.hours is None else "s",
            desc="training",
            initial=self._done(state),
            mininterval=1.0,
            disable=not self.team.first,
        )

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Average; stop when the time is up or somebody asked any process to."""
        del args
        self.average.update(kwargs["model"])
        if self.bar is not None:
            self.bar.update(self._done(state) - self.bar.n)
        self.interrupted = self.team.agree(stop=self._asked_at is not None)
        if self.interrupted or self.pace.progress(state.global_step) >= 1.0:
            control.should_training_stop = True
            control.should_save = True

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """One line for each report."""
        del control
        if logs and "loss" in logs:
            seen = state.global_step * args.per_device_train_batch_size * self.team.size
            speed = seen / max(self.pace.elapsed_s(), 1e-9)
            self.say(
                f"step {state.global_step}  {self.pace.elapsed_s() / 60:.1f} min  seen {seen:,}  "
                f"loss {float(logs['loss']):.3f}  {speed:.0f} drawings/s"
            )

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Put the average and the clock beside the Trainer's own checkpoint."""
        del control
        if not self.team.first:
            return
        folder = Path(str(args.output_dir)) / f"checkpoint-{state.global_step}"
        save_average(self.average, folder)
        spent = {"spent_s": self.pace.elapsed_s()}
        (folder / _PACE_FILE).write_text(json.dumps(spent), "utf-8")

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Give Ctrl-C back; close the bar."""
        del args, state, control
        for number, previous in self._previous.items():
            signal.signal(number, previous)
        if self.bar is not None:
            self.bar.close()

    def _done(self, state: TrainerState) -> int:
        if self.pace.hours is None:
            return state.global_step
        return round(self.pace.elapsed_s())


def save_average(average: WeightAverage, folder: Path) -> None:
    """Write the averaged weights into a checkpoint folder."""
    values = {name: value.contiguous() for name, value in average.values.items()}
    save_file(values, folder / _AVERAGE_FILE, {"steps": str(average.steps)})


def restore(folder: Path, pace: Pace, average: WeightAverage) -> int:
    """Read back what `RunCallback.on_save` wrote; returns the steps taken until then."""
    steps: int = TrainerState.load_from_json(str(folder / "trainer_state.json")).global_step
    average.values.update(load_file(folder / _AVERAGE_FILE))
    average.steps = steps
    pace.spent_s = float(json.loads((folder / _PACE_FILE).read_text("utf-8"))["spent_s"])
    return steps


def newest(folder: Path) -> Path:
    """The last checkpoint in a run's folder; raises `DataError` when there is none."""
    found = sorted(folder.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    if not found:
        msg = f"nothing to resume in {folder}."
        raise DataError(msg)
    return found[-1]
