"""The shadow itself, started by ``ml.shadow``: lines of frames in, comparisons to Redis.

What it says on its standard output is for the worker: first what its network is, or an ``error``,
then of every batch how many frames were ``compared``, ``agreed``, ``failed`` to be judged, and were
``unrecorded`` because Redis was away. It ends with its standard input.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import redis as synchronous
from redis.exceptions import RedisError

from ml import comparisons
from ml.comparisons import Comparison
from ml.compute import Network, compute, prepare, results
from ml.engine import Engine

log = logging.getLogger("ml.shadow")

_THREADS: Final = 1
_REDIS_S: Final = 2.0
_LOWEST_PRIORITY: Final = 19

# Redis as a program writes to it that does nothing else.
Memory = synchronous.Redis


def compare(network: Network, asked: Mapping[str, Any]) -> tuple[list[Comparison], int]:
    """What ``network`` says of the frames asked about, and how many it could not judge."""
    frames = [
        (str(drawing), int(n), base64.b64decode(ink), base64.b64decode(said))
        for drawing, n, ink, said in asked["frames"]
    ]
    started = time.monotonic()
    judged = results(compute(prepare(network, [ink for _, _, ink, _ in frames])))
    ms = round(1000 * (time.monotonic() - started) / max(1, len(frames)), 3)
    found = []
    for (drawing, n, _, said), result in zip(frames, judged, strict=True):
        if isinstance(result, bytes):
            best, p = _best(network, said)
            shadow_best, shadow_p = _best(network, result)
            models = (str(asked["serving"]), network.model_hash)
            found.append(Comparison(drawing, n, *models, best, p, shadow_best, shadow_p, ms))
    return found, len(frames) - len(found)


def _best(network: Network, probabilities: bytes) -> tuple[str, float]:
    row = np.frombuffer(probabilities, "<f2")
    place = int(row.argmax())
    return network.labels[place], round(float(row[place]), 4)


def record(memory: Memory, found: Sequence[Comparison]) -> None:
    """Write comparisons down. Raises ``RedisError`` and ``OSError``."""
    pipe = memory.pipeline(transaction=False)
    for comparison in found:
        pipe.xadd(
            comparisons.FRAMES,
            comparisons.comparison_fields(comparison),
            maxlen=comparisons.MAX_COMPARED,
        )
    pipe.pexpire(comparisons.FRAMES, comparisons.KEPT_MS)
    pipe.pexpire(comparisons.PROMPTS, comparisons.KEPT_MS)
    if not pipe.execute()[-1]:
        invite_prompts(memory)


def invite_prompts(memory: Memory) -> None:
    """Have servers tell prompts: they add to a stream that is there, and make none."""
    nothing: dict[Any, Any] = {"comparing": 1}
    memory.xadd(comparisons.PROMPTS, nothing, maxlen=comparisons.MAX_PROMPTS)
    memory.pexpire(comparisons.PROMPTS, comparisons.KEPT_MS)


def answer(network: Network, memory: Memory, line: bytes) -> dict[str, Any]:
    """Deal with one line of frames; returns the tally of it."""
    started = time.monotonic()
    found, failed = compare(network, json.loads(line))
    unrecorded = 0
    try:
        record(memory, found)
    except (RedisError, OSError) as error:
        log.warning("comparisons are not recorded: %s", error)
        unrecorded = len(found)
    return {
        "compared": len(found),
        "agreed": sum(each.agrees for each in found),
        "failed": failed,
        "unrecorded": unrecorded,
        "took_s": time.monotonic() - started,
    }


def give_way() -> None:
    """From here on compute only when nobody else wants to."""
    os.nice(_LOWEST_PRIORITY)
    if hasattr(os, "SCHED_IDLE"):  # on Linux: any other program that wakes up goes first
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _say(said: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare until standard input ends; returns the exit status."""
    for number in (signal.SIGINT, signal.SIGHUP):  # the worker's business
        signal.signal(number, signal.SIG_IGN)
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(levelname)s shadow: %(message)s"
    )
    parser = argparse.ArgumentParser(prog="python -m ml.shadow_process", description=__doc__)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--precision", default="auto")
    options = parser.parse_args(arguments)
    try:
        network = Engine.load(options.weights, "cpu", threads=_THREADS, precision=options.precision)
    except (OSError, ValueError) as error:
        _say({"error": f"the network in {options.weights} cannot be used: {error}"})
        return 1
    network.warm_up()
    memory = Memory.from_url(
        os.environ["REDIS_URL"],
        protocol=2,
        socket_timeout=_REDIS_S,
        socket_connect_timeout=_REDIS_S,
    )
    with contextlib.suppress(RedisError, OSError):
        invite_prompts(memory)
    _say(
        {
            "model": network.model_hash,
            "raster": network.raster_version,
            "labels": network.labels,
        }
    )
    give_way()
    for line in sys.stdin.buffer:
        _say(answer(network, memory, line))
    return 0


if __name__ == "__main__":
    sys.exit(main())
