"""More drawings than the network can keep up with: ``python -m tests.bench.overload``.

First the peak, with 256 drawings in flight. Then as many drawings as would ask for four times that
if each were asked about every 100 ms, as an idle network is. They behave as the server's do: one
frame in flight each, always the newest ink, asked again 2 s after a frame was lost, and at the
interval that ``server.cadence`` derives from the queue's age. Prints how old frames were when
their answer came, the throughput beside the peak, errors, and how long the queue was.

That is done in several rounds, and the peak is measured again after each: a throughput is held
against the mean of the peaks around it, for the machine may be faster in one minute than in the
next. Rates, shares and the interval are medians of the rounds, ages are of all frames.
"""

from __future__ import annotations

import argparse
import asyncio
import heapq
import random
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise, takewhile
from typing import Any, Final

import uvloop
from redis.asyncio import Redis

from game.protocol import FRAME_LOST_MS
from ml import queue
from server.cadence import SHORTEST_MS, Cadence
from tests.bench.recognition import Flight, inks, workers_at_work
from tests.support.figures import show

TIMES: Final = 4
_PEAK_S: Final = 3.0
_SETTLE_S: Final = 3.0  # until the cadence has found its pace; not measured
_TICK_S: Final = 0.005
_SERVER: Final = "overload"


@dataclass
class Crowd:
    """Drawings that all want to be recognised, and what became of their frames."""

    drawings: int
    inks: Sequence[bytes]
    cadence: Cadence = field(default_factory=Cadence)
    due: list[tuple[float, int]] = field(default_factory=list)
    in_flight: dict[int, tuple[int, float, str]] = field(default_factory=dict)  # n, when, entry
    ages_ms: list[float] = field(default_factory=list)
    errors: int = 0
    lost: int = 0
    n: int = 0

    def frames(self, now: float) -> list[queue.Frame]:
        """Frames of the drawings whose time has come."""
        ready = []
        while self.due and self.due[0][0] <= now:
            _, drawing = heapq.heappop(self.due)
            self.n += 1
            ink = self.inks[self.n % len(self.inks)]
            ready.append(queue.Frame(str(drawing), self.n, _SERVER, ink))
            self.in_flight[drawing] = (self.n, now, "")
        return ready

    def queued(self, frames: Sequence[queue.Frame], entry_ids: Sequence[str]) -> None:
        """Remember where frames lie that are not answered yet."""
        for frame, entry_id in zip(frames, entry_ids, strict=True):
            n, when, _ = self.in_flight.get(int(frame.drawing), (0, 0.0, ""))
            if n == frame.n:
                self.in_flight[int(frame.drawing)] = (n, when, entry_id)

    def answered(self, reply: queue.Reply, now: float) -> None:
        """Take an answer, and think of the drawing's next frame."""
        self.cadence.saw(reply.waited_ms)
        drawing = int(reply.drawing)
        n, when, _ = self.in_flight.get(drawing, (0, 0.0, ""))
        if n != reply.n:
            return
        del self.in_flight[drawing]
        self.errors += bool(reply.error)
        self.ages_ms.append(1000 * (now - when))
        heapq.heappush(self.due, (max(now, when + self.cadence.interval_ms / 1000), drawing))

    def give_up(self, now: float) -> list[str]:
        """Entries of frames that nobody answered; their drawings are due again."""
        since = now - FRAME_LOST_MS / 1000
        late = [
            (drawing, entry_id)
            for drawing, (_, _, entry_id) in takewhile(  # they lie in the order they were sent
                lambda sent: sent[1][1] < since, self.in_flight.items()
            )
        ]
        for drawing, _ in late:
            del self.in_flight[drawing]
            heapq.heappush(self.due, (now, drawing))
        self.lost += len(late)
        return [entry_id for _, entry_id in late if entry_id]


@dataclass(frozen=True)
class Overload:
    """What came of one round of it."""

    crowd: Crowd
    ages_ms: list[float]  # of every frame served
    per_s: float
    lengths: list[int]  # of the queue, every 50 ms


