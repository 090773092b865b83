"""Measure networks on raw drawings: how often they are right after some seconds, and since when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ml import metrics, timed
from ml.data import TimedDrawing
from ml.raster import Points
from ml.report import Guesser, Progress, Whole, outputs

Floats = npt.NDArray[np.float64]

_CURVE_S = np.arange(1, 41) * timed.STEP_S  # 0.5 to 20 s, a round of the game


def by_time(
    guessers: Sequence[Guesser], drawings: Sequence[TimedDrawing], tick: Progress
) -> list[dict[str, Any]]:
    """For each guesser accuracy by second, share ever right, and when it was first right.

    `{"n", "median_drawing_s", "seconds": {"1": {"top1", "top3", "top5"}, ...}, "ever_right",
    "median_first_right_s", "median_first_right_all_s", "right_by": {"0.5": ..., "20.0": ...}}`:
    percentages, and seconds. The median over all counts never as infinity and is None when more
    than half were never right; `right_by` is the share of all drawings right by then at least once.
    """
    labels = np.array([drawing.label for drawing in drawings], np.int64)
    ranks = np.zeros((len(guessers), len(timed.SECONDS), len(drawings)), np.int64)
    first = np.full((len(guessers), len(drawings)), np.inf)
    for place, drawing in enumerate(drawings):
        moments = timed.moments(drawing)
        wanted = np.unique(np.concatenate((moments, timed.SECONDS)))
        looks, of_moment = _prefixes(drawing, wanted)
        for which, logits in enumerate(outputs(guessers, looks)):
            found = metrics.ranks(logits, np.full(len(looks), drawing.label))[of_moment]
            ranks[which, :, place] = found[np.searchsorted(wanted, timed.SECONDS)]
            right = wanted[(found == 0) & np.isin(wanted, moments)]
            first[which, place] = right[0] if len(right) else np.inf
        tick(1)
    about = {
        "n": len(drawings),
        "median_drawing_s": _median(np.array([timed.duration(each) for each in drawings])),
    }
    return [
        {**about, **_figures(own, when, labels)} for own, when in zip(ranks, first, strict=True)
    ]


def _prefixes(drawing: TimedDrawing, wanted: Floats) -> tuple[list[list[Points]], Whole]:
    """The drawing's different states at these seconds, and which of them belongs to each.

    While the pen rests nothing changes, and what does not change need not be guessed again.
    """
    drawn = np.sort(np.concatenate(drawing.times)) - drawing.times[0][0]
    counts = np.searchsorted(drawn, wanted * 1000, side="right")
    _, firsts, of_moment = np.unique(counts, return_index=True, return_inverse=True)
    return [timed.prefix_at(drawing, float(wanted[at])) for at in firsts], of_moment


def _figures(ranks: Whole, first: Floats, labels: Whole) -> dict[str, Any]:
    seconds = {}
    for second, place in zip(timed.SECONDS, ranks, strict=True):
        top = metrics.top_k_of(place, labels)
        seconds[str(second)] = {name: round(value, 2) for name, value in top.items()}
    ever = np.isfinite(first)
    count = max(1, len(first))
    return {
        "seconds": seconds,
        "ever_right": round(float(100 * ever.sum() / count), 2),
        "median_first_right_s": _median(first[ever]),
        "median_first_right_all_s": _median(first),
        "right_by": {
            f"{second:.1f}": round(float(100 * (first <= second).sum() / count), 2)
            for second in _CURVE_S
        },
    }


def _median(seconds: Floats) -> float | None:
    middle = float(np.median(seconds)) if len(seconds) else np.inf
    return round(middle, 2) if np.isfinite(middle) else None
