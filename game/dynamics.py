"""Whether ink moves as a hand does. Signs of a script, for the host's eyes; never a verdict.

Ink carries the times that its sender claims, and the server knows when it came. A script may claim
what it likes, but not that it came later than it did: so much ink in so little time is one sign
(``HURRY``), and the others hold only for whoever does not bother to look like a hand. Thresholds
are set so that people are left in peace: of 3,044 drawings by people, each blown up to fill the
canvas and so faster than it was, three were taken for a script's.
All lengths are in canvas units, 65535 to a side; all times in milliseconds.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from game.ink import CANVAS, Ink, points_of

# The fastest flick of a wrist crosses a canvas in some 60 ms; sampling makes single steps uneven,
# so a speed is taken over this long at least, and must have been kept up for so many of those.
_WINDOW_MS: Final = 24
_TOP_SPEED: Final = CANVAS / 25
_FAST_WINDOWS: Final = 4
# A pen that is down cannot get to the other side between two samples of a pointer.
_JUMP: Final = CANVAS / 2
_JUMP_MS: Final = 20
_JUMPS: Final = 3
# Every hand speeds up and slows down, tens of per cent within a stroke.
_EVEN_STEPS: Final = 40
_EVENNESS: Final = 0.02
# Whoever draws steadily for seconds covers at most so much; strokes that a lost connection held
# back come at once, but they were drawn in time that had passed.
_STEADY_SPEED: Final = CANVAS / 100
_HEAD_START_MS: Final = 400


class Sign(enum.StrEnum):
    """What no hand does."""

    SPEED = "speed"  # faster than a wrist, and for long
    TELEPORT = "teleport"  # elsewhere between two samples, with the pen down
    METRONOME = "metronome"  # equal steps at equal times
    HURRY = "hurry"  # more ink than there was time to draw it in


@dataclass(frozen=True, slots=True)
class Motion:
    """A drawing as movement: the length of all strokes, and each step as (length, ms)."""

    length: float
    strokes: tuple[tuple[tuple[float, int], ...], ...]


def motion_of(ink: Ink) -> Motion:
    """The movement that left ``ink``."""
    strokes = tuple(tuple(_steps(stroke)) for stroke in ink.strokes)
    return Motion(math.fsum(length for steps in strokes for length, _ in steps), strokes)


def _steps(stroke: bytes) -> Iterator[tuple[float, int]]:
    for (x0, y0, _), (x1, y1, dt) in pairwise(points_of(stroke)):
        yield math.hypot(x1 - x0, y1 - y0), dt


def signs(ink: Ink, drawn_ms: int) -> frozenset[Sign]:
    """Every sign of a script in ``ink``, which came within ``drawn_ms`` of the round's start."""
    motion = motion_of(ink)
    found = set()
    if any(_is_fast(steps) for steps in motion.strokes):
        found.add(Sign.SPEED)
    steps = [step for each in motion.strokes for step in each]
    if sum(length > _JUMP and dt <= _JUMP_MS for length, dt in steps) >= _JUMPS:
        found.add(Sign.TELEPORT)
    if any(_is_even(steps) for steps in motion.strokes):
        found.add(Sign.METRONOME)
    if motion.length > _STEADY_SPEED * (max(0, drawn_ms) + _HEAD_START_MS):
        found.add(Sign.HURRY)
    return frozenset(found)


def _is_fast(steps: tuple[tuple[float, int], ...]) -> bool:
    """Whether several windows in a row were all too fast."""
    length, ms, fast = 0.0, 0, 0
    for step, dt in steps:
        length += step
        ms += dt
        if ms >= _WINDOW_MS:
            fast = fast + 1 if length > _TOP_SPEED * ms else 0
            if fast >= _FAST_WINDOWS:
                return True
            length, ms = 0.0, 0
    # Points that claim to have taken no time at all are as fast as the whole of them is long.
    return length > _TOP_SPEED * max(ms, _WINDOW_MS) * _FAST_WINDOWS


def _is_even(steps: tuple[tuple[float, int], ...]) -> bool:
    """Whether many steps in a row took the same time and went equally far."""
    run = 0
    mean = 0.0
    for (before, dt_before), (step, dt) in pairwise(steps):
        even = dt == dt_before and before > 0 and abs(step - before) <= _EVENNESS * before
        # Against the first of the run too: a hand that speeds up slowly is no metronome.
        if even and (run == 0 or abs(step - mean) <= _EVENNESS * mean):
            mean = before if run == 0 else mean
            run += 1
            if run >= _EVEN_STEPS:
                return True
        else:
            run = 0
    return False
