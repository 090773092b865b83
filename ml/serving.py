"""The worker's loop: frames from the queue, through the network in batches, guesses back.

It takes what is waiting, up to a cap, and never waits for more: a lone frame is computed at once
and a crowd fills the batch by itself. For crowds drawing and computing have a thread each, and
both libraries let go of Python's lock: while one batch is in the network the next is drawn, and
the one before is stored. Few frames go through one thread, and what comes meanwhile waits to be
the next batch: handing them on from thread to thread would cost as much as they do.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ml import batching, queue
from ml.compute import Batch, Computed, Network, compute, prepare, results
from ml.measures import Measures

log = logging.getLogger(__name__)

BLOCK_MS: Final = 250  # also the longest a stop waits for an idle worker
SWEEP_S: Final = 0.5  # between looks for frames of dead workers
BEAT_S: Final = 1.0
UNDER_WAY: Final = 3  # batches drawn and not yet answered: one waits, one computes, one is stored
_WORTH_HALVING: Final = 16  # frames; half of them keeps the network busy while the rest is drawn
CROWD: Final = 8  # frames; fewer are drawn and computed by one thread, in one go
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0

Result = TypeVar("Result")
Answered = Callable[[Sequence[tuple[queue.Entry, queue.Reply]]], None]


@dataclasses.dataclass(frozen=True, slots=True)
class _InHand:
    entry: queue.Entry
    taken: float  # on the monotonic clock

    @property
    def age_ms(self) -> int:
        return self.entry.waited_ms + round((time.monotonic() - self.taken) * 1000)


@dataclasses.dataclass(frozen=True, slots=True)
class _Drawn:
    frames: Sequence[_InHand]
    waited_ms: Sequence[int]  # of each frame, until drawing began
    batch: Batch
    raster_s: float
    at: float  # on the monotonic clock


@dataclasses.dataclass(frozen=True, slots=True)
class _Timed:
    computed: Computed
    began: float  # on the monotonic clock
    forward_s: float


class Serving:
    """``await Serving(…).run()`` until ``stop()``; then the frames in hand are answered.

    ``heartbeat`` names the worker, and its counts are kept up to date. ``answered`` is told of a
    batch once it is. While Redis is away the loop waits for it. An exception of ``run`` means that
    the network itself is broken.
    """

    def __init__(
        self,
        redis: Redis,
        network: Network,
        heartbeat: queue.Heartbeat,
        cap: int = 64,
        measures: Measures | None = None,
        *,
        answered: Answered = lambda _: None,
    ) -> None:
        self._redis = redis
        self._network = network
        self._cap = cap
        self.heartbeat = heartbeat
        self.measures = measures or Measures()
        self._answered = answered
        self._consumer = heartbeat.consumer
        self._stopping = False
        self._later: list[_InHand] = []
        self._held: set[str] = set()  # ids of all frames in hand, being answered included
        self._under_way: set[asyncio.Task[None]] = set()
        self._swept = 0.0

    @property
    def network(self) -> Network:
        """What the next batch will be computed with."""
        return self._network

    def replace(self, network: Network) -> None:
        """Compute with another network from the next batch on; those under way keep theirs."""
        self._network = network
        self.heartbeat = dataclasses.replace(
            self.heartbeat, model=network.model_hash, raster=network.raster_version
        )

    def stop(self) -> None:
        """Take no more frames; ``run`` returns when those in hand are answered."""
        self._stopping = True

    async def run(self) -> None:
        """Serve until stopped."""
        await self._patiently(lambda: queue.join(self._redis, self._consumer))
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        beating = asyncio.create_task(self._beat(ended), name="heartbeat")
        with (
            ThreadPoolExecutor(1, thread_name_prefix="raster") as raster,
            ThreadPoolExecutor(1, thread_name_prefix="network") as computing,
        ):
            try:
                while not self._stopping or self._later:
                    await self._settle(UNDER_WAY - 1)
                    frames = await self._next_batch()
                    if len(frames) < CROWD:
                        await self._serve_few(frames, computing)
                    else:
                        work = loop.run_in_executor(
                            raster, _draw_and_pass_on, self._network, frames, computing
                        )
                        self._under_way.add(asyncio.create_task(self._finish(*await work)))
                await self._settle(0)
            finally:
                # Not cancelled: a cancelled command can leave its connection, and the key, behind.
                ended.set()
                await asyncio.gather(beating, *self._under_way, return_exceptions=True)
                with contextlib.suppress(RedisError, OSError):
                    await queue.leave(self._redis, self._consumer)

    async def _settle(self, at_most: int) -> None:
        """Wait until so many batches are under way; raises what broke one of them."""
        while True:
            for task in [task for task in self._under_way if task.done()]:
                self._under_way.remove(task)
                task.result()
            if len(self._under_way) <= at_most:
                return
            await asyncio.wait(self._under_way, return_when=asyncio.FIRST_COMPLETED)

    async def _next_batch(self) -> Sequence[_InHand]:
        waiting = await self._next_frames()
        plan = batching.plan(
            [
                batching.Waiting(held.entry.frame.drawing, held.entry.frame.n, held.age_ms, held)
                for held in waiting
            ],
            self._most(len(waiting)),
        )
        self._later = list(plan.later)
        if plan.stale:
            await self._drop(plan.stale)
        return plan.compute

    async def _serve_few(self, frames: Sequence[_InHand], computing: ThreadPoolExecutor) -> None:
        """Draw, compute and answer, and only then look for more."""
        if frames:
            loop = asyncio.get_running_loop()
            work = loop.run_in_executor(computing, _draw_and_compute, self._network, frames)
            await self._store(*await work)

    def _most(self, waiting: int) -> int:
        """Frames for the next batch.

        While the network has nothing to do, a crowd is halved. Otherwise all who came together
        would be drawn together, then computed together and come together again: drawing and
        computing would take turns for ever.
        """
        busy = any(not task.done() for task in self._under_way)
        if busy or waiting < _WORTH_HALVING:
            return self._cap
        return min(self._cap, (waiting + 1) // 2)

    async def _finish(self, drawn: _Drawn, timed: Future[_Timed]) -> None:
        await self._store(drawn, await asyncio.wrap_future(timed))

    async def _store(self, drawn: _Drawn, timed: _Timed) -> None:
        # A busy network is waited for in the queue and, once more, between drawing and computing.
        idle_ms = round((timed.began - drawn.at) * 1000)
        waited_ms = [each + idle_ms for each in drawn.waited_ms]
        self.measures.batch(waited_ms, drawn.raster_s, timed.forward_s)
        took_ms = round((drawn.raster_s + timed.forward_s) * 1000)
        answers = [
            (held.entry, _reply(held.entry.frame, result, drawn.batch.network, waited, took_ms))
            for held, result, waited in zip(
                drawn.frames, results(timed.computed), waited_ms, strict=True
            )
        ]
        await self._answer(answers)
        self._answered(answers)

    async def _next_frames(self) -> list[_InHand]:
        """Frames put off before, lost by others, and waiting in the queue."""
        waiting, self._later = self._later, []
        if self._stopping:
            return waiting
        if time.monotonic() - self._swept >= SWEEP_S:
            self._swept = time.monotonic()
            waiting += await self._reclaim()
        room = self._cap - len(waiting)
        if room > 0:
            waiting += await self._take(room, block_ms=0 if waiting else BLOCK_MS)
        return waiting

    async def _take(self, count: int, block_ms: int) -> list[_InHand]:
        entries = await self._patiently(
            lambda: queue.take(self._redis, self._consumer, count, block_ms)
        )
        self._count(taken=len(entries or []))
        return self._hold(entries or [])

    async def _reclaim(self) -> list[_InHand]:
        # One's own frames, in a slow batch, look just as abandoned; and they may be answered, and
        # no longer be held, by the time this one is.
        own = frozenset(self._held)
        entries = await self._patiently(
            lambda: queue.reclaim(self._redis, self._consumer, count=self._cap)
        )
        lost = [entry for entry in entries or [] if entry.id not in own]
        self._count(reclaimed=len(lost))
        return self._hold(lost)

    def _hold(self, entries: list[queue.Entry]) -> list[_InHand]:
        taken = time.monotonic()
        self._held.update(entry.id for entry in entries)
        return [_InHand(entry, taken) for entry in entries]

    async def _answer(self, answers: list[tuple[queue.Entry, queue.Reply]]) -> None:
        await self._patiently(lambda: queue.answer(self._redis, answers))
        self._held.difference_update(entry.id for entry, _ in answers)
        errors = [reply.error for _, reply in answers if reply.error]
        for error in errors:
            log.warning("a frame could not be recognised: %s", error)
        self._count(batches=1, answered=len(answers) - len(errors), dead=len(errors))

    async def _drop(self, stale: Sequence[_InHand]) -> None:
        ids = [held.entry.id for held in stale]
        await self._patiently(lambda: queue.drop(self._redis, ids))
        self._held.difference_update(ids)
        self._count(stale=len(stale))

    def _count(self, **more: int) -> None:
        totals = {name: getattr(self.heartbeat, name) + extra for name, extra in more.items()}
        self.heartbeat = dataclasses.replace(self.heartbeat, **totals)
        self.measures.count(more)

    async def _beat(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            with contextlib.suppress(RedisError, OSError):
                await queue.beat(self._redis, self.heartbeat)
                self.measures.alive(self.heartbeat)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(ended.wait(), BEAT_S)

    async def _patiently(self, attempt: Callable[[], Awaitable[Result]]) -> Result | None:
        """``attempt`` until Redis lets it succeed; None when stopped before that."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                result = await attempt()
            except (RedisError, OSError) as error:
                if pause_s == _FIRST_PAUSE_S:
                    log.warning("Redis does not answer (%s); waiting for it", error)
                if self._stopping:
                    return None
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            else:
                if pause_s > _FIRST_PAUSE_S:
                    log.info("Redis is back")
                return result


