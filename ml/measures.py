"""What Prometheus may know of a worker, under ``http://…:METRICS_PORT/metrics``."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    start_http_server,
)

from ml.queue import Heartbeat

_SECONDS: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
_FRAMES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
OUTCOMES: Final = ("taken", "answered", "stale", "reclaimed", "dead")


class Measures:
    """One worker's figures, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._frames = Counter(
            "inkling_worker_frames",
            "Frames taken from the queue, and what became of them",
            ["outcome"],
            registry=self.registry,
        )
        for outcome in OUTCOMES:
            self._frames.labels(outcome)
        self._batches = self._histogram("batch_frames", "Frames in one batch", _FRAMES)
        self._waits = self._histogram("queue_seconds", "Age of a frame when drawing began")
        self._raster = self._histogram("raster_seconds", "Time to draw a batch")
        self._forward = self._histogram("forward_seconds", "Time of a batch in the network")
        self._beat = Gauge(
            "inkling_worker_last_beat_timestamp_seconds",
            "When Redis last heard that this worker lives",
            registry=self.registry,
        )
        self._serves = Gauge(
            "inkling_worker_serves",
            "1 for the network and the device in use",
            ["model", "device"],
            registry=self.registry,
        )

    def count(self, outcomes: Mapping[str, int]) -> None:
        """So many more frames came to each of ``outcomes``; others than ``OUTCOMES`` are left."""
        for outcome in OUTCOMES:
            if outcomes.get(outcome):
                self._frames.labels(outcome).inc(outcomes[outcome])

    def batch(self, waited_ms: Sequence[int], raster_s: float, forward_s: float) -> None:
        """A batch of frames that had waited so long was drawn and computed."""
        self._batches.observe(len(waited_ms))
        self._raster.observe(raster_s)
        self._forward.observe(forward_s)
        for each in waited_ms:
            self._waits.observe(each / 1000)

    def alive(self, heartbeat: Heartbeat) -> None:
        """Redis has just been told so."""
        self._beat.set(time.time())
        self._serves.clear()
        self._serves.labels(heartbeat.model, heartbeat.device).set(1)

    def serve(self, host: str, port: int) -> Callable[[], None]:
        """Answer Prometheus from a thread, until the function returned is called.

        Raises ``OSError`` when the port cannot be had.
        """
        server, thread = start_http_server(port, host, self.registry)

        def stop() -> None:
            server.shutdown()
            server.server_close()
            thread.join()

        return stop

    def _histogram(self, name: str, meaning: str, buckets: Sequence[float] = _SECONDS) -> Histogram:
        return Histogram(f"inkling_worker_{name}", meaning, buckets=buckets, registry=self.registry)
