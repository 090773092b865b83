"""The network written as ONNX: the same answers as PyTorch's, in fewer bits nearly the same."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from ml import precision, quantise, trial
from ml.checkpoint import WEIGHTS, Checkpoint, read
from ml.engine import Engine, softmax
from ml.graph import float_graph, in_blocks, integer_graph, over_blocks
from ml.model import build
from ml.raster import Picture
from ml.torch_runner import TorchRunner

needs_onnx = pytest.mark.skipif(not precision.has_onnx(), reason="ONNX Runtime is not installed")


@pytest.fixture(scope="module")
def checkpoint() -> Checkpoint:
    return read(WEIGHTS)


@pytest.fixture(scope="module")
def pictures(checkpoint: Checkpoint) -> Picture:
    return trial.scribbles(checkpoint.side, checkpoint.channels)


def test_files_are_small_and_the_same_every_time(checkpoint: Checkpoint) -> None:
    assert float_graph(checkpoint) == float_graph(read(WEIGHTS))
    assert integer_graph(checkpoint) == integer_graph(read(WEIGHTS))
    assert len(integer_graph(checkpoint)) < len(float_graph(checkpoint)) / 3


@needs_onnx
def test_float_answers_are_those_of_pytorch(checkpoint: Checkpoint, pictures: Picture) -> None:
    from ml.onnx_runner import OnnxRunner  # noqa: PLC0415

    ours = OnnxRunner(float_graph(checkpoint), 1).logits(pictures)
    theirs = TorchRunner(checkpoint, "cpu", "fp32").logits(pictures)
    assert ours == pytest.approx(theirs, abs=1e-4)


@needs_onnx
@pytest.mark.parametrize("wanted", ["fp32", "int8"])
def test_an_answer_is_the_same_in_any_company(pictures: Picture, wanted: str) -> None:
    """To the bit: a verdict can be derived again without knowing the rest of its batch."""
    engine = Engine.load(device="cpu", threads=1, precision=wanted)
    together = engine.judge(pictures)
    for size in (1, 3, 16):
        parts = [engine.judge(pictures[at : at + size]) for at in range(0, 48, size)]
        assert np.concatenate(parts).tobytes() == together.tobytes()


def test_a_convolution_over_blocks_sums_the_same(checkpoint: Checkpoint) -> None:
    """To the bit, in whole numbers."""
    assert checkpoint.layers is not None
    dice = np.random.default_rng(1)
    weight = dice.integers(-127, 128, (4, 2, 5, 5)).astype(np.float64)
    by_two = dataclasses.replace(checkpoint.layers.convs[0], weight=weight)
    pictures = dice.integers(0, 256, (3, 2, 12, 12)).astype(np.uint8)
    blocks = in_blocks(pictures).transpose(0, 3, 1, 2)
    sums = [
        functional.conv2d(
            torch.tensor(seen.astype(np.float64)),
            torch.tensor(conv.weight),
            stride=conv.stride,
            padding=conv.weight.shape[2] // 2,
        )
        for seen, conv in ((pictures, by_two), (blocks, over_blocks(by_two)))
    ]
    assert sums[0].shape == (3, 4, 6, 6)
    assert torch.equal(sums[0], sums[1])


@needs_onnx
def test_threads_change_no_bit(pictures: Picture) -> None:
    one, two = (Engine.load(device="cpu", threads=n, precision="int8") for n in (1, 2))
    assert one.judge(pictures).tobytes() == two.judge(pictures).tobytes()


@needs_onnx
def test_eight_bits_say_nearly_the_same(pictures: Picture) -> None:
    exact = Engine.load(device="cpu", threads=1, precision="fp32")
    quick = Engine.load(device="cpu", threads=1, precision="int8")
    moved = trial.shift(softmax(exact.logits(pictures)), softmax(quick.logits(pictures)))
    assert moved < trial.LARGEST_SHIFT / 2


@needs_onnx
def test_bad_scales_are_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network whose normalisations do not tell its ranges is computed in float32."""
    monkeypatch.setattr(quantise, "SPREADS", 1.0)
    monkeypatch.setattr(precision, "abilities", lambda: frozenset({"avx512_vnni"}))
    assert Engine.load(device="cpu", threads=1, precision="auto").precision == "fp32"


@needs_onnx
def test_who_judges_is_named_with_its_precision(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(precision, "abilities", lambda: frozenset({"avx512_vnni"}))
    exact = Engine.load(device="cpu", threads=1)
    quick = Engine.load(device="cpu", threads=1, precision="auto")
    assert quick.model_hash == f"{exact.model_hash}+int8"


def test_a_network_of_another_kind_cannot_be_written(tmp_path: Path) -> None:
    build("tutorial", ["ant", "bee"]).save_pretrained(tmp_path)
    for write in (float_graph, integer_graph):
        with pytest.raises(ValueError, match="not one that can be written"):
            write(read(tmp_path))


def test_weights_in_eight_bits_are_off_by_half_a_step() -> None:
    weight = np.random.default_rng(3).normal(0, 1, (5, 2, 3, 3)).astype(np.float32)
    weight[4] = 0
    whole, step = quantise.in_eight_bits(weight)
    back = whole * step[:, None, None, None]
    assert np.abs(back - weight).max() <= step.max() * 0.5001
    assert np.abs(whole).max() == 127
    assert not whole[4].any()


def test_steps_cover_what_normal_values_reach(checkpoint: Checkpoint) -> None:
    assert checkpoint.layers is not None
    found = quantise.steps(checkpoint.layers.convs)
    assert len(found) == len(checkpoint.layers.convs)
    for conv, step in zip(checkpoint.layers.convs, found, strict=True):
        if not conv.closes:
            assert 255 * step.output == pytest.approx(max(conv.centre + 6 * conv.spread), rel=0.01)


def test_scribbles_are_the_same_everywhere_and_differ() -> None:
    one, other = trial.scribbles(56, 2), trial.scribbles(56, 2)
    assert one.tobytes() == other.tobytes()
    assert len({each.tobytes() for each in one}) == trial.SCRIBBLES
    assert one[:, 0].any(axis=(1, 2)).all()
