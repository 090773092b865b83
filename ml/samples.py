"""What one training step sees: augmented prefixes of random drawings, as pictures."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset, Sampler, get_worker_info

from ml.augment import augment
from ml.cache import PackedDrawings
from ml.prefix import cut_ink
from ml.raster import Points, rasterise_batch

Places = npt.NDArray[np.uint32]
"""Which drawings: four bytes each, where a list of Python's numbers would take forty."""

Changes = Literal["all", "no-bend", "none"]
"""What happens to a drawing before it is cut: all of `ml.augment`, that without bends, nothing."""

_AT_ONCE = 1 << 16  # places of an epoch's order that are Python's numbers at one time


@dataclass(frozen=True)
class Batch:
    """One step's input: `pictures` (B, C, side, side) uint8 and the `drawings` (B,) they show.

    `whole` (B,) says which of them show all of their drawing.
    """

    pictures: npt.NDArray[np.uint8]
    drawings: npt.NDArray[np.int64]
    whole: npt.NDArray[np.bool_]


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
        self,
        drawings: PackedDrawings,
        chosen: Places | None = None,
        *,
        side: int,
        channels: int,
        seed: int,
        mix: PrefixMix,
        changes: Changes = "all",
    ) -> None:
        """`chosen` are the drawings to learn from, by default all of them.

        `side` and `channels` are the network's picture; `changes` says what happens to drawings,
        and `mix` how they are cut then.
        """
        self.drawings = drawings
        self.chosen = chosen
        self.side = side
        self.channels = channels
        self.seed = seed
        self.mix = mix
        self.changes = changes

    def __len__(self) -> int:
        """Drawings in one epoch."""
        return len(self.drawings if self.chosen is None else self.chosen)

    def __getitem__(self, index: int) -> Batch:
        """A batch of one drawing."""
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """Pictures of these drawings, each changed and cut anew."""
        be_a_quiet_worker()
        drawings = np.array(indices, np.int64)
        if self.chosen is not None:
            drawings = self.chosen[drawings].astype(np.int64)
        rng = np.random.default_rng([self.seed, *drawings[:4].tolist()])
        prefixes = []
        whole = np.empty(len(indices), np.bool_)
        for row, place in enumerate(drawings.tolist()):
            strokes = self.drawings.strokes_of(place)
            changed: Sequence[Points] = strokes
            if self.changes != "none":
                changed = augment(strokes, rng, bends=self.changes == "all")
            fraction = self.mix.draw(rng)
            whole[row] = fraction >= 1.0
            prefixes.append(cut_ink(changed, fraction))
        pictures = rasterise_batch(prefixes, side=self.side, channels=self.channels)
        return Batch(pictures, drawings, whole)


class Shuffle(Sampler[int]):
    """The places 0..length-1 in an order that is a function of the seed and the epoch.

    PyTorch's own sampler makes a list of Python's numbers: 2 GB for 50 million drawings.
    """

    def __init__(self, length: int, seed: int) -> None:
        """`length` drawings in an epoch; the first epoch is 0."""
        self.length = length
        self.seed = seed
        self.epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """The Trainer says which epoch begins, also when a run is resumed in the middle of one."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Drawings in one epoch."""
        return self.length

    def __iter__(self) -> Iterator[int]:
        order = np.arange(self.length, dtype=np.uint32)
        np.random.default_rng([self.seed, self.epoch]).shuffle(order)
        for first in range(0, self.length, _AT_ONCE):
            yield from order[first : first + _AT_ONCE].tolist()


def be_a_quiet_worker() -> None:
    """Settings of a process that makes pictures, in whichever process this is."""
    cv2.setNumThreads(0)  # worker processes are the parallelism
    if get_worker_info() is not None:
        # Ctrl-C reaches every process of a terminal; the main one saves and ends the workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
