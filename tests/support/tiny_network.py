"""A network small enough for tests of everything around it; run as a script, a worker of it.

Its first probability is the ink's length in KiB. Ink that starts with ``bad`` is refused, ``trap``
makes every forward pass fail that it is part of, and ``slow`` takes a second.
"""

from __future__ import annotations

import sys
import time
from typing import Any

import numpy as np

from ml import worker

LABELS = 345


class TinyNetwork:
    model_hash = "tiny"
    raster_version = 7

    def __init__(self) -> None:
        self.batches: list[list[bytes]] = []
        self.broken = False

    def prepare(self, ink: bytes) -> bytes:
        if ink.startswith(b"bad"):
            message = "this is no ink"
            raise ValueError(message)
        return ink

    def forward(self, prepared: list[bytes]) -> Any:
        if self.broken or any(ink.startswith(b"trap") for ink in prepared):
            message = "the network stumbled"
            raise RuntimeError(message)
        if any(ink.startswith(b"slow") for ink in prepared):
            time.sleep(1)
        self.batches.append(prepared)
        rows = np.zeros((len(prepared), LABELS), dtype=np.float16)
        rows[:, 0] = [len(ink) / 1024 for ink in prepared]
        return rows

    def warm_up(self) -> None:
        self.forward([b""])
        self.batches.clear()


if __name__ == "__main__":
    sys.exit(worker.main(load=lambda _options: TinyNetwork()))
