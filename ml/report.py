"""Measure networks on drawings they have not seen, cut at fractions of their ink.

A drawing is cut and rasterised once for all the networks that take such a picture, and of each
network's outputs only what the figures need is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from ml import metrics
from ml.data import Drawings
from ml.prefix import cut_ink
from ml.raster import Picture, Points, rasterise_batch

INK = (0.10, 0.25, 0.50, 0.75, 1.00)
FINE_INK = tuple(step / 20 for step in range(1, 21))
"""Where the first right guess is looked for; holds all of `INK`."""
_VERDICTS = (0.75, 1.00)  # fractions around which verdicts fall
_LEVELS = ("easy", "medium", "hard")
_BATCH = 256

Progress = Callable[[int], object]
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class Guesser(Protocol):
    """Anything that names a picture: the engine, or another network to compare with."""

    labels: tuple[str, ...]
    side: int
    channels: int
    temperature: float

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """Outputs `(B, categories)` before the softmax."""


@dataclass(frozen=True)
class Answers:
    """What a network says of drawings at one moment; all arrays `(D,)`.

    `rank` is how many outputs stand before the true one, `top` the first output's index,
    `confidence` its share (0..1) at the network's temperature, `surprise` the negative log share
    of the truth in nats.
    """

    rank: Whole
    top: Whole
    confidence: Floats
    surprise: Floats

    @property
    def right(self) -> npt.NDArray[np.bool_]:
        """Where the first output is the truth."""
        hits: npt.NDArray[np.bool_] = self.rank == 0
        return hits


Curve = Mapping[float, Answers]
"""A network's answers by the fraction of ink shown."""


def outputs(
    guessers: Sequence[Guesser], drawings: Sequence[Sequence[Points]]
) -> list[npt.NDArray[np.float32]]:
    """Each guesser's logits `(len(drawings), categories)` for drawings in canvas units."""
    parts: list[list[npt.NDArray[np.float32]]] = [[] for _ in guessers]
    for start in range(0, len(drawings), _BATCH):
        chunk = drawings[start : start + _BATCH]
        forms = {(guesser.side, guesser.channels) for guesser in guessers}
        pictures = {form: rasterise_batch(chunk, side=form[0], channels=form[1]) for form in forms}
        for own, guesser in zip(parts, guessers, strict=True):
            own.append(guesser.logits(pictures[guesser.side, guesser.channels]))
    return [
        np.concatenate(own) if own else np.zeros((0, len(guesser.labels)), np.float32)
        for own, guesser in zip(parts, guessers, strict=True)
    ]


def run(guesser: Guesser, drawings: Sequence[Sequence[Points]]) -> npt.NDArray[np.float32]:
    """One guesser's logits `(len(drawings), categories)`."""
    return outputs([guesser], drawings)[0]


def read_off(logits: npt.NDArray[np.float32], labels: Whole, temperature: float) -> Answers:
    """The answers in a guesser's logits `(D, categories)`."""
    cooled = logits.astype(np.float64) / temperature
    shares = metrics.softmax(cooled)
    return Answers(
        metrics.ranks(logits, labels),
        logits.argmax(axis=1),
        shares.max(axis=1),
        metrics.surprise(cooled, labels),
    )


def ask(
    guessers: Sequence[Guesser], drawings: Drawings, fractions: Sequence[float], tick: Progress
) -> list[dict[float, Answers]]:
    """Each guesser's answers at each fraction of the ink.

    The labels of `drawings` index every guesser's outputs. `tick` is told of drawings done.
    """
    found: list[dict[float, Answers]] = [{} for _ in guessers]
    for fraction in fractions:
        parts: list[list[Answers]] = [[] for _ in guessers]
        for start in range(0, len(drawings), _BATCH):
            places = range(start, min(start + _BATCH, len(drawings)))
            labels = drawings.labels[start : start + _BATCH]
            cut = [cut_ink(drawings.strokes_of(place), fraction) for place in places]
            for own, guesser, logits in zip(parts, guessers, outputs(guessers, cut), strict=True):
                own.append(read_off(logits, labels, guesser.temperature))
            tick(len(places))
        for curve, own in zip(found, parts, strict=True):
            curve[fraction] = _joined(own)
    return found


def top_k(answers: Answers, labels: Whole) -> dict[str, float]:
    """Class-balanced top-1, top-3 and top-5, in percent."""
    return {k: round(v, 2) for k, v in metrics.top_k_of(answers.rank, labels).items()}


