"""Points and places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from game.protocol import Level

Key = TypeVar("Key")
MOST: Final = 1000
LEAST: Final = 100
WORTH: Final[Mapping[Level, float]] = {Level.EASY: 1.0, Level.MEDIUM: 1.25, Level.HARD: 1.5}


def points(left_ms: int, total_ms: int, level: Level) -> int:
    """What a match is worth with ``left_ms`` of the round's ``total_ms`` still to go."""
    return round(max(LEAST, round(MOST * left_ms / total_ms)) * WORTH[level])


def drawn(beaten: int, among: int, level: Level) -> int:
    """What a turn earns its drawer if ``beaten`` of ``among`` guessers beat the network to it."""
    return round(MOST * beaten / max(1, among) * WORTH[level])


def places(results: Mapping[Key, float]) -> dict[Key, int]:
    """The place of each key, 1 for the smallest result; equal results share a place."""
    return {
        key: 1 + sum(other < result for other in results.values())
        for key, result in results.items()
    }
