"""Frames per second through the real queue: ``python -m tests.bench.recognition``.

Starts a Valkey and a worker as the game does, or several, keeps a number of drawings in flight,
each with one frame at a time, and measures from queueing a frame to reading its reply. Beside it,
in the same run and with the same threads:

(a) the tutorial's network as its service calls it, one picture to a request, over real HTTP;
(b) the forward pass alone at each batch size, which is the limit, as served and in float32:
    with softmax, its input ready in memory.

Everything is measured in turn, in several rounds; what is printed is the median of the rounds, and
of the ratios within each round. A machine that others use as well may be twice as fast in one
minute as in the next, and a limit measured then says nothing about a throughput measured now.

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
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
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
from tests.support.light_http import LightHttp
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


def limits(
    device: str, threads: int, drawings: Sequence[bytes]
) -> tuple[str, dict[str, dict[str, Callable[[], int]]]]:
    """The served precision; the forward pass and the rasteriser alone, in this process."""
    served = Engine.load(WEIGHTS, device, threads, "auto")
    exact = Engine.load(WEIGHTS, device, threads, "fp32")
    served.warm_up()

    def forward(engine: Engine, size: int) -> Callable[[], int]:
        inputs = engine.prepare(drawings[:size])
        return lambda: len(engine.answers(inputs, engine.forward(inputs)))

    return served.precision, {
        "forward": {str(n): forward(served, n) for n in BATCHES},
        "forward_fp32": {str(n): forward(exact, n) for n in BATCHES},
        "raster": {str(len(drawings)): lambda: len(served.pictures(drawings))},
    }


@contextlib.asynccontextmanager
async def tutorial_at_work() -> AsyncIterator[int]:
    """The tutorial's service, ready; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    command = [sys.executable, "-m", "uvicorn", "tests.support.tutorial_app:app"]
    options = [f"--port={port}", "--log-level=warning"]
    service = Supervised(Program("tutorial", [*command, *options]), lambda _line: None)
    await service.start()
    try:
        await soon(lambda: _listens(port), _READY_S)
        yield port
    finally:
        await service.stop()


def as_requests(drawings: Sequence[bytes]) -> list[bytes]:
    """What the tutorial's service is asked, for each drawing."""
    pictures = [rasterise(strokes_from_ink(ink), side=28, channels=1)[0] for ink in drawings]
    return [_request(json.dumps({"features": each.tolist()}).encode()) for each in pictures]


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
        http = await LightHttp.dial("127.0.0.1", port)
        answers = 0
        while time.perf_counter() - started < seconds:
            await http.ask(requests[(client + answers) % len(requests)])
            answers += 1
        http.hang_up()
        return answers

    answers = sum(await asyncio.gather(*map(ask, range(clients))))
    return answers / (time.perf_counter() - started)


@dataclass
class Flight:
    """So many drawings, each with one frame in flight, all rounds together."""

    in_flight: int
    frames_per_s: list[float] = field(default_factory=list)  # of each round …
    p50_ms: list[float] = field(default_factory=list)
    waits_ms: list[float] = field(default_factory=list)  # … and of each frame
    errors: int = 0
    cpu_s: Counter[str] = field(default_factory=Counter)

    async def fly(self, url: str, seconds: float, drawings: Sequence[bytes]) -> None:
        """One round, from queueing each frame to its reply in hand."""
        redis = queue.connect(url)
        server = f"bench{self.in_flight}"
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

        await redis.delete(queue._GUESSES + server)  # numbers begin anew
        before = _cpu_s()
        started = time.perf_counter()
        await send([f"{server}:{number}" for number in range(self.in_flight)])
        last_id = "0-0"
        while time.perf_counter() - started < seconds or len(waits) < 2:
            last_id, replies = await queue.replies(redis, server, last_id, 1000)
            now = time.perf_counter()
            waits += [1000 * (now - sent[reply.drawing]) for reply in replies]
            self.errors += sum(bool(reply.error) for reply in replies)
            await send([reply.drawing for reply in replies])
        taken = time.perf_counter() - started
        self.cpu_s.update({name: now - before[name] for name, now in _cpu_s().items()})
        while await queue.length(redis):  # leave nothing behind for the next measurement
            last_id, _ = await queue.replies(redis, server, last_id, 1000)
        await redis.aclose()
        self.frames_per_s.append(len(waits) / taken)
        self.p50_ms.append(statistics.median(waits))
        self.waits_ms += waits

    def figures(self) -> dict[str, Any]:
        """As they are printed."""
        cuts = statistics.quantiles(self.waits_ms, n=100)
        return {
            "frames_per_s": round(statistics.median(self.frames_per_s)),
            "p50_ms": round(cuts[49], 1),
            "p95_ms": round(cuts[94], 1),
            "p99_ms": round(cuts[98], 1),
            "errors": self.errors,
            "cpu_us": {
                name: round(1e6 * cpu / len(self.waits_ms)) for name, cpu in self.cpu_s.items()
            },
        }


