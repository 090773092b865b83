"""Points and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from game.protocol import Level

MOST: Final = 1000
LEAST: Final = 100
WORTH: Final[Mapping[Level, float]] = {Level.EASY: 1.0, Level.MEDIUM: 1.25, Level.HARD: 1.5}


def points(left_ms: int, total_ms: int, level: Level) -> int:
    """What a match is worth with ``left_ms`` of the round's ``total_ms`` still to go."""
    return round(max(LEAST, round(MOST * left_ms / total_ms)) * WORTH[level])


def places(results: Mapping[int, float]) -> dict[int, int]:
    """The place of each key, 1 for the smallest result; equal results share a place."""
    return {
        key: 1 + sum(other < result for other in results.values())
        for key, result in results.items()
    }
