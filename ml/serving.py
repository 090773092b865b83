"""The worker's loop: frames from the queue, through the network in batches, guesses back.

It takes what is waiting, up to a cap, and never waits for more: a lone frame is computed at once
and a crowd fills the batch by itself. The network has a thread of its own; while it computes, the
last batch's guesses are stored, and the next frames fetched whenever the queue was seen to hold
more than one batch.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ml import batching, queue
from ml.compute import Network, compute

log = logging.getLogger(__name__)

BLOCK_MS: Final = 250  # also the longest a stop waits for an idle worker
SWEEP_S: Final = 0.5  # between looks for frames of dead workers
BEAT_S: Final = 1.0
_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 2.0

Result = TypeVar("Result")


@dataclasses.dataclass(frozen=True, slots=True)
class _InHand:
    entry: queue.Entry
    taken: float  # on the monotonic clock

    @property
    def age_ms(self) -> int:
        return self.entry.waited_ms + round((time.monotonic() - self.taken) * 1000)


class Serving:
    """``await Serving(…).run()`` until ``stop()``; then the frames in hand are answered.

    ``heartbeat`` names the worker, and its counts are kept up to date. While Redis is away the
    loop waits for it. An exception of ``run`` means that the network itself is broken.
    """

    def __init__(
        self, redis: Redis, network: Network, heartbeat: queue.Heartbeat, cap: int = 64
    ) -> None:
        self._redis = redis
        self._network = network
        self._cap = cap
        self.heartbeat = heartbeat
        self._consumer = heartbeat.consumer
        self._stopping = False
        self._later: list[_InHand] = []
        self._held: set[str] = set()  # ids of all frames in hand, being answered included
        self._more: asyncio.Task[list[_InHand]] | None = None
        self._answering: asyncio.Task[None] | None = None
        self._swept = 0.0

    def stop(self) -> None:
        """Take no more frames; ``run`` returns when those in hand are answered."""
        self._stopping = True

    async def run(self) -> None:
        """Serve until stopped."""
        await self._patiently(lambda: queue.join(self._redis, self._consumer))
        ended = asyncio.Event()
        beating = asyncio.create_task(self._beat(ended), name="heartbeat")
        with ThreadPoolExecutor(1, thread_name_prefix="network") as thread:
            try:
                while not self._stopping or self._later or self._more:
                    await self._serve_batch(thread)
            finally:
                # Not cancelled: a cancelled command can leave its connection, and the key, behind.
                ended.set()
                await beating
                if self._answering is not None:
                    await self._answering
                with contextlib.suppress(RedisError, OSError):
                    await queue.leave(self._redis, self._consumer)

    async def _serve_batch(self, thread: ThreadPoolExecutor) -> None:
        waiting = await self._next_frames()
        plan = batching.plan(
            [
                batching.Waiting(held.entry.frame.drawing, held.entry.frame.n, held.age_ms, held)
                for held in waiting
            ],
            self._cap,
        )
        self._later = list(plan.later)
        if plan.stale:
            await self._drop(plan.stale)
        if not plan.compute:
            return
        queue_was_full = len(waiting) >= self._cap
        if queue_was_full and not self._later and not self._stopping:
            self._more = asyncio.create_task(self._take(self._cap, block_ms=0))
        started = time.monotonic()
        waited_ms = [held.age_ms for held in plan.compute]
        loop = asyncio.get_running_loop()
        inks = [held.entry.frame.ink for held in plan.compute]
        results = await loop.run_in_executor(thread, compute, self._network, inks)
        took_ms = round((time.monotonic() - started) * 1000)
        if self._answering is not None:
            await self._answering
        answers = [
            (held.entry, self._reply(held.entry.frame, result, waited, took_ms))
            for held, result, waited in zip(plan.compute, results, waited_ms, strict=True)
        ]
        self._answering = asyncio.create_task(self._answer(answers), name="answer")

    async def _next_frames(self) -> list[_InHand]:
        """Frames put off before, lost by others, and waiting in the queue."""
        waiting, self._later = self._later, []
        if self._more is not None:
            waiting += await self._more
            self._more = None
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

    def _reply(
        self, frame: queue.Frame, result: bytes | str, waited_ms: int, took_ms: int
    ) -> queue.Reply:
        return queue.Reply(
            drawing=frame.drawing,
            n=frame.n,
            probabilities=result if isinstance(result, bytes) else b"",
            model=self._network.model_hash,
            raster=self._network.raster_version,
            error=result if isinstance(result, str) else "",
            waited_ms=waited_ms,
            took_ms=took_ms,
        )

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

    async def _beat(self, ended: asyncio.Event) -> None:
        while not ended.is_set():
            with contextlib.suppress(RedisError, OSError):
                await queue.beat(self._redis, self.heartbeat)
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
