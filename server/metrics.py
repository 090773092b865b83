"""What Prometheus may know of this server, under ``/metrics``."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

from ml.queue import Reply

_FAST: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

SOCKETS: Final = Gauge("inkling_sockets", "Open sockets of players")
ROOMS: Final = Gauge("inkling_rooms", "Rooms this server owns")
TURNS: Final = Counter("inkling_turns", "Turns of rooms that were stored")
REFUSED: Final = Counter("inkling_refused", "Messages of players that were refused", ["code"])
FRAMES_SENT: Final = Counter("inkling_frames_sent", "Frames queued for recognition")
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


def observe_reply(reply: Reply) -> None:
    """Count an answer of a worker."""
    GUESSES.labels("error" if reply.error else "answered").inc()
    QUEUE_AGE.observe(reply.waited_ms / 1000)
    FORWARD.observe(reply.took_ms / 1000)
