"""A second checkpoint beside the one that serves: it sees live frames and decides nothing.

It is a process of its own, at the lowest priority and never on a GPU, where there are none: neither
its arithmetic nor its faults can reach the worker. It is offered what has just been answered, one
small batch at a time; while it is busy, and for a while after, frames pass it by. If it ends it is
started again, later each time.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from ml.queue import Entry, Reply
from ml.renewal import Fitting, misfit

log = logging.getLogger(__name__)

MOST_FRAMES: Final = 16  # offered at once …
MOST_BYTES: Final = 64 * 1024  # … and of ink
REST_S: Final = 0.1  # after a batch, so that comparing is at most 160 frames a second
_START_S: Final = 60.0  # for the checkpoint to be loaded
_ANSWER_S: Final = 30.0  # for one batch, on a machine that has no time for it
_STOP_S: Final = 5.0
_FIRST_PAUSE_S: Final = 1.0
_LONGEST_PAUSE_S: Final = 300.0
OUTCOMES: Final = ("compared", "agreed", "passed_by", "failed", "unrecorded")

Answers = Sequence[tuple[Entry, Reply]]


class BadShadow(Exception):  # noqa: N818 - it is the shadow that is bad
    """A checkpoint that cannot be compared with the one that serves; the message says why."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a shadow says of its network."""

    model: str
    raster_version: int
    labels: tuple[str, ...]


class ShadowMeasures:
    """What Prometheus may know of a worker's shadow."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.frames = Counter(
            "inkling_worker_shadow_frames",
            "Frames that the shadow might have seen, and what became of them",
            ["outcome"],
            registry=registry,
        )
        for outcome in OUTCOMES:
            self.frames.labels(outcome)
        self.ended = Counter(
            "inkling_worker_shadow_ended",
            "Times that the shadow ended or fell silent by itself",
            registry=registry,
        )
        self.seconds = Histogram(
            "inkling_worker_shadow_seconds",
            "Time of a batch in the shadow",
            buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5),
            registry=registry,
        )
        self.alive = Gauge(
            "inkling_worker_shadow_alive",
            "1 while this network compares",
            ["model"],
            registry=registry,
        )

    def compared(self, tally: Mapping[str, Any]) -> None:
        """A batch came back."""
        for outcome in ("compared", "agreed", "failed", "unrecorded"):
            self.frames.labels(outcome).inc(int(tally[outcome]))
        self.seconds.observe(float(tally["took_s"]))

    def count_ended(self) -> None:
        """It is not there any more."""
        self.ended.inc()
        self.alive.clear()


def shadow_command(weights: Path, precision: str) -> list[str]:
    """The command line of a shadow with the checkpoint in the folder ``weights``."""
    options = [f"--weights={weights}", f"--precision={precision}"]
    return [sys.executable, "-m", "ml.shadow_process", *options]


class Shadow:
    """The worker's end of it: ``await start()``, ``offer`` what was answered, ``await stop()``.

    ``redis_url`` is where comparisons go, as ``ml.comparisons`` describes.
    """

    def __init__(self, command: Sequence[str], redis_url: str, measures: ShadowMeasures) -> None:
        self._command = command
        self._environment = {**os.environ, "REDIS_URL": redis_url}  # it may hold a password
        self._measures = measures
        self._process: Process | None = None
        self._attending: asyncio.Task[None] | None = None
        self._free = False
        self._asked_at: float | None = None  # on the loop's clock, until it has answered

    async def start(self, serving: Fitting) -> Described:
        """Load the checkpoint. Raises ``BadShadow`` if it does not fit the network that serves."""
        described = await self._spawn(serving)
        self._attending = asyncio.create_task(self._attend(serving), name="shadow")
        return described

    def offer(self, answers: Answers) -> None:
        """Compare some of these, or none; returns at once and raises nothing."""
        taken = 0
        try:
            if self._free and self._process is not None and self._process.stdin is not None:
                some = _some(answers)
                if some:
                    self._process.stdin.write(_line(some))
                    self._free, self._asked_at = False, asyncio.get_running_loop().time()
                    taken = len(some)
        except Exception:  # whatever it is, it must not reach who is served
            log.exception("nothing was offered to the shadow")
        self._measures.frames.labels("passed_by").inc(len(answers) - taken)

    async def stop(self) -> None:
        """End it."""
        if self._attending is not None:
            self._attending.cancel()
            await asyncio.wait([self._attending])
        await self._end()

    # --- its process -----------------------------------------------------------------------------

    async def _spawn(self, serving: Fitting) -> Described:
        try:
            described = await self._described(serving)
        except BadShadow:
            await self._end()
            raise
        self._measures.alive.labels(described.model).set(1)
        self._free = True
        return described

    async def _described(self, serving: Fitting) -> Described:
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=self._environment
            )
            async with asyncio.timeout(_START_S):
                said = await self._hear() or {"error": "it ended before it was ready"}
            if "error" in said:
                raise BadShadow(said["error"])
            network = said["model"], said["raster"], tuple(said["labels"])
        except (OSError, ValueError, KeyError, TypeError, TimeoutError) as error:
            message = f"it does not come up: {type(error).__name__} {error}".strip()
            raise BadShadow(message) from None
        described = Described(*network)
        why = misfit(described, serving)
        if why:
            raise BadShadow(why)
        return described

    async def _hear(self) -> dict[str, Any] | None:
        """The next thing it says; None when it has ended. Raises ``ValueError`` for nonsense."""
        if self._process is None or self._process.stdout is None:
            return None
        line = await self._process.stdout.readline()
        if not line:
            return None
        said = json.loads(line)
        if not isinstance(said, dict):
            message = f"the shadow says {said!r}"
            raise ValueError(message)  # noqa: TRY004 - of what it says, not of our types
        return said

    async def _attend(self, serving: Fitting) -> None:
        """Hear what it says, and start it again when it says nothing more, for ever."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._listen()
                why = "it ended"
            except Exception as error:  # noqa: BLE001 - whatever it is, it is not worth a game
                why = f"{type(error).__name__} {error}".strip()
            self._free = False
            await self._end()
            self._measures.count_ended()
            log.error("no shadow for %.0f s: %s", pause_s, why)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            with contextlib.suppress(BadShadow):
                await self._spawn(serving)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                async with asyncio.timeout(_ANSWER_S):
                    tally = await self._hear()
            except TimeoutError:
                # It may have been asked a moment ago, while it was waited for already.
                if self._asked_at is not None and loop.time() - self._asked_at >= _ANSWER_S:
                    raise
                continue
            if tally is None:
                return
            self._measures.compared(tally)
            self._asked_at = None
            loop.call_later(REST_S, self._rested, self._process)

    def _rested(self, process: Process | None) -> None:
        if process is self._process and self._asked_at is None:
            self._free = True

    async def _end(self) -> None:
        process, self._process = self._process, None
        self._free, self._asked_at = False, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            async with asyncio.timeout(_STOP_S):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _some(answers: Answers) -> Answers:
    some = []
    size = 0
    for entry, reply in answers[:MOST_FRAMES]:
        size += len(entry.frame.ink)
        if size > MOST_BYTES:
            break
        if not reply.error:
            some.append((entry, reply))
    return some


def _line(answers: Answers) -> bytes:
    """What the shadow is asked: the frames, their ink, and what the serving network said."""
    frames = [
        [
            entry.frame.drawing,
            entry.frame.n,
            base64.b64encode(entry.frame.ink).decode(),
            base64.b64encode(reply.probabilities).decode(),
        ]
        for entry, reply in answers
    ]
    return json.dumps({"serving": answers[0][1].model, "frames": frames}).encode() + b"\n"
