"""What Prometheus may know of this server, under ``/metrics``."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ml.queue import Heartbeat, Reply

_FAST: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

# Several processes behind one listener share the folder that this names, and whichever is asked
# tells of all.
_SHARED: Final = "PROMETHEUS_MULTIPROC_DIR"

SOCKETS: Final = Gauge("inkling_sockets", "Open sockets of players", multiprocess_mode="livesum")
ROOMS: Final = Gauge("inkling_rooms", "Rooms this server owns", multiprocess_mode="livesum")
TURNS: Final = Counter("inkling_turns", "Turns of rooms that were stored")
REFUSED: Final = Counter("inkling_refused", "Messages of players that were refused", ["code"])
FRAMES_SENT: Final = Counter("inkling_frames_sent", "Frames queued for recognition")
FRAMES_LOST: Final = Counter("inkling_frames_lost", "Frames given up unanswered, asked again")
GUESSES: Final = Counter("inkling_guesses", "Answers of the network", ["outcome"])
QUEUE_AGE: Final = Histogram(
    "inkling_frame_queue_seconds", "Time of a frame in the queue", buckets=_FAST
)
FORWARD: Final = Histogram(
    "inkling_batch_seconds", "Time of a frame's batch in the network", buckets=_FAST
)
INK_TO_GUESS: Final = Histogram(
    "inkling_ink_to_guess_seconds", "From the arrival of ink to the guess about it", buckets=_FAST
)
LOOP_LAG: Final = Histogram(
    "inkling_loop_lag_seconds", "How late the event loop comes to what is due", buckets=_FAST
)
# Looking a label up costs as much as counting.
_ANSWERED: Final = GUESSES.labels("answered")
_STALE: Final = GUESSES.labels("stale")
_ERROR: Final = GUESSES.labels("error")


def observe_reply(reply: Reply, *, news: bool) -> None:
    """Count an answer of a worker; one that is no news came too late or twice."""
    (_ERROR if reply.error else _ANSWERED if news else _STALE).inc()
    QUEUE_AGE.observe(reply.waited_ms / 1000)
    FORWARD.observe(reply.took_ms / 1000)


class Workers(Collector):
    """The workers that are alive, and what waits for them; told afresh each time."""

    def __init__(self, workers: Sequence[Heartbeat], queued: int) -> None:
        self._workers = workers
        self._queued = queued

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """What Prometheus is told."""
        queued = "Frames waiting or in a worker's hands"
        yield GaugeMetricFamily("inkling_frames_queued", queued, self._queued)
        alive = "Recognition workers alive"
        yield GaugeMetricFamily("inkling_workers", alive, len(self._workers))
        frames = GaugeMetricFamily(
            "inkling_worker_frames",
            "Frames of a live worker since it started",
            labels=["outcome", "worker"],
        )
        for worker in self._workers:
            for outcome in ("answered", "stale", "reclaimed", "dead"):
                frames.add_metric([outcome, worker.consumer], getattr(worker, outcome))
        yield frames


def exposition(workers: Workers | None) -> bytes:
    """All of it as text for Prometheus; without Redis, nothing of the workers."""
    of_servers = REGISTRY
    folder = os.environ.get(_SHARED)
    if folder:
        _forget_the_dead(Path(folder))
        of_servers = CollectorRegistry()
        multiprocess.MultiProcessCollector(of_servers, folder)  # type: ignore[no-untyped-call]
    of_workers = CollectorRegistry()
    if workers is not None:
        of_workers.register(workers)
    return generate_latest(of_servers) + generate_latest(of_workers)


def _forget_the_dead(folder: Path) -> None:
    """What a killed process had open is open no more; what it has counted stays counted."""
    for file in folder.glob("gauge_live*_*.db"):
        number = int(file.stem.rpartition("_")[2])
        try:
            os.kill(number, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(number, str(folder))  # type: ignore[no-untyped-call]
