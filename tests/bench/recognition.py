"""Frames per second through the real queue: ``python -m tests.bench.recognition``.

Starts a Valkey and one worker as the game does, keeps a number of drawings in flight, each with
one frame at a time, and measures from queueing a frame to reading its reply. Beside it, in the
same run and with the same threads: the forward pass alone, which is the limit, and the tutorial's
network called for one image at a time, as its request handler does.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from game.categories import CATEGORIES
from game.ink import Ink, pack, stroke_of
from ml import queue
from ml.engine import WEIGHTS, Engine
from ml.model import build
from server.embedded import EmbeddedValkey
from server.supervisor import Program, Supervised
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

IN_FLIGHT: Final = (1, 16, 64, 256)
_READY_S: Final = 60.0


def inks(count: int, seed: int) -> list[bytes]:
    """Packed drawings in every state of completion, with the wobble of a hand."""
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        sketch = in_canvas_units(SKETCHES[dice.choice(list(SKETCHES))])
        points = [
            [
                (min(65535, max(0, x + dice.randint(-700, 700))), y, 16)
                for x, y in stroke
                for y in (min(65535, max(0, y + dice.randint(-700, 700))),)
            ]
            for stroke in sketch
        ]
        kept = dice.randint(2, sum(map(len, points)))
        strokes = []
        for stroke in points:
            if kept > 0:
                strokes.append(stroke_of(stroke[:kept]))
            kept -= len(stroke)
        made.append(pack(Ink(tuple(strokes))))
    return made


def rate(work: Callable[[], int], seconds: float) -> float:
    """How many a second ``work`` gets done; it returns how many it did."""
    work()
    done, started = 0, time.perf_counter()
    while (taken := time.perf_counter() - started) < seconds:
        done += work()
    return done / taken


def limits(threads: int, seconds: float, drawings: Sequence[bytes]) -> dict[str, Any]:
    """The forward pass and the rasteriser alone, and the tutorial's way, in this process."""
    engine = Engine.load(WEIGHTS, "cpu", threads)
    pictures = [engine.prepare(ink) for ink in drawings]
    tutorial = build("tutorial", CATEGORIES).eval()
    one = torch.from_numpy(np.ascontiguousarray(pictures[0][:1, ::2, ::2])).float().div_(255)

    def tutorial_once() -> int:
        with torch.inference_mode():
            tutorial(pixel_values=one[None]).logits.softmax(dim=1).topk(3)
        return 1

    def forward(size: int) -> Callable[[], int]:
        return lambda: len(engine.forward(pictures[:size]))

    return {
        "forward": {str(n): round(rate(forward(n), seconds)) for n in (1, 16, 64)},
        "raster": round(rate(lambda: len([engine.prepare(ink) for ink in drawings]), seconds)),
        "tutorial_one_at_a_time": round(rate(tutorial_once, seconds)),
    }


async def through_queue(
    url: str, in_flight: int, seconds: float, drawings: Sequence[bytes]
) -> dict[str, float]:
    """Frames a second, and milliseconds from queueing a frame to its reply in hand."""
    redis = queue.connect(url)
    server = f"bench{in_flight}"
    sent: dict[str, float] = {}
    waits: list[float] = []
    n = 0

    async def send(names: Sequence[str]) -> None:
        nonlocal n
        frames = []
        for name in names:
            n += 1
            frames.append(queue.Frame(name, n, server, drawings[n % len(drawings)]))
            sent[name] = time.perf_counter()
        await queue.send(redis, frames)

    started = time.perf_counter()
    await send([f"{server}:{number}" for number in range(in_flight)])
    last_id = "0-0"
    while time.perf_counter() - started < seconds:
        last_id, replies = await queue.replies(redis, server, last_id, 1000)
        now = time.perf_counter()
        waits += [1000 * (now - sent[reply.drawing]) for reply in replies]
        await send([reply.drawing for reply in replies])
    taken = time.perf_counter() - started
    waiting = await queue.length(redis)
    while sent and waiting:  # leave nothing behind for the next measurement
        last_id, replies = await queue.replies(redis, server, last_id, 1000)
        waiting = await queue.length(redis)
    await redis.aclose()
    cuts = statistics.quantiles(waits, n=100)
    return {
        "frames_per_s": round(len(waits) / taken),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
    }


async def measure(threads: int, seconds: float, seed: int) -> dict[str, Any]:
    """Everything, one after another."""
    drawings = inks(256, seed)
    found: dict[str, Any] = limits(threads, seconds, drawings)
    command = [sys.executable, "-m", "ml.worker", "--exit-with-stdin", f"--threads={threads}"]
    with tempfile.TemporaryDirectory() as scratch:
        async with EmbeddedValkey(Path(scratch)) as valkey:
            program = Program("worker", [*command, f"--redis-url={valkey.url}"], stop_s=10.0)
            worker = Supervised(program, lambda _line: None)
            await worker.start()
            try:
                await _ready(valkey.url)
                found["queue"] = {
                    str(each): await through_queue(valkey.url, each, seconds, drawings)
                    for each in IN_FLIGHT
                }
            finally:
                await worker.stop()
    served, alone = found["queue"]["64"]["frames_per_s"], found["forward"]["64"]
    found["share_of_forward_at_64"] = round(served / alone, 2)
    found["times_the_tutorial_at_64"] = round(served / found["tutorial_one_at_a_time"], 1)
    found["added_ms_at_1"] = round(found["queue"]["1"]["p50_ms"] - 1000 / found["forward"]["1"], 1)
    return found


async def _ready(url: str) -> None:
    redis = queue.connect(url)
    await soon(lambda: queue.workers(redis), _READY_S)
    await redis.aclose()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="for each measurement")
    parser.add_argument("--threads", type=int, default=1, help="of the worker, and of its limits")
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = asyncio.run(measure(options.threads, options.seconds, options.seed))
    if options.json:
        print(json.dumps(found))  # noqa: T201
        return
    for name, value in found.items():
        rows = value.items() if isinstance(value, dict) else [("", value)]
        for key, figure in rows:
            print(f"{name:26} {key:4} {figure}")  # noqa: T201


if __name__ == "__main__":
    main()