async def overload(url: str, crowd: Crowd, seconds: float, seed: int) -> Overload:
    """Let ``crowd`` ask for ``seconds``; what was served, and how long the queue was."""
    dice = random.Random(seed)
    start = time.perf_counter()
    crowd.due = [(start + dice.random() * SHORTEST_MS / 1000, d) for d in range(crowd.drawings)]
    heapq.heapify(crowd.due)
    lengths: list[int] = []
    redis = queue.connect(url)
    tasks = [
        asyncio.create_task(each)
        for each in (_ask(redis, crowd), _hear(redis, crowd), _watch(redis, lengths))
    ]
    try:
        await asyncio.sleep(_SETTLE_S)
        crowd.ages_ms.clear()
        began = time.perf_counter()
        done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
        for task in done:
            task.result()
        taken = time.perf_counter() - began
        ages = sorted(crowd.ages_ms)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        while await queue.length(redis):  # noqa: ASYNC110 - Redis tells nobody
            await asyncio.sleep(_TICK_S)
        await redis.delete(queue._GUESSES + _SERVER)
        await redis.aclose()
    return Overload(crowd, ages, len(ages) / taken, lengths)


async def _ask(redis: Redis, crowd: Crowd) -> None:
    while True:
        now = time.perf_counter()
        await queue.drop(redis, crowd.give_up(now))
        frames = crowd.frames(now)
        if frames:
            crowd.queued(frames, await queue.send(redis, frames))
        await asyncio.sleep(_TICK_S)


async def _hear(redis: Redis, crowd: Crowd) -> None:
    last_id = "0-0"
    while True:
        last_id, replies = await queue.replies(redis, _SERVER, last_id, 1000)
        now = time.perf_counter()
        for reply in replies:
            crowd.answered(reply, now)


async def _watch(redis: Redis, lengths: list[int]) -> None:
    while True:
        lengths.append(await queue.length(redis))
        await asyncio.sleep(0.05)


async def _peak_per_s(url: str, drawings: Sequence[bytes]) -> float:
    flight = Flight(256)
    await flight.fly(url, _PEAK_S, drawings)
    return flight.frames_per_s[0]


async def measure(asked: argparse.Namespace) -> dict[str, Any]:
    """Peak and overload in turn, as the command line says."""
    drawings = inks(256, asked.seed)
    served: list[Overload] = []
    options = (f"--device={asked.device}", f"--threads={asked.threads}")
    async with workers_at_work(*options, workers=asked.workers) as url:
        peaks = [await _peak_per_s(url, drawings)]
        for number in range(asked.rounds):
            crowd = Crowd(max(1, round(TIMES * peaks[-1] * SHORTEST_MS / 1000)), drawings)
            served.append(
                await overload(url, crowd, asked.seconds / asked.rounds, asked.seed + number)
            )
            peaks.append(await _peak_per_s(url, drawings))
    around = [(before + after) / 2 for before, after in pairwise(peaks)]
    cuts = statistics.quantiles([age for each in served for age in each.ages_ms], n=100)
    shares = [each.per_s / peak for each, peak in zip(served, around, strict=True)]
    return {
        "rounds": asked.rounds,
        "peak_per_s": round(statistics.median(peaks)),
        "drawings": [each.crowd.drawings for each in served],
        "served_per_s": round(statistics.median(each.per_s for each in served)),
        "share_of_peak": round(statistics.median(shares), 2),
        "age_p50_ms": round(cuts[49], 1),
        "age_p95_ms": round(cuts[94], 1),
        "age_p99_ms": round(cuts[98], 1),
        "interval_ms": round(statistics.median(each.crowd.cadence.interval_ms for each in served)),
        "errors": sum(each.crowd.errors for each in served),
        "lost": sum(each.crowd.lost for each in served),
        "queue_max": [max(each.lengths) for each in served],
        "queue_median": round(statistics.median(n for each in served for n in each.lengths)),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0, help="of overload, in all rounds")
    parser.add_argument("--rounds", type=int, default=3, help="that share those seconds")
    parser.add_argument("--device", default="cpu", help="of the workers: cpu, cuda")
    parser.add_argument("--workers", type=int, default=1, help="that share the queue")
    parser.add_argument("--threads", type=int, default=1, help="of each worker")
    parser.add_argument("--seed", type=int, default=1, help="of the drawings")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    show(uvloop.run(measure(options)), as_json=options.json)


if __name__ == "__main__":
    main()
