"""What eight bits stand for in each layer, from the weights alone.

Static quantisation usually runs drawings through the network to see how large its values get. The
batch normalisations have learned just that: mean and spread of every channel over the whole
training data. Six spreads above the mean of the channel that reaches highest read as well as
looking (Nagel et al. 2019, "Data-Free Quantization"), need no data beside the weights, and give
the same scales on every machine, so that a verdict can be derived again anywhere.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.checkpoint import Array, Conv

PIXEL: Final = np.float32(1 / 255)
"""What one step of a picture is worth: the network was trained on 0..1."""

SPREADS: Final = 6.0
# On 6,929 drawings at 50, 75 and 100 % of their ink, top-1 against float32: 4 spreads +0.02 -0.17
# -0.15 points, 6 +0.08 -0.18 +0.08, 8 +0.14 -0.33 -0.05, looking at 1,485 drawings +0.12 -0.02
# +0.09. The differences are noise but for 4.

_Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Steps:
    """The value of one step after a layer's ReLU, of 255; and before adding, of 127 each way."""

    output: np.float32
    sum: np.float32


def steps(convs: Sequence[Conv]) -> list[Steps]:
    """Steps for each layer in turn."""
    found = []
    before = kept = (np.zeros(1), np.zeros(1))
    for conv in convs:
        centre, spread = conv.centre.astype(float), conv.spread.astype(float)
        before_sum = float((np.abs(centre) + SPREADS * spread).max())
        if conv.opens:
            kept = before
        if conv.closes:
            centre, spread = centre + kept[0], np.hypot(spread, kept[1])
        highest = float((centre + SPREADS * spread).max())
        found.append(Steps(_step(highest, 255), _step(before_sum, 127)))
        before = _after_relu(centre, spread)
    return found


def in_eight_bits(weight: Array) -> tuple[npt.NDArray[np.int8], Array]:
    """Weights as -127..127, and the value of one step for each output channel."""
    largest = np.abs(weight).max(axis=tuple(range(1, weight.ndim)))
    step = np.maximum(largest, np.finfo(np.float32).tiny * 127) / np.float32(127)
    shape = (-1, *[1] * (weight.ndim - 1))
    return np.rint(weight / step.reshape(shape)).astype(np.int8), step.astype(np.float32)


def _step(largest: float, count: int) -> np.float32:
    # Three digits: no machine's last bit of `erf` shall show.
    return np.float32(f"{max(largest, 1e-6) / count:.3g}")


def _after_relu(mean: _Floats, spread: _Floats) -> tuple[_Floats, _Floats]:
    """Mean and spread of what is left of normal distributions above zero."""
    spread = np.maximum(spread, 1e-9)
    ratio = mean / spread
    above = np.array([0.5 * math.erfc(-each / math.sqrt(2)) for each in ratio])
    density = spread * np.exp(-(ratio**2) / 2) / math.sqrt(2 * math.pi)
    left = mean * above + density
    square = (mean**2 + spread**2) * above + mean * density
    return left, np.sqrt(np.maximum(square - left**2, 0))
