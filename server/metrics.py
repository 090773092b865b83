"""What Prometheus may know of this server, under ``/metrics``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from ml.queue import Heartbeat, Reply

_FAST: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

SOCKETS: Final = Gauge("inkling_sockets", "Open sockets of players")
ROOMS: Final = Gauge("inkling_rooms", "Rooms this server owns")
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
WORKERS: Final = Gauge("inkling_workers", "Recognition workers alive")
WORKER_FRAMES: Final = Gauge(
    "inkling_worker_frames", "Frames of a live worker since it started", ["worker", "outcome"]
)
QUEUED: Final = Gauge("inkling_frames_queued", "Frames waiting or in a worker's hands")

# Looking a label up costs as much as counting.
_ANSWERED: Final = GUESSES.labels("answered")
_STALE: Final = GUESSES.labels("stale")
_ERROR: Final = GUESSES.labels("error")


def observe_reply(reply: Reply, *, news: bool) -> None:
    """Count an answer of a worker; one that is no news came too late or twice."""
    (_ERROR if reply.error else _ANSWERED if news else _STALE).inc()
    QUEUE_AGE.observe(reply.waited_ms / 1000)
    FORWARD.observe(reply.took_ms / 1000)


def observe_workers(workers: Sequence[Heartbeat], queued: int) -> None:
    """Tell of the workers that are alive, in place of those told of before."""
    WORKERS.set(len(workers))
    QUEUED.set(queued)
    WORKER_FRAMES.clear()
    for worker in workers:
        for outcome in ("answered", "stale", "reclaimed", "dead"):
            WORKER_FRAMES.labels(worker.consumer, outcome).set(getattr(worker, outcome))
