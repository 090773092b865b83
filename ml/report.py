"""Measure a network on drawings it has not seen, cut at fractions of their ink or by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ml import metrics, timed
from ml.data import Drawings, TimedDrawing
from ml.prefix import cut_ink
from ml.raster import Picture, Points, rasterise_batch

INK = (0.10, 0.25, 0.50, 0.75, 1.00)
_DIFFICULTY_STEPS = 20  # fractions of ink at which the first right guess is looked for
_LEVELS = ("easy", "medium", "hard")
_BATCH = 256

Progress = Callable[[int], object]


class Guesser(Protocol):
    """Anything that names a picture: the engine, or another network to compare with."""

    labels: tuple[str, ...]
    side: int
    channels: int
    temperature: float

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """Outputs `(B, categories)` before the softmax."""


def run(guesser: Guesser, drawings: Sequence[Sequence[Points]]) -> npt.NDArray[np.float32]:
    """Logits `(len(drawings), categories)` for drawings in canvas units."""
    if not drawings:
        return np.zeros((0, len(guesser.labels)), np.float32)
    parts = []
    for start in range(0, len(drawings), _BATCH):
        chunk = drawings[start : start + _BATCH]
        pictures = rasterise_batch(chunk, side=guesser.side, channels=guesser.channels)
        parts.append(guesser.logits(pictures))
    return np.concatenate(parts)


def by_ink(guesser: Guesser, drawings: Drawings, tick: Progress) -> dict[str, Any]:
    """`{"n", "ink": {"0.10": {"top1", "top3", "top5"}, ...}, "ece", "nll"}`; percentages.

    The labels of `drawings` index the guesser's outputs. Calibration is of whole drawings.
    """
    result: dict[str, Any] = {"n": len(drawings), "ink": {}}
    for fraction in INK:
        logits = run(guesser, _cut(drawings, fraction))
        result["ink"][f"{fraction:.2f}"] = _rounded(metrics.top_k(logits, drawings.labels))
        tick(len(drawings))
    cooled = logits / guesser.temperature
    result["ece"] = round(metrics.calibration_error(metrics.softmax(cooled), drawings.labels), 4)
    result["nll"] = round(metrics.cross_entropy(cooled, drawings.labels), 4)
    return result


def by_time(guesser: Guesser, drawings: Sequence[TimedDrawing], tick: Progress) -> dict[str, Any]:
    """Accuracy by second, share ever right, and the median time of the first right guess.

    `{"n", "seconds": {"1": {...}, ...}, "ever_right", "median_first_right_s",
    "median_first_right_all_s"}`; the last is None when more than half were never right.
    """
    labels = np.array([drawing.label for drawing in drawings], np.int64)
    at_second: list[list[int]] = [[] for _ in timed.SECONDS]
    first = np.full(len(drawings), np.inf)
    for index, drawing in enumerate(drawings):
        moments = timed.moments(drawing)
        wanted = np.unique(np.concatenate((moments, timed.SECONDS)))
        answers = run(guesser, [timed.prefix_at(drawing, float(second)) for second in wanted])
        place = metrics.ranks(answers, np.full(len(wanted), drawing.label))
        for column, second in enumerate(timed.SECONDS):
            at_second[column].append(int(place[np.searchsorted(wanted, second)]))
        right = [second for second, rank in zip(wanted, place, strict=True) if rank == 0]
        first[index] = min((s for s in right if s in moments), default=np.inf)
        tick(1)
    ever = np.isfinite(first)
    middle = float(np.median(first)) if len(first) else np.inf
    return {
        "n": len(drawings),
        "seconds": {
            str(second): _rounded(
                {f"top{k}": metrics.balanced(np.array(column) < k, labels) for k in (1, 3, 5)}
            )
            for second, column in zip(timed.SECONDS, at_second, strict=True)
        },
        "ever_right": round(float(ever.mean() * 100), 2),
        "median_first_right_s": float(np.median(first[ever])) if ever.any() else None,
        "median_first_right_all_s": middle if np.isfinite(middle) else None,
    }


def difficulty(guesser: Guesser, drawings: Drawings, tick: Progress) -> dict[str, Any]:
    """Per category: accuracy of whole drawings (percent), ink of the first right guess, level.

    `ink_to_match` is the median fraction (steps of 0.05) over the drawings ever right, 1.0 where
    none is. Levels are thirds by the mean of the ink left over at the first right guess, which
    counts how often and how early at once.
    """
    fractions = np.arange(1, _DIFFICULTY_STEPS + 1) / _DIFFICULTY_STEPS
    first = np.full(len(drawings), np.inf)
    for fraction in fractions:
        logits = run(guesser, _cut(drawings, float(fraction)))
        whole = metrics.ranks(logits, drawings.labels) == 0
        first = np.where(whole & np.isinf(first), fraction, first)
        tick(len(drawings))
    rows: dict[str, dict[str, Any]] = {}
    spare: dict[str, float] = {}
    for label in np.unique(drawings.labels):
        name, own = guesser.labels[label], drawings.labels == label
        matched = first[own][np.isfinite(first[own])]
        rows[name] = {
            "accuracy": round(float(whole[own].mean() * 100), 1),
            "ink_to_match": round(float(np.median(matched)), 3) if len(matched) else 1.0,
        }
        spare[name] = float(np.maximum(0.0, 1.05 - first[own]).mean())
    order = sorted(spare, key=lambda name: (-spare[name], name))
    for place, name in enumerate(order):
        rows[name]["level"] = _LEVELS[place * len(_LEVELS) // len(order)]
    return {name: rows[name] for name in guesser.labels if name in rows}


def temperature(guesser: Guesser, drawings: Drawings) -> float:
    """The temperature that suits drawings whole and nearly whole, which is when verdicts fall.

    Earlier ones would want a higher one: no single number is honest about all of them.
    """
    answers = [run(guesser, _cut(drawings, fraction)) for fraction in (0.75, 1.0)]
    return metrics.fit_temperature(np.concatenate(answers), np.tile(drawings.labels, len(answers)))


def table(figures: dict[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{figures['n']:,} drawings; calibration error {figures['ece']:.3f}", ""]
    lines.append("  ink    top-1   top-3   top-5")
    lines += [f"  {float(ink):4.0%}  {_row(row)}" for ink, row in figures["ink"].items()]
    if "timed" in figures:
        timed = figures["timed"]
        lines += ["", f"{timed['n']:,} timed drawings", "  after   top-1   top-3   top-5"]
        lines += [f"  {second:>3} s  {_row(row)}" for second, row in timed["seconds"].items()]
        median, of_all = timed["median_first_right_s"], timed["median_first_right_all_s"]
        lines.append(
            f"  ever right {timed['ever_right']:.1f} %; first right after a median {median} s "
            f"({of_all} s counting never)"
        )
    return "\n".join(lines)


def _row(row: dict[str, float]) -> str:
    return "  ".join(f"{row[f'top{k}']:6.1f}" for k in (1, 3, 5))


def _cut(drawings: Drawings, fraction: float) -> list[list[Points]]:
    return [cut_ink(strokes, fraction) for strokes in _each(drawings)]


def _each(drawings: Drawings) -> Iterator[list[Points]]:
    return (drawings.strokes_of(index) for index in range(len(drawings)))


def _rounded(figures: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 2) for name, value in figures.items()}
