"""Figures from probabilities, without a network: the definitions every report uses.

Accuracy is a mean over categories of each category's share of hits, so that a category with many
drawings counts no more than one with few.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.floating]
Labels = npt.NDArray[np.int64]


def ranks(outputs: Floats, labels: Labels) -> npt.NDArray[np.int64]:
    """How many outputs stand before the true one, `(B,)`; equal outputs go by lower index."""
    own = np.take_along_axis(outputs, labels[:, None], axis=1)
    above = (outputs > own).sum(axis=1)
    earlier = np.arange(outputs.shape[1]) < labels[:, None]
    tied = ((outputs == own) & earlier).sum(axis=1)
    place: npt.NDArray[np.int64] = above + tied
    return place


def balanced(hits: npt.NDArray[np.bool_], labels: Labels) -> float:
    """Percentage of hits, as the plain mean over the categories that occur."""
    counts = np.bincount(labels)
    sums = np.bincount(labels, weights=hits)
    present = counts > 0
    return float((sums[present] / counts[present]).mean() * 100) if present.any() else 0.0


def top_k(outputs: Floats, labels: Labels) -> dict[str, float]:
    """Class-balanced top-1, top-3 and top-5, in percent."""
    place = ranks(outputs, labels)
    return {f"top{k}": balanced(place < k, labels) for k in (1, 3, 5)}


def calibration_error(shares: Floats, labels: Labels, bins: int = 15) -> float:
    """Expected calibration error of the top guess, 0..1, in equal-width bins (Guo et al. 2017)."""
    confidence = shares.max(axis=1)
    right = shares.argmax(axis=1) == labels
    place = np.minimum((confidence * bins).astype(int), bins - 1)
    error = 0.0
    for chosen in range(bins):
        inside = place == chosen
        if inside.any():
            error += float(inside.mean() * abs(confidence[inside].mean() - right[inside].mean()))
    return error


def fit_temperature(logits: Floats, labels: Labels) -> float:
    """The temperature with the lowest cross-entropy, to 1 %, between 0.2 and 5."""
    candidates = np.geomspace(0.2, 5.0, 325)
    return float(min(candidates, key=lambda candidate: cross_entropy(logits / candidate, labels)))


def cross_entropy(logits: Floats, labels: Labels) -> float:
    """Mean negative log share of the true category, in nats."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    own = np.take_along_axis(shifted, labels[:, None], axis=1)[:, 0]
    return float((np.log(np.exp(shifted).sum(axis=1)) - own).mean())


def softmax(logits: Floats) -> npt.NDArray[np.float64]:
    """Shares of each row's outputs."""
    raised = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: npt.NDArray[np.float64] = raised / raised.sum(axis=1, keepdims=True)
    return shares
