"""Figures from probabilities, without a network: the definitions every report uses.

Accuracy is a mean over categories of each category's share of hits, so that a category with many
drawings counts no more than one with few.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Hits = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int64]

BINS = 15
"""Equal-width bins of confidence in which calibration is judged."""


def ranks(outputs: Floats, labels: Labels) -> npt.NDArray[np.int64]:
    """How many outputs stand before the true one, `(B,)`; equal outputs go by lower index."""
    own = np.take_along_axis(outputs, labels[:, None], axis=1)
    above = (outputs > own).sum(axis=1)
    earlier = np.arange(outputs.shape[1]) < labels[:, None]
    tied = ((outputs == own) & earlier).sum(axis=1)
    place: npt.NDArray[np.int64] = above + tied
    return place


def balanced(hits: Hits, labels: Labels) -> float:
    """Percentage of hits, as the plain mean over the categories that occur."""
    counts = np.bincount(labels)
    sums = np.bincount(labels, weights=hits)
    present = counts > 0
    return float((sums[present] / counts[present]).mean() * 100) if present.any() else 0.0


def top_k(outputs: Floats, labels: Labels) -> dict[str, float]:
    """Class-balanced top-1, top-3 and top-5, in percent."""
    return top_k_of(ranks(outputs, labels), labels)


def top_k_of(place: npt.NDArray[np.int64], labels: Labels) -> dict[str, float]:
    """The same from the `ranks` (B,)."""
    return {f"top{k}": balanced(place < k, labels) for k in (1, 3, 5)}


def sampling_error(percentage: float, drawings: int) -> float:
    """Half of the 95 % interval around a percentage of so many drawings, in percentage points."""
    share = percentage / 100
    return float(196 * np.sqrt(share * (1 - share) / drawings)) if drawings else 100.0


def reliability(confidence: Floats, right: Hits, bins: int = BINS) -> npt.NDArray[np.float64]:
    """Rows `(bins, 3)`: how many guesses are this sure, their mean confidence, their share right.

    `confidence` (B,) is the share of the top guess, 0..1, and `right` (B,) whether it is the
    truth. A bin without guesses is a row of zeros.
    """
    place = np.minimum((confidence * bins).astype(np.int64), bins - 1)
    count, sure, hits = (
        np.bincount(place, weights, bins) for weights in (None, confidence, right.astype(float))
    )
    filled = np.maximum(count, 1)
    return np.stack((count, sure / filled, hits / filled), axis=1)


def calibration_error(confidence: Floats, right: Hits, bins: int = BINS) -> float:
    """Expected calibration error of the top guess, 0..1, in equal-width bins (Guo et al. 2017)."""
    count, sure, hits = reliability(confidence, right, bins).T
    return float((count * np.abs(sure - hits)).sum() / max(1, len(confidence)))


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """The temperature with the lowest cross-entropy, to 1 %, between 0.2 and 5."""
    candidates = np.geomspace(0.2, 5.0, 325)
    return float(min(candidates, key=lambda each: surprise(logits / each, labels).mean()))


def surprise(logits: Floats, labels: Labels) -> npt.NDArray[np.float64]:
    """Negative log share of the true category, `(B,)` nats; its mean is the cross-entropy."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    own = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    nats: npt.NDArray[np.float64] = np.log(np.exp(shifted).sum(axis=1)) - own
    return nats


def softmax(logits: Floats) -> npt.NDArray[np.float64]:
    """Shares of each row's outputs."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: npt.NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares
