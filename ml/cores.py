"""How many CPU cores this process may use; in a container that is fewer than there are."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_CPU_MAX: Final = Path("/sys/fs/cgroup/cpu.max")


def usable_cores(cpu_max: Path = _CPU_MAX) -> int:
    """At least one: what the affinity allows, and no more than the container's share, rounded up.

    The share is cgroup v2's: ``cpu.max`` holds microseconds of CPU time and of the period they are
    for, or ``max`` for no limit. Where there is no such file, nothing limits.
    """
    if hasattr(os, "sched_getaffinity"):
        cores = len(os.sched_getaffinity(0))
    else:
        cores = os.cpu_count() or 1
    try:
        granted, period = cpu_max.read_text("ascii").split()
        share = -(-int(granted) // int(period))
    except (OSError, ValueError, ZeroDivisionError):
        return cores
    return max(1, min(cores, share))
