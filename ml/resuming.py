"""What surrounds the steps of a run: progress, the clock, Ctrl-C, and what it takes to go on."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

from safetensors.torch import load_file, save_file
from tqdm import tqdm
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from ml.averaging import WeightAverage
from ml.data import DataError
from ml.pace import Pace
from ml.together import Team

_AVERAGE_FILE = "average.safetensors"
_PACE_FILE = "pace.json"
_SAME_S = 2.0  # one Ctrl-C can arrive twice: from the terminal, and passed on by a launcher


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