def by_ink(curve: Curve, labels: Whole) -> dict[str, Any]:
    """`{"n", "ink": {"0.10": {"top1", "top3", "top5", "ece"}, ...}, "ece", "nll"}`.

    Accuracy is in percent; "ece" and "nll" on the outside are those of whole drawings.
    """
    rows = {}
    for fraction, answers in curve.items():
        rows[f"{fraction:.2f}"] = {
            **top_k(answers, labels),
            "ece": round(metrics.calibration_error(answers.confidence, answers.right), 4),
        }
    whole = curve[1.0]
    return {
        "n": len(labels),
        "ink": rows,
        "ece": rows["1.00"]["ece"],
        "nll": round(float(whole.surprise.mean()), 4),
    }


def reliability(curve: Curve) -> dict[str, list[list[float]]]:
    """For each fraction `metrics.reliability`'s rows: guesses, mean confidence, share right."""
    return {
        f"{fraction:.2f}": [
            [int(count), round(sure, 4), round(hits, 4)]
            for count, sure, hits in metrics.reliability(answers.confidence, answers.right).tolist()
        ]
        for fraction, answers in curve.items()
    }


def first_right(curve: Curve) -> Floats:
    """The fraction of ink at each drawing's first right guess, `(D,)`; never: infinity."""
    first = np.full(len(next(iter(curve.values())).rank), np.inf)
    for fraction in sorted(curve):
        first = np.where(np.isinf(first) & curve[fraction].right, fraction, first)
    return first


def by_category(curve: Curve, labels: Whole, names: Sequence[str]) -> dict[str, Any]:
    """Per category: accuracy of whole drawings (percent), ink of the first right guess, level.

    `curve` has all of `FINE_INK`. `ink_to_match` is the median fraction over the drawings ever
    right, 1.0 where none is. Levels are thirds by the mean of the ink left over at the first right
    guess, which counts how often and how early at once.
    """
    first = first_right(curve)
    right = curve[1.0].right
    rows: dict[str, dict[str, Any]] = {}
    spare: dict[str, float] = {}
    for label in np.unique(labels):
        name, own = names[label], labels == label
        matched = first[own][np.isfinite(first[own])]
        rows[name] = {
            "accuracy": round(float(right[own].mean() * 100), 1),
            "ink_to_match": round(float(np.median(matched)), 3) if len(matched) else 1.0,
        }
        spare[name] = float(np.maximum(0.0, 1.05 - first[own]).mean())
    order = sorted(spare, key=lambda name: (-spare[name], name))
    for place, name in enumerate(order):
        rows[name]["level"] = _LEVELS[place * len(_LEVELS) // len(order)]
    return {name: rows[name] for name in names if name in rows}


def confused(answers: Answers, labels: Whole, names: Sequence[str]) -> list[dict[str, Any]]:
    """Pairs of categories taken for each other, most often first.

    `{"one", "other", "one_as_other", "other_as_one", "share_one", "share_other"}`: the numbers
    are drawings, the shares percent of that category's drawings. Pairs stand in the order of the
    sum of both shares, so that categories with many drawings count no more.
    """
    sizes = np.bincount(labels, minlength=len(names))
    wrong = ~answers.right
    mistakes, counts = np.unique(
        np.stack((labels[wrong], answers.top[wrong])), axis=1, return_counts=True
    )
    taken = {(int(a), int(b)): int(n) for (a, b), n in zip(mistakes.T, counts, strict=True)}
    rows = []
    for one, other in {(min(pair), max(pair)) for pair in taken}:
        there, back = taken.get((one, other), 0), taken.get((other, one), 0)
        rows.append(
            {
                "one": names[one],
                "other": names[other],
                "one_as_other": there,
                "other_as_one": back,
                "share_one": round(100 * there / max(1, int(sizes[one])), 1),
                "share_other": round(100 * back / max(1, int(sizes[other])), 1),
            }
        )
    return sorted(
        rows, key=lambda row: (-row["share_one"] - row["share_other"], row["one"], row["other"])
    )


def temperature(guesser: Guesser, drawings: Drawings) -> float:
    """The temperature that suits drawings whole and nearly whole, which is when verdicts fall.

    Earlier ones would want a higher one: no single number is honest about all of them.
    """
    answers = []
    for fraction in _VERDICTS:
        cut = [cut_ink(drawings.strokes_of(place), fraction) for place in range(len(drawings))]
        answers.append(run(guesser, cut))
    return metrics.fit_temperature(np.concatenate(answers), np.tile(drawings.labels, len(answers)))


def _joined(parts: Sequence[Answers]) -> Answers:
    columns = ("rank", "top", "confidence", "surprise")
    return Answers(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))
