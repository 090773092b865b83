"""A network small enough for tests of everything around it; run as a script, a worker of it.

Its first probability is the ink's length in KiB. Ink that starts with ``bad`` is refused, ``trap``
makes every forward pass fail that it is part of, ``odd`` every answer, and ``slow`` takes a second.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np

from ml import worker

LABELS = 345


class TinyNetwork:
    raster_version = 7
    labels: tuple[str, ...] = tuple(map(str, range(LABELS)))

    def __init__(self) -> None:
        self.model_hash = "tiny"
        self.batches: list[list[bytes]] = []
        self.prepared: list[bytes] = []
        self.broken = False

    def prepare(self, inks: Sequence[bytes]) -> list[bytes]:
        if any(ink.startswith(b"bad") for ink in inks):
            message = "this is no ink"
            raise ValueError(message)
        self.prepared += inks
        return list(inks)

    def forward(self, inputs: Sequence[bytes]) -> Any:
        if self.broken or any(ink.startswith(b"trap") for ink in inputs):
            message = "the network stumbled"
            raise RuntimeError(message)
        if any(ink.startswith(b"slow") for ink in inputs):
            time.sleep(1)
        self.batches.append(list(inputs))
        rows = np.zeros((len(inputs), LABELS), dtype=np.float16)
        rows[:, 0] = [len(ink) / 1024 for ink in inputs]
        return rows

    def answers(self, inputs: Sequence[bytes], outputs: Any) -> Any:
        assert len(inputs) == len(outputs)
        if any(ink.startswith(b"odd") for ink in inputs):
            message = "that makes no sense"
            raise ArithmeticError(message)
        return outputs

    def warm_up(self) -> None:
        self.forward([b""])
        self.batches.clear()


def load(options: argparse.Namespace) -> TinyNetwork:
    """A network named after the text in the folder's weights, if that is where text is."""
    network = TinyNetwork()
    with contextlib.suppress(OSError, UnicodeDecodeError):
        network.model_hash = (options.weights / "model.safetensors").read_text("ascii")
    if network.model_hash == "damaged":
        message = "these are no weights"
        raise ValueError(message)
    if network.model_hash == "other labels":
        network.labels = ("ant", *network.labels[1:])
    return network


if __name__ == "__main__":
    sys.exit(worker.main(load=load))
