"""Batches on a GPU: always as many pictures at once, recorded as one graph and replayed.

A small network on a GPU spends its time on starting kernels; a recorded CUDA graph starts them all
at once, but only for the very shapes and addresses that it was recorded with. A smaller batch is
padded. With one size, each picture meets the same kernels whoever else is in the batch, so its
answer is the same to the bit; kernels are chosen by the size, and those of another size add up in
another order. That a lone picture is computed in the time of sixty-four costs a tenth of a
millisecond (``python -m tests.bench.engines``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

import torch
from torch import Tensor

SIZE: Final = 64
_WARM_UPS: Final = 3  # before a recording, as PyTorch's documentation asks for


def portions(count: int) -> Iterator[tuple[int, int]]:
    """Start and end of runs that hold ``count`` pictures together, each at most ``SIZE``."""
    for start in range(0, count, SIZE):
        yield start, min(count, start + SIZE)


class Recording:
    """``forward``, uint8 pictures of ``shape`` to logits, of ``SIZE`` pictures on ``device``."""

    def __init__(
        self, forward: Callable[[Tensor], Tensor], shape: tuple[int, ...], device: torch.device
    ) -> None:
        self._pictures = torch.zeros(SIZE, *shape, dtype=torch.uint8, device=device)
        with torch.cuda.device(device):
            side_stream: Any = torch.cuda.Stream()  # type: ignore[no-untyped-call]
            side_stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side_stream):
                for _ in range(_WARM_UPS):
                    forward(self._pictures)
            torch.cuda.current_stream().wait_stream(side_stream)
            self._graph = torch.cuda.CUDAGraph()
            # Another network may be at work in another thread while this one is recorded.
            with torch.cuda.graph(self._graph, capture_error_mode="thread_local"):
                self._logits = forward(self._pictures)

    def replay(self, pictures: Tensor) -> Tensor:
        """Logits on the CPU for at most ``SIZE`` pictures on the CPU."""
        # Rows beyond the batch keep what was there: nobody looks at their answers.
        self._pictures[: len(pictures)].copy_(pictures)
        self._graph.replay()
        # Copying waits for the graph, and the next replay overwrites the original.
        return self._logits[: len(pictures)].float().cpu()


class CudaGraphs:
    """``run`` of ``forward``, uint8 pictures of ``shape`` to logits, in a recorded graph.

    Only for one thread at a time.
    """

    def __init__(
        self, forward: Callable[[Tensor], Tensor], shape: tuple[int, ...], device: torch.device
    ) -> None:
        self._forward = forward
        self._shape = shape
        self._device = device
        self._recording: Recording | None = None

    def run(self, pictures: Tensor) -> Tensor:
        """Logits `(B, categories)` on the CPU for pictures on the CPU; B may be anything."""
        recording = self.record()
        return torch.cat([recording.replay(pictures[a:b]) for a, b in portions(len(pictures))])

    def record(self) -> Recording:
        """The recording, made at the first call."""
        if self._recording is None:
            self._recording = Recording(self._forward, self._shape, self._device)
        return self._recording
