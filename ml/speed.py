"""How fast a network is on one processor core."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from ml.raster import Picture
from ml.report import Guesser

BATCH = 64
_BATCHES = 30
_GUESSES = 200
_WARM = 5


@dataclass(frozen=True)
class Speed:
    """One thread; the forward pass with its softmax, the pictures ready in memory.

    `images_s` is at a batch of 64, `latency_ms` the median of single pictures. Both count processor
    time, which on one thread is what passes on an idle machine, and on a busy one still is.
    """

    images_s: float
    latency_ms: float


@contextmanager
def one_thread() -> Iterator[None]:
    """PyTorch on one thread for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def speed(guesser: Guesser, pictures: Picture) -> Speed:
    """Time a guesser with some real `pictures` (B, C, side, side), repeated to 64.

    It must be on the CPU and have been loaded under `one_thread`, which is still held.
    """
    batch = np.resize(pictures, (BATCH, *pictures.shape[1:]))
    many = _seconds(guesser, batch, _BATCHES)
    single = _seconds(guesser, batch[:1], _GUESSES)
    return Speed(round(BATCH / many, 1), round(1000 * single, 3))


def _seconds(guesser: Guesser, pictures: Picture, repeats: int) -> float:
    """The median time of one batch: a moment of crowded caches then costs nothing."""
    taken = []
    for _ in range(_WARM + repeats):
        begun = time.process_time()
        torch.from_numpy(guesser.logits(pictures)).softmax(dim=1)
        taken.append(time.process_time() - begun)
    return float(np.median(taken[_WARM:]))
