"""What one training step sees: augmented prefixes of random drawings, as pictures."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset, get_worker_info

from ml.augment import augment
from ml.data import Drawings
from ml.prefix import cut_ink
from ml.raster import rasterise


@dataclass(frozen=True)
class Batch:
    """One step's input: `pictures` (B, C, side, side) uint8 and the `drawings` (B,) they show."""

    pictures: npt.NDArray[np.uint8]
    drawings: npt.NDArray[np.int64]


@dataclass(frozen=True)
class PrefixMix:
    """How much of each drawing a training step shows.

    A share `whole` of the samples are finished drawings; the rest are cut at
    `earliest + (1 - earliest) * u ** skew` with u uniform: a skew below 1 leans to later cuts.
    """

    whole: float = 0.4
    earliest: float = 0.15
    skew: float = 0.7

    def draw(self, rng: np.random.Generator) -> float:
        """One random fraction of the ink."""
        if rng.random() < self.whole:
            return 1.0
        return float(self.earliest + (1 - self.earliest) * rng.random() ** self.skew)


class TrainingSamples(Dataset[Batch]):
    """Drawings as a map-style dataset that answers whole batches.

    The randomness of a batch is a function of the seed and of the drawings in it, so a resumed
    run sees what an uninterrupted one would have seen, however many workers make the batches.
    """

    def __init__(
        self, drawings: Drawings, *, side: int, channels: int, seed: int, mix: PrefixMix
    ) -> None:
        """`side` and `channels` are the network's picture; `mix` says how drawings are cut."""
        self.drawings = drawings
        self.side = side
        self.channels = channels
        self.seed = seed
        self.mix = mix

    def __len__(self) -> int:
        """Drawings in one epoch."""
        return len(self.drawings)

    def __getitem__(self, index: int) -> Batch:
        """A batch of one drawing."""
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Pictures of these drawings, each changed and cut anew."""
        cv2.setNumThreads(0)  # worker processes are the parallelism
        if get_worker_info() is not None:
            # Ctrl-C reaches every process of a terminal; the main one saves and ends the workers.
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        rng = np.random.default_rng([self.seed, *indices[:4]])
        pictures = np.empty((len(indices), self.channels, self.side, self.side), np.uint8)
        for row, index in enumerate(indices):
            strokes = augment(self.drawings.strokes_of(index), rng)
            prefix = cut_ink(strokes, self.mix.draw(rng))
            pictures[row] = rasterise(prefix, side=self.side, channels=self.channels)
        return Batch(pictures, np.array(indices, np.int64))
