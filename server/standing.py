"""Scores of sorted sets that hold a figure and, for ties, when it was reached.

Of two equal figures the earlier ranks first. A score is a double, exact up to 2^53: the figure
takes the upper bits and the time that is left the lower ones, so that more is always better.
Total points have 27 bits, which is 4,000 perfect games of twenty rounds, and the time in seconds
since the span began (for all time, in minutes since 2025). Everything else has 18 bits and the
time since 2025 in tenths of a second. A figure beyond its bits counts as the greatest there is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from server.board_keys import By
from server.periods import Span

_EPOCH_MS: Final = round(datetime(2025, 1, 1, tzinfo=UTC).timestamp() * 1000)
_BITS: Final = 53
_TOTAL_TIME_BITS: Final = 26
_RECORD_TIME_BITS: Final = 35


@dataclass(frozen=True, slots=True)
class Packing:
    """How a board packs its scores: below the figure, ``time_bits`` of ticks of ``tick_ms``."""

    time_bits: int
    tick_ms: int
    since_ms: int = _EPOCH_MS
    less_is_better: bool = False

    @property
    def shift(self) -> int:
        """What a figure is multiplied by."""
        return 1 << self.time_bits

    @property
    def most(self) -> int:
        """The greatest figure there is room for."""
        return (1 << (_BITS - self.time_bits)) - 1

    def rest(self, at_ms: int) -> int:
        """What is added to the figure for having been reached at ``at_ms``, Unix time."""
        last = self.shift - 1
        return last - min(max((at_ms - self.since_ms) // self.tick_ms, 0), last)

    def raised(self, figure: int) -> int:
        """``figure`` as one of which more is better, and no more than there is room for."""
        figure = min(figure, self.most)
        return self.most - figure if self.less_is_better else figure

    def figure(self, score: float) -> int:
        """The figure that was packed into ``score``."""
        figure = int(score) >> self.time_bits
        return self.most - figure if self.less_is_better else figure

    def figures(self, stored: Sequence[bytes | None]) -> list[int | None]:
        """``figure`` of each score as Redis writes it; None for who is not on the board."""
        bits = self.time_bits
        raised = [None if score is None else int(float(score)) >> bits for score in stored]
        if not self.less_is_better:
            return raised
        most = self.most
        return [None if figure is None else most - figure for figure in raised]


_RECORD: Final = Packing(_RECORD_TIME_BITS, 100)
FASTEST: Final = Packing(_RECORD_TIME_BITS, 100, less_is_better=True)
_TOTAL: Final = Packing(_TOTAL_TIME_BITS, 60_000)


def packing(by: By, span: Span) -> Packing:
    """How the board of ``span`` that ranks by ``by`` packs its scores."""
    match by:
        case By.FASTEST:
            return FASTEST
        case By.POINTS if span.ends_ms is None:
            return _TOTAL
        case By.POINTS:
            return Packing(_TOTAL_TIME_BITS, 1_000, span.starts_ms)
        case _:
            return _RECORD
