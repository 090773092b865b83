"""`transformers.Trainer`, fitted to drawings: soft targets, and a rate by the clock or by steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import Dataset, Sampler
from transformers import PrinterCallback, Trainer

from ml.pace import Pace
from ml.samples import Shuffle
from ml.teacher import Teacher


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
    """Trains on `TrainingSamples` towards `Targets`, at the rate of a `Pace`."""

    def __init__(self, *, targets: Targets, pace: Pace, **arguments: Any) -> None:
        """The other arguments are `transformers.Trainer`'s."""
        super().__init__(data_collator=collate, **arguments)
        self.remove_callback(PrinterCallback)  # `ml.resuming` says the same for people
        self.targets = targets
        self.pace = pace

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