def _draw(network: Network, frames: Sequence[_InHand]) -> _Drawn:
    started = time.monotonic()
    waited_ms = [held.age_ms for held in frames]
    batch = prepare(network, [held.entry.frame.ink for held in frames])
    drawn = time.monotonic()
    return _Drawn(frames, waited_ms, batch, drawn - started, drawn)


def _compute(drawn: _Drawn) -> _Timed:
    began = time.monotonic()
    computed = compute(drawn.batch)
    return _Timed(computed, began, time.monotonic() - began)


def _draw_and_pass_on(
    network: Network, frames: Sequence[_InHand], computing: ThreadPoolExecutor
) -> tuple[_Drawn, Future[_Timed]]:
    """Draw, and leave computing to the other thread, which would idle until the loop has time."""
    drawn = _draw(network, frames)
    return drawn, computing.submit(_compute, drawn)


def _draw_and_compute(network: Network, frames: Sequence[_InHand]) -> tuple[_Drawn, _Timed]:
    drawn = _draw(network, frames)
    return drawn, _compute(drawn)


def _reply(
    frame: queue.Frame, result: bytes | str, network: Network, waited_ms: int, took_ms: int
) -> queue.Reply:
    return queue.Reply(
        drawing=frame.drawing,
        n=frame.n,
        probabilities=result if isinstance(result, bytes) else b"",
        model=network.model_hash,
        raster=network.raster_version,
        error=result if isinstance(result, str) else "",
        waited_ms=waited_ms,
        took_ms=took_ms,
    )
