"""The verdict: from the network's distribution to what it says and whether that is a match."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from math import isnan

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
    if not _sound(probabilities):
        probabilities = [min(p, 1.0) if p > 0 else 0.0 for p in probabilities]
    if among is None:
        among = range(len(probabilities))
    else:
        mass = sum(probabilities[index] for index in among)
        probabilities = [probabilities[index] / mass if mass > 0 else 0.0 for index in among]
    top = tuple((among[place], p) for place, p in _top(probabilities))
    prompt_p = probabilities[among.index(prompt)] if prompt in among else 0.0
    best, best_p = top[0]
    return Verdict(top, prompt_p, best == prompt and 0 < best_p >= confidence)


def _sound(probabilities: Sequence[float]) -> bool:
    """Whether all are from 0 to 1. The sum tells of NaN, which a comparison may pass over."""
    return min(probabilities) >= 0 and max(probabilities) <= 1 and not isnan(sum(probabilities))


def _top(probabilities: Sequence[float]) -> Iterator[tuple[int, float]]:
    """The largest with their places, largest first; equal ones in the order of their places."""
    place, last = -1, None
    for p in nlargest(TOP_GUESSES, probabilities):
        place = probabilities.index(p, place + 1 if p == last else 0)
        last = p
        yield place, p
