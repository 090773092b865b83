"""How far a run is, by steps or by the clock, and the learning rate that goes with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

_WARM_UP = 0.04  # of the run: long enough for batch statistics to settle


@dataclass
class Pace:
    """Progress of one run, 0..1.

    A run lasts `steps`, or `hours` where that is set; `spent_s` is the time of the runs this one
    resumes.
    """

    steps: int
    hours: float | None = None
    spent_s: float = 0.0
    clock: Callable[[], float] = time.monotonic
    started: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self.started = self.clock()

    def expected_steps(self) -> float:
        """How many steps the run will take; by the clock, nobody knows: infinity."""
        return float("inf") if self.hours is not None else float(self.steps)

    def elapsed_s(self) -> float:
        """Seconds of training so far, earlier parts included."""
        return self.spent_s + self.clock() - self.started

    def progress(self, step: int) -> float:
        """The share of the run that is done after `step` steps."""
        if self.hours is not None:
            return min(1.0, self.elapsed_s() / (self.hours * 3600))
        return min(1.0, step / max(1, self.steps))

    def rate(self, step: int) -> float:
        """The learning rate as a share of its peak: straight up, then straight down to 0."""
        done = self.progress(step)
        if done < _WARM_UP:
            # Never quite 0: the first step should move.
            return max(done / _WARM_UP, 1e-3)
        return (1 - done) / (1 - _WARM_UP)
