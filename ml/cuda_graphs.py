"""Batches on a GPU: padded to few sizes, each size recorded once and replayed.

A small network on a GPU spends its time on starting kernels; a recorded CUDA graph starts them all
at once, but only for the very shapes and addresses that it was recorded with. The sizes are tested
everywhere; the recording has not run on a GPU yet (``python -m tests.bench.engines`` would).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor

SIZES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_WARM_UPS: Final = 3  # before a recording, as PyTorch's documentation asks for


def padded(count: int) -> int:
    """The smallest of ``SIZES`` that holds ``count`` pictures, 1 to 256."""
    return next(size for size in SIZES if size >= count)


def portions(count: int) -> Iterator[tuple[int, int]]:
    """Start and end of runs that hold ``count`` pictures together, each at most the largest."""
    for start in range(0, count, SIZES[-1]):
        yield start, min(count, start + SIZES[-1])


@dataclass(frozen=True, slots=True)
class _Recording:
    graph: Any
    pictures: Tensor
    logits: Tensor


class CudaGraphs:
    """``run`` of ``forward``, uint8 pictures of ``shape`` to logits, in recorded graphs.

    Only for one thread at a time.
    """

    def __init__(
        self, forward: Callable[[Tensor], Tensor], shape: tuple[int, ...], device: torch.device
    ) -> None:
        self._forward = forward
        self._shape = shape
        self._device = device
        self._recordings: dict[int, _Recording] = {}

    def run(self, pictures: Tensor) -> Tensor:
        """Logits `(B, categories)` on the CPU for pictures on the CPU; B may be anything."""
        return torch.cat([self._replay(pictures[a:b]) for a, b in portions(len(pictures))])

    def record_all(self) -> None:
        """Record every size now; the largest first, whose memory the others share."""
        for size in reversed(SIZES):
            self._recording(size)

    def _replay(self, pictures: Tensor) -> Tensor:
        recording = self._recording(padded(len(pictures)))
        # Rows beyond the batch keep what was there: nobody looks at their answers.
        recording.pictures[: len(pictures)].copy_(pictures)
        recording.graph.replay()
        # Copying waits for the graph, and the next replay overwrites the original.
        return recording.logits[: len(pictures)].float().cpu()

    def _recording(self, size: int) -> _Recording:
        if size not in self._recordings:
            self._recordings[size] = self._record(size)
        return self._recordings[size]

    def _record(self, size: int) -> _Recording:
        with torch.cuda.device(self._device):
            pictures = torch.zeros(size, *self._shape, dtype=torch.uint8, device=self._device)
            side_stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            side_stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side_stream):
                for _ in range(_WARM_UPS):
                    self._forward(pictures)
            torch.cuda.current_stream().wait_stream(side_stream)
            graph = torch.cuda.CUDAGraph()
            first = next(iter(self._recordings.values()), None)
            pool = first.graph.pool() if first is not None else None
            # Another network may be at work in another thread while this one is recorded.
            with torch.cuda.graph(graph, pool=pool, capture_error_mode="thread_local"):
                logits = self._forward(pictures)
            return _Recording(graph, pictures, logits)
