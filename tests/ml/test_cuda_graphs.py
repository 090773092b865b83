"""Batches padded to one size; what a GPU does with them needs a GPU."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from ml import trial
from ml.cuda_graphs import SIZE, CudaGraphs, Recording, portions
from ml.engine import Engine, softmax

DEVICES = ["cpu", *(["cuda"] if torch.cuda.is_available() else [])]


@pytest.mark.parametrize("count", [1, SIZE - 1, SIZE, SIZE + 1, 1000])
def test_portions_hold_everything_once_and_in_order(count: int) -> None:
    places = [at for start, end in portions(count) for at in range(start, end)]
    assert places == list(range(count))
    assert all(0 < end - start <= SIZE for start, end in portions(count))


class _Graph(Recording):
    """Replays by computing: what a recording is to `CudaGraphs`, without a GPU."""

    def __init__(self, forward: Callable[[Tensor], Tensor], shape: tuple[int, ...]) -> None:
        self._pictures = torch.zeros(SIZE, *shape, dtype=torch.uint8)
        self._logits = forward(self._pictures)
        self._graph = self
        self._by = forward

    def replay(self, *pictures: Tensor) -> Tensor:
        if pictures:
            return super().replay(*pictures).clone()  # on a GPU, what is read is a copy
        return self._logits.copy_(self._by(self._pictures))


def _forward(pictures: Tensor) -> Tensor:
    return pictures.float().sum(dim=(2, 3)) @ torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.mark.parametrize("count", [1, 3, 64, 300])
def test_padding_shows_in_no_answer(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a smaller batch follows a larger one, whose rows are left over."""
    recorded: list[tuple[int, ...]] = []

    def record(
        forward: Callable[[Tensor], Tensor], shape: tuple[int, ...], _: torch.device
    ) -> Recording:
        recorded.append(shape)
        return _Graph(forward, shape)

    monkeypatch.setattr("ml.cuda_graphs.Recording", record)
    graphs = CudaGraphs(_forward, (2, 4, 4), torch.device("cpu"))
    generator = torch.Generator().manual_seed(count)
    for size in (count, max(1, count - 1), count):
        pictures = torch.randint(0, 256, (size, 2, 4, 4), generator=generator, dtype=torch.uint8)
        assert torch.equal(graphs.run(pictures), _forward(pictures))
    assert recorded == [(2, 4, 4)]


@pytest.mark.parametrize("device", DEVICES)
def test_the_quick_engine_of_each_device_here_answers_as_float32_does(device: str) -> None:
    """On a machine with a GPU, that is what recorded passes have to show."""
    exact = Engine.load(device="cpu", precision="fp32")
    quick = Engine.load(device=device, precision="auto")
    quick.warm_up()
    pictures = trial.scribbles(exact.side, exact.channels)
    moved = trial.shift(softmax(exact.logits(pictures)), softmax(quick.logits(pictures)))
    assert moved < trial.LARGEST_SHIFT


@pytest.mark.parametrize("device", DEVICES)
def test_an_answer_is_the_same_to_the_bit_in_any_company(device: str) -> None:
    """Alone, at any place of a batch of any size: so a verdict can be derived again."""
    engine = Engine.load(device=device, precision="auto")
    engine.warm_up()
    pictures = trial.scribbles(engine.side, engine.channels, 150)
    together = engine.logits(pictures)
    for size in (1, 2, 37, 64, 100):
        parts = [engine.logits(pictures[at : at + size]) for at in range(0, 150, size)]
        assert np.array_equal(np.concatenate(parts), together)
    turned = engine.logits(np.concatenate([pictures[7:], pictures[:7]]))
    assert np.array_equal(turned, np.concatenate([together[7:], together[:7]]))
