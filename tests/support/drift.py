"""Whether a quantity stays where it is: the straight line through its samples."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class Drift:
    """A slope per minute and the standard error of it."""

    per_minute: float
    error: float
    minutes: float  # that it was watched for

    def __str__(self) -> str:
        return f"{self.per_minute:+.2f} ± {self.error:.2f} a minute"

    def is_flat(self, tolerance: float, step: float) -> bool:
        """Whether a slope of at most ``tolerance`` is within what was measured.

        One ``step`` up is allowed as well: allocators take memory by the piece, and the shorter
        the watch, the more a single piece looks like a slope.
        """
        return self.per_minute - 2 * self.error <= tolerance + step / self.minutes


def drift(samples: Sequence[tuple[float, float]]) -> Drift:
    """The least-squares line through ``(seconds, value)`` samples; three at least, or no slope."""
    count = len(samples)
    if count < 3:
        return Drift(0.0, math.inf, 1.0)
    mean_at = sum(at for at, _ in samples) / count
    mean = sum(value for _, value in samples) / count
    spread = sum((at - mean_at) ** 2 for at, _ in samples)
    slope = sum((at - mean_at) * (value - mean) for at, value in samples) / spread
    rest = sum((value - mean - slope * (at - mean_at)) ** 2 for at, value in samples)
    minutes = (samples[-1][0] - samples[0][0]) / 60
    return Drift(60 * slope, 60 * math.sqrt(rest / (count - 2) / spread), minutes)


def rss_mib(process_id: int) -> float:
    """Resident memory of a process."""
    return float(psutil.Process(process_id).memory_info().rss) / 2**20
