"""Whether eight bits do: the same guesses as in float32, on scribbles made up for it.

Quantisation trusts what the weights say about themselves (``ml.quantise``). A network that was
trained in some other way may say it wrongly, and would be worse in play than it was measured.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ml.raster import CANVAS_MAX, Picture, rasterise_batch

SCRIBBLES: Final = 48
LARGEST_SHIFT: Final = 0.05
# Of the probability, on the average, that sits elsewhere. The shipped network: 0.019; with steps
# half as large, so that values are cut off, 0.086; four times as large, so that they blur, 0.055.
_SEED: Final = 8


def scribbles(side: int, channels: int, count: int = SCRIBBLES) -> Picture:
    """Pictures `(count, channels, side, side)`, the same at every call."""
    dice = np.random.default_rng(_SEED)
    drawings = []
    for _ in range(count):
        strokes = []
        for _ in range(dice.integers(1, 5)):
            steps = dice.normal(0, 5000, (dice.integers(2, 24), 2)).cumsum(axis=0)
            place = dice.uniform(0.2, 0.8, 2) * CANVAS_MAX + steps + dice.normal(0, 4000, 2)
            strokes.append(place.clip(0, CANVAS_MAX).astype(np.int64))
        drawings.append(strokes)
    return rasterise_batch(drawings, side=side, channels=channels)


def shift(one: npt.NDArray[np.floating], other: npt.NDArray[np.floating]) -> float:
    """How much probability, 0..1, two lists of distributions `(B, N)` put in different places."""
    return float(np.abs(one.astype(float) - other.astype(float)).sum(axis=1).mean() / 2)
