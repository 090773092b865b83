"""Batches padded to few sizes; what a GPU does with them needs a GPU."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from ml import trial
from ml.cuda_graphs import SIZES, CudaGraphs, padded, portions
from ml.engine import Engine, softmax


def test_a_batch_fits_and_is_less_than_doubled() -> None:
    for count in range(1, SIZES[-1] + 1):
        assert count <= padded(count) < 2 * count or padded(count) == count


@pytest.mark.parametrize("count", [1, 255, 256, 257, 1000])
def test_portions_hold_everything_once_and_in_order(count: int) -> None:
    places = [at for start, end in portions(count) for at in range(start, end)]
    assert places == list(range(count))
    assert all(0 < end - start <= SIZES[-1] for start, end in portions(count))


class _Graph:
    """Replays by computing: what a recording is to `CudaGraphs`, without a GPU."""

    def __init__(self, pictures: Tensor, logits: Tensor) -> None:
        self._pictures, self._logits = pictures, logits

    def replay(self) -> None:
        self._logits.copy_(_forward(self._pictures))


def _forward(pictures: Tensor) -> Tensor:
    return pictures.float().sum(dim=(2, 3)) @ torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])


@pytest.mark.parametrize("count", [1, 3, 8, 300])
def test_padding_shows_in_no_answer(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when a smaller batch follows a larger one, whose rows are left over."""
    recorded: list[int] = []

    def record(_: CudaGraphs, size: int) -> object:
        from ml.cuda_graphs import _Recording  # noqa: PLC0415

        recorded.append(size)
        pictures = torch.zeros(size, 2, 4, 4, dtype=torch.uint8)
        logits = _forward(pictures)
        return _Recording(_Graph(pictures, logits), pictures, logits)

    monkeypatch.setattr(CudaGraphs, "_record", record)
    graphs = CudaGraphs(_forward, (2, 4, 4), torch.device("cpu"))
    generator = torch.Generator().manual_seed(count)
    for size in (count, max(1, count - 1), count):
        pictures = torch.randint(0, 256, (size, 2, 4, 4), generator=generator, dtype=torch.uint8)
        assert torch.equal(graphs.run(pictures), _forward(pictures))
    assert len(recorded) == len(set(recorded))


@pytest.mark.parametrize("device", ["cpu", *(["cuda"] if torch.cuda.is_available() else [])])
def test_the_quick_engine_of_each_device_here_answers_as_float32_does(device: str) -> None:
    """On a machine with a GPU, that is what recorded passes have to show."""
    exact = Engine.load(device="cpu", precision="fp32")
    quick = Engine.load(device=device, precision="auto")
    quick.warm_up()
    pictures = trial.scribbles(exact.side, exact.channels)
    moved = trial.shift(softmax(exact.logits(pictures)), softmax(quick.logits(pictures)))
    assert moved < trial.LARGEST_SHIFT
