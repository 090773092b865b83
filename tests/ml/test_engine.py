"""The engine with the shipped network: what the worker gets for packed ink."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageClassification

from game.categories import CATEGORIES
from game.ink import Ink, pack, stroke_of
from ml.engine import WEIGHTS, Engine, halves
from ml.enlarging import enlarge
from ml.frames import pack_bitmap
from ml.model import build
from ml.prefix import cut_ink
from ml.raster import RASTER_VERSION, rasterise
from tests.ml.shapes import SHAPES, Strokes, shape


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    before = torch.get_num_threads()
    yield Engine.load(threads=1)
    torch.set_num_threads(before)


def packed(strokes: Strokes) -> bytes:
    return pack(Ink(tuple(stroke_of((int(x), int(y), 8) for x, y in line) for line in strokes)))


def drawings() -> list[Strokes]:
    rng = np.random.default_rng(11)
    return [cut_ink(shape(name, rng), share) for name in SHAPES for share in (0.4, 1.0)]


def test_every_ink_gets_a_distribution_over_the_categories(engine: Engine) -> None:
    answer = engine.predict([packed(drawing) for drawing in drawings()])
    assert answer.dtype == np.float16
    assert answer.shape == (20, len(engine.labels)) == (20, 345)
    assert answer.astype(float).sum(axis=1) == pytest.approx(1, abs=0.02)


def test_an_answer_does_not_depend_on_who_else_is_in_the_batch(engine: Engine) -> None:
    inks = [packed(drawing) for drawing in drawings()]
    together = engine.predict(inks).astype(float)
    alone = np.concatenate([engine.predict([ink]) for ink in inks]).astype(float)
    assert together == pytest.approx(alone, abs=0.002)


def test_the_engine_feeds_the_tensor_of_training(engine: Engine) -> None:
    """Invariant 2, to the last step: `pictures` makes of wire bytes what `rasterise` draws."""
    pictures = engine.pictures([packed(drawing) for drawing in drawings()])
    for picture, drawing in zip(pictures, drawings(), strict=True):
        assert picture.tobytes() == rasterise(drawing).tobytes()


def test_a_bitmap_shares_a_batch_with_ink(engine: Engine) -> None:
    bar = bytes(14 * 28) + bytes([255] * 28) + bytes(13 * 28)
    bitmap, ink = pack_bitmap(bar), packed(drawings()[0])
    pictures = engine.pictures([ink, bitmap, ink])
    assert pictures[1].tobytes() == enlarge(bar).tobytes()
    assert pictures[0].tobytes() == pictures[2].tobytes() == rasterise(drawings()[0]).tobytes()


def test_folding_and_temperature_change_no_verdict(engine: Engine) -> None:
    network = AutoModelForImageClassification.from_pretrained(WEIGHTS).eval()
    pictures = np.stack([rasterise(drawing) for drawing in drawings()])
    with torch.inference_mode():
        logits = network(torch.from_numpy(pictures).float() / 255).logits
    assert engine.logits(pictures) == pytest.approx(logits.numpy(), abs=1e-3)
    expected = (logits / network.config.temperature).softmax(dim=1).numpy()
    assert engine.judge(pictures).astype(float) == pytest.approx(expected, abs=1e-3)


def test_blank_ink_is_anybodys_guess(engine: Engine) -> None:
    [answer] = engine.predict([b""])
    assert np.unique(answer).tolist() == [np.float16(1 / 345)]
    assert engine.predict([]).shape == (0, 345)


def test_shares_are_halved_as_numpy_would() -> None:
    """Every 997th float32 from 0 to 1, and all around each step of float16."""
    every = np.arange(0, np.float32(1).view(np.uint32) + 1, 997, dtype=np.uint32)
    steps = np.arange(0, np.float16(1).view(np.uint16) + 1, dtype=np.uint16).view(np.float16)
    middles = (steps[1:].astype(np.float32) + steps[:-1]) / 2
    around = middles.view(np.uint32)[:, None] + np.arange(-2, 3)
    for bits in (every, around.astype(np.uint32), steps.astype(np.float32).view(np.uint32)):
        shares = bits.view(np.float32)
        assert (halves(shares).view(np.uint16) == shares.astype(np.float16).view(np.uint16)).all()


def test_malformed_ink_fails_before_the_network(engine: Engine) -> None:
    with pytest.raises(ValueError, match="packed ink"):
        engine.pictures([b"", b"\x05\x00\x01"])


def test_it_names_plain_shapes(engine: Engine) -> None:
    """Four of five code-made shapes are among the first three guesses."""
    rng = np.random.default_rng(2)
    names = ["circle", "square", "triangle", "zigzag", "line"]
    answers = engine.predict([packed(shape(name, rng)) for name in names])
    best = np.argsort(-answers.astype(float), axis=1)[:, :3]
    hits = [name in {engine.labels[i] for i in row} for name, row in zip(names, best, strict=True)]
    assert sum(hits) >= 4


def test_the_checkpoint_says_what_it_is(engine: Engine) -> None:
    weights = (WEIGHTS / "model.safetensors").read_bytes()
    assert engine.model_hash == hashlib.sha256(weights).hexdigest()[:16]
    assert len(weights) <= 5_000_000
    assert engine.raster_version == RASTER_VERSION
    assert engine.labels == CATEGORIES
    engine.warm_up()


def test_every_category_has_its_difficulty() -> None:
    rows = json.loads((WEIGHTS / "difficulty.json").read_text("utf-8"))
    config = json.loads((WEIGHTS / "config.json").read_text("utf-8"))
    assert set(rows) == set(config["id2label"].values())
    assert {row["level"] for row in rows.values()} == {"easy", "medium", "hard"}
    assert all(0 <= row["accuracy"] <= 100 for row in rows.values())
    assert all(0 < row["ink_to_match"] <= 1 for row in rows.values())


def test_a_network_of_another_raster_version_is_refused(tmp_path: Path) -> None:
    network = build("tutorial", ["ant", "bee"])
    network.config.raster_version = RASTER_VERSION + 1
    network.save_pretrained(tmp_path)
    with pytest.raises(ValueError, match="raster version"):
        Engine.load(tmp_path)


def test_a_folder_without_a_checkpoint_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"model\.safetensors"):
        Engine.load(tmp_path)


def test_without_pytorch_a_gpu_is_left_alone_and_a_cpu_judges(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("ml.engine._DRIVERS", (tmp_path,))
    monkeypatch.setattr("ml.engine.find_spec", lambda _name: None)
    assert Engine.load(device="auto", threads=1, precision="auto").device == "cpu"
    assert "make torch" in caplog.text


def test_what_takes_pytorch_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ml.engine.find_spec", lambda _name: None)
    with pytest.raises(ValueError, match=r"cuda in .* make torch"):
        Engine.load(device="cuda")
    with pytest.raises(ValueError, match=r"cpu in bf16 .* make torch"):
        Engine.load(device="cpu", precision="bf16")


@pytest.mark.parametrize(
    ("device", "told"),
    [
        ("tpu", "choose from auto, cpu, cuda, cuda:N and mps"),
        ("cuda:one", "there is no device 'cuda:one'"),
        ("cuda", "finds no cuda here, none of that kind; auto takes what is"),
        ("mps", "finds no mps here, none of that kind"),
    ],
)
def test_a_device_that_is_not_there_is_said_so(
    monkeypatch: pytest.MonkeyPatch, device: str, told: str
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr("torch.backends.mps.is_available", lambda: False)
    with pytest.raises(ValueError, match=re.escape(told)):
        Engine.load(device=device)


def test_the_third_of_two_gpus_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: True)
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(ValueError, match="finds no cuda:2 here, only 2 of that kind"):
        Engine.load(device="cuda:2")