@contextlib.asynccontextmanager
async def workers_at_work(*options: str, workers: int = 1) -> AsyncIterator[str]:
    """A Valkey and so many workers, ready; the address of the Valkey."""
    command = [sys.executable, "-m", "ml.worker", "--exit-with-stdin", *options]
    with tempfile.TemporaryDirectory() as scratch:
        async with contextlib.AsyncExitStack() as work:
            valkey = await work.enter_async_context(EmbeddedValkey(Path(scratch)))
            program = Program("worker", [*command, f"--redis-url={valkey.url}"], stop_s=10.0)
            for _ in range(workers):
                worker = Supervised(program, lambda _line: None)
                work.push_async_callback(worker.stop)
                await worker.start()
            await _ready(valkey.url, workers)
            yield valkey.url


async def _ready(url: str, workers: int) -> None:
    redis = queue.connect(url)

    async def all_there() -> bool:
        return len(await queue.workers(redis)) == workers

    await soon(all_there, _READY_S)
    await redis.aclose()


def _cpu_s() -> dict[str, float]:
    """CPU seconds so far, of this process and of the children that answer it."""
    spent = {"client": time.process_time(), "worker": 0.0, "valkey": 0.0}
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):  # Valkey forks to write its log anew
            times = child.cpu_times()
            what = "worker" if "ml.worker" in child.cmdline() else "valkey"
            spent[what] += times.user + times.system
    return spent


async def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Everything in turn, in each round, as the command line says."""
    drawings = inks(256, asked.seed)
    requests = as_requests(drawings)
    precision, works = limits(asked.device, asked.threads, drawings)
    rates: dict[str, dict[str, list[float]]] = {
        what: {size: [] for size in sizes} for what, sizes in works.items()
    }
    calls: dict[str, list[float]] = {str(clients): [] for clients in IN_FLIGHT[:3]}
    flights = {str(each): Flight(each) for each in (*IN_FLIGHT, *asked.more)}
    options = (f"--device={asked.device}", f"--threads={asked.threads}")
    seconds = asked.seconds / asked.rounds
    async with workers_at_work(*options, workers=asked.workers) as url, tutorial_at_work() as port:
        for _ in range(asked.rounds):
            for size, flight in flights.items():
                if size in works["forward"]:
                    for what in ("forward", "forward_fp32"):
                        rates[what][size].append(rate(works[what][size], seconds))
                await flight.fly(url, seconds, drawings)
                if size in calls:
                    answers = await _asked_by(int(size), port, seconds, requests)
                    calls[size].append(answers)
            for size, work in works["raster"].items():
                rates["raster"][size].append(rate(work, seconds))
    served = flights["64"].frames_per_s
    called = [max(each) for each in zip(*calls.values(), strict=True)]
    forward_ms = [1000 / each for each in rates["forward"]["1"]]
    found: dict[str, Any] = {
        "precision": precision,
        "workers": asked.workers,
        "rounds": asked.rounds,
    }
    found |= {
        what: {n: _median(each) for n, each in sizes.items()} for what, sizes in rates.items()
    }
    found["tutorial"] = {clients: _median(each) for clients, each in calls.items()}
    found["queue"] = {size: flight.figures() for size, flight in flights.items()}
    found["share_of_forward_at_64"] = _ratio(served, rates["forward"]["64"], 2)
    found["share_of_forward_fp32_at_64"] = _ratio(served, rates["forward_fp32"]["64"], 2)
    for size in ("64", "256"):
        times = _ratio(flights[size].frames_per_s, called, 1)
        found[f"times_the_tutorial_at_{size}"] = times
    added = [p50 - alone for p50, alone in zip(flights["1"].p50_ms, forward_ms, strict=True)]
    found["added_ms_at_1"] = round(statistics.median(added), 1)
    return found


def _median(figures: Sequence[float]) -> int:
    return round(statistics.median(figures))


def _ratio(figures: Sequence[float], to: Sequence[float], digits: int) -> float:
    """The median of the ratios within each round."""
    within = [figure / other for figure, other in zip(figures, to, strict=True)]
    return round(statistics.median(within), digits)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each of 14 measurements")
    parser.add_argument("--rounds", type=int, default=5, help="that share those seconds")
    parser.add_argument("--threads", type=int, default=1, help="of the worker, and of its limits")
    parser.add_argument("--device", default="cpu", help="of the worker and its limits: cpu, cuda")
    parser.add_argument("--workers", type=int, default=1, help="that share the queue")
    parser.add_argument(
        "--more", type=int, nargs="*", default=[], metavar="N", help="drawings in flight as well"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    show(uvloop.run(measure(options)), as_json=options.json)


if __name__ == "__main__":
    main()
