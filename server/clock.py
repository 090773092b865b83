"""The one clock of the server: Unix milliseconds that never run backwards within a process."""

from __future__ import annotations

import time
from typing import Final

_STARTED_NS: Final = time.time_ns() - time.monotonic_ns()


def monotonic_ms() -> int:
    """Milliseconds since nobody knows when; how long things take."""
    return time.monotonic_ns() // 1_000_000


def now_ms() -> int:
    """Milliseconds since 1970, by the wall clock when this process began and monotonic since.

    Rooms compare these across restarts, so they must mean the same to the next process; within
    one, a correction of the wall clock must not end a round.
    """
    return (_STARTED_NS + time.monotonic_ns()) // 1_000_000
