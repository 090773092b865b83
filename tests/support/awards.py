"""Finished games by hand, for tests of the boards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from game.state import Drawn
from server.awards import Award, Result
from server.counting import Terms
from server.periods import DAY_MS

NOON_MS: Final = round(datetime(2026, 11, 18, 12, tzinfo=UTC).timestamp() * 1000)  # a Wednesday

# Boards of a day long ago expire at once otherwise, whenever this is read.
FOR_EVER: Final = Terms(spans_kept_ms=100 * 366 * DAY_MS)


def drawn(*times_ms: int | None, prompt: int = 0, points: int = 100) -> tuple[Drawn, ...]:
    """A drawing of each round, matched after so long or not at all; of one category after another.

    ``points`` are those of each match.
    """
    return tuple(
        Drawn(n + 1, prompt + n, ms, 0 if ms is None else points) for n, ms in enumerate(times_ms)
    )


def result(player: str, points: int, times_ms: Sequence[int | None] = (), **more: Any) -> Result:
    """A player's part, with as many matches as there are times."""
    figures = drawn(*times_ms, prompt=more.pop("prompt", 0))
    matches = sum(each.ms is not None for each in figures)
    return Result(player, points, more.pop("matches", matches), figures, figures, **more)


def award(game: str, *results: Result, at_ms: int = NOON_MS, **more: Any) -> Award:
    """A game that is over."""
    return Award(game, at_ms, results, **more)
