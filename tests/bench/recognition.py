"""Frames per second through the real queue: ``python -m tests.bench.recognition``.

Starts a Valkey and one worker as the game does, keeps a number of drawings in flight, each with
one frame at a time, and measures from queueing a frame to reading its reply. Beside it, in the
same run and with the same threads:

(a) the tutorial's network as its service calls it, one picture to a request, over real HTTP;
(b) the forward pass alone at each batch size, which is the limit, as served and in float32.

``cpu_us`` of a row is the CPU time that a frame took of the worker, of Valkey and of this client,
which stands in for a server and shares the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import psutil
import uvloop

from game.ink import Ink, pack, stroke_of
from ml import queue
from ml.engine import WEIGHTS, Engine
from ml.raster import rasterise, strokes_from_ink
from server.embedded import EmbeddedValkey
from server.supervisor import Program, Supervised
from tests.support.figures import show
from tests.support.sketches import SKETCHES, in_canvas_units
from tests.support.waiting import soon

IN_FLIGHT: Final = (1, 16, 64, 256)
BATCHES: Final = (1, 16, 64)
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


def limits(device: str, threads: int, seconds: float, drawings: Sequence[bytes]) -> dict[str, Any]:
    """The forward pass and the rasteriser alone, in this process."""
    served = Engine.load(WEIGHTS, device, threads, "auto")
    exact = Engine.load(WEIGHTS, device, threads, "fp32")
    served.warm_up()
    pictures = served.prepare(drawings)

    def forward(engine: Engine, size: int) -> Callable[[], int]:
        return lambda: len(engine.forward(pictures[:size]))

    return {
        "precision": served.precision,
        "forward": {str(n): round(rate(forward(served, n), seconds)) for n in BATCHES},
        "forward_fp32": {str(n): round(rate(forward(exact, n), seconds)) for n in BATCHES},
        "raster": round(rate(lambda: len(served.prepare(drawings)), seconds)),
    }


async def tutorial(seconds: float, drawings: Sequence[bytes]) -> dict[str, int]:
    """Answers a second of the tutorial's service, for so many clients at once."""
    pictures = [rasterise(strokes_from_ink(ink), side=28, channels=1)[0] for ink in drawings]
    requests = [_request(json.dumps({"features": each.tolist()}).encode()) for each in pictures]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.support.tutorial_app:app"]
    options = [f"--port={port}", "--log-level=warning"]
    service = Supervised(Program("tutorial", [*command, *options]), lambda _line: None)
    await service.start()
    try:
        await soon(lambda: _listens(port), _READY_S)
        return {
            str(clients): round(await _asked_by(clients, port, seconds, requests))
            for clients in IN_FLIGHT[:3]
        }
    finally:
        await service.stop()


def _request(body: bytes) -> bytes:
    head = f"POST /predict HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Content-Type: application/json\r\n\r\n" + body


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def _asked_by(clients: int, port: int, seconds: float, requests: Sequence[bytes]) -> float:
    started = time.perf_counter()

    async def ask(client: int) -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        answers = 0
        while time.perf_counter() - started < seconds:
            writer.write(requests[(client + answers) % len(requests)])
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(head.decode())
            await reader.readexactly(int(head.partition(b"content-length:")[2].split()[0]))
            answers += 1
        writer.close()
        return answers

    answers = sum(await asyncio.gather(*map(ask, range(clients))))
    return answers / (time.perf_counter() - started)


async def through_queue(
    url: str, in_flight: int, seconds: float, drawings: Sequence[bytes]
) -> dict[str, Any]:
    """Frames a second, and milliseconds from queueing a frame to its reply in hand."""
    redis = queue.connect(url)
    server = f"bench{in_flight}"
    sent: dict[str, float] = {}
    waits: list[float] = []
    errors = 0
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
        errors += sum(bool(reply.error) for reply in replies)
        await send([reply.drawing for reply in replies])
    taken = time.perf_counter() - started
    while await queue.length(redis):  # leave nothing behind for the next measurement
        last_id, _ = await queue.replies(redis, server, last_id, 1000)
    await redis.aclose()
    cuts = statistics.quantiles(waits, n=100)
    return {
        "frames_per_s": round(len(waits) / taken),
        "p50_ms": round(cuts[49], 1),
        "p95_ms": round(cuts[94], 1),
        "p99_ms": round(cuts[98], 1),
        "errors": errors,
    }


@contextlib.asynccontextmanager
async def worker_at_work(*options: str) -> AsyncIterator[str]:
    """A Valkey and one worker, ready; the address of the Valkey."""
    command = [sys.executable, "-m", "ml.worker", "--exit-with-stdin", *options]
    with tempfile.TemporaryDirectory() as scratch:
        async with EmbeddedValkey(Path(scratch)) as valkey:
            program = Program("worker", [*command, f"--redis-url={valkey.url}"], stop_s=10.0)
            worker = Supervised(program, lambda _line: None)
            await worker.start()
            try:
                await _ready(valkey.url)
                yield valkey.url
            finally:
                await worker.stop()


async def _ready(url: str) -> None:
    redis = queue.connect(url)
    await soon(lambda: queue.workers(redis), _READY_S)
    await redis.aclose()


def _cpu_s() -> dict[str, float]:
    """CPU seconds so far, of this process and of the children that answer it."""
    spent = {"client": time.process_time(), "worker": 0.0, "valkey": 0.0}
    for child in psutil.Process().children(recursive=True):
        times = child.cpu_times()
        spent["worker" if "ml.worker" in child.cmdline() else "valkey"] += times.user + times.system
    return spent


async def measure(device: str, threads: int, seconds: float, seed: int) -> dict[str, Any]:
    """Everything, one after another."""
    drawings = inks(256, seed)
    found: dict[str, Any] = limits(device, threads, seconds, drawings)
    found["tutorial"] = await tutorial(seconds, drawings)
    async with worker_at_work(f"--device={device}", f"--threads={threads}") as url:
        found["queue"] = {}
        for each in IN_FLIGHT:
            before = _cpu_s()
            row = await through_queue(url, each, seconds, drawings)
            spent = {name: after - before[name] for name, after in _cpu_s().items()}
            frames = row["frames_per_s"] * seconds
            row["cpu_us"] = {name: round(1e6 * cpu / frames) for name, cpu in spent.items()}
            found["queue"][str(each)] = row
    served = found["queue"]["64"]["frames_per_s"]
    found["share_of_forward_at_64"] = round(served / found["forward"]["64"], 2)
    found["share_of_forward_fp32_at_64"] = round(served / found["forward_fp32"]["64"], 2)
    found["times_the_tutorial_at_64"] = round(served / max(found["tutorial"].values()), 1)
    found["added_ms_at_1"] = round(found["queue"]["1"]["p50_ms"] - 1000 / found["forward"]["1"], 1)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each of 14 measurements")
    parser.add_argument("--threads", type=int, default=1, help="of the worker, and of its limits")
    parser.add_argument("--device", default="cpu", help="of the worker and its limits: cpu, cuda")
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = uvloop.run(measure(options.device, options.threads, options.seconds, options.seed))
    show(found, as_json=options.json)


if __name__ == "__main__":
    main()
