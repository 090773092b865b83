"""The verdict: from the network's distribution to what it says and whether that is a match."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

from game.protocol import TOP_GUESSES


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one frame led to. ``top`` holds (category index, probability), most likely first."""

    top: tuple[tuple[int, float], ...]
    prompt_p: float
    matched: bool


def judge(
    probabilities: Sequence[float],
    prompt: int,
    confidence: float,
    among: Sequence[int] | None = None,
) -> Verdict:
    """Whether the network's top prediction is ``prompt``, and at least ``confidence`` sure.

    ``among`` masks the distribution to those categories and renormalises it. Ties go to the lower
    index, but where nothing is left of the distribution, nothing matches, however low the bar.
    What is no probability (NaN, from a broken network) counts as 0.
    """
    probabilities = [min(p, 1.0) if p > 0 else 0.0 for p in probabilities]
    if among is None:
        candidates = list(enumerate(probabilities))
    else:
        mass = sum(probabilities[index] for index in among)
        candidates = [(index, probabilities[index] / mass if mass > 0 else 0.0) for index in among]
    top = tuple(heapq.nsmallest(TOP_GUESSES, candidates, key=lambda item: (-item[1], item[0])))
    prompt_p = next((p for index, p in candidates if index == prompt), 0.0)
    best, best_p = top[0]
    return Verdict(top, prompt_p, best == prompt and 0 < best_p >= confidence)
