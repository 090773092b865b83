"""`python -m ml.train`, on code-made drawings."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ml import evaluate, train
from ml.data import find_files, read_drawings
from ml.engine import Engine
from ml.samples import PrefixMix, TrainingSamples
from ml.training import RunCallback
from tests.ml.shapes import SHAPES

pytestmark = pytest.mark.usefixtures("own_threads")


def arguments(data: Path, output: Path, *more: str) -> list[str]:
    common = ["--data", str(data), "--output", str(output), "--threads", "1", "--device", "cpu"]
    return [*common, *more]


def test_two_epochs_on_ten_categories_make_a_network_to_play_with(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It learns (chance is 10 %), loads in the engine, and brings its card and difficulty."""
    assert train.main(arguments(data_folder, tmp_path, "--epochs", "2")) == 0
    assert "800 drawings of 10 categories" in capsys.readouterr().out
    assert evaluate.main(["--data", str(data_folder), "--model", str(tmp_path), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert figures["n"] == 100
    assert list(figures["ink"]) == ["0.10", "0.25", "0.50", "0.75", "1.00"]
    assert figures["ink"]["1.00"]["top1"] >= 50
    assert Engine.load(tmp_path).labels == tuple(SHAPES)
    card = (tmp_path / "README.md").read_text("utf-8")
    assert "CC BY 4.0" in card
    assert f"| 100% | {figures['ink']['1.00']['top1']:.1f} |" in card
    rows = json.loads((tmp_path / "difficulty.json").read_text("utf-8"))
    assert set(rows) == set(SHAPES)


def test_an_interrupted_run_goes_on_to_the_result_of_an_uninterrupted_one(
    data_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = ("--categories", "3", "--per-category", "40", "--epochs", "2", "--workers", "0")
    assert train.main(arguments(data_folder, tmp_path / "whole", *options)) == 0

    steps = 0
    ordinary = RunCallback.on_step_end

    def press_ctrl_c(self: RunCallback, *args: Any, **kwargs: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 5:
            signal.raise_signal(signal.SIGINT)
        ordinary(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RunCallback, "on_step_end", press_ctrl_c)
        assert train.main(arguments(data_folder, tmp_path / "parts", *options)) == 0
    assert "--resume" in capsys.readouterr().out
    assert not (tmp_path / "parts" / "model.safetensors").exists()

    assert train.main(arguments(data_folder, tmp_path / "parts", *options, "--resume")) == 0
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert all(torch.allclose(whole[name], parts[name], atol=1e-5) for name in whole)


def test_ctrl_c_in_a_terminal_saves_and_says_how_to_go_on(
    data_folder: Path, tmp_path: Path
) -> None:
    """The signal reaches the process that draws as well, which must not take the run down."""
    command = [sys.executable, "-m", "ml.train", *arguments(data_folder, tmp_path)]
    with subprocess.Popen(
        [*command, "--epochs", "500"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        shown = b""
        while not re.search(rb"training: .*[1-9]\d*/", shown):
            chunk = os.read(process.stderr.fileno(), 4096)
            assert chunk, shown
            shown += chunk
        os.killpg(process.pid, signal.SIGINT)
        output, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    assert b"--resume" in output
    assert b"Traceback" not in errors
    assert list(tmp_path.glob("checkpoint-*/average.safetensors"))


def test_the_tutorial_network_trains_too(data_folder: Path, tmp_path: Path) -> None:
    options = ("--arch", "tutorial", "--categories", "line,circle", "--epochs", "1")
    assert train.main(arguments(data_folder, tmp_path, *options)) == 0
    engine = Engine.load(tmp_path)
    assert (engine.labels, engine.side, engine.channels) == (("line", "circle"), 28, 1)


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        ([], "say --data DIR"),
        (["--data", "nowhere"], "is not a folder"),
        (["--data", "DATA", "--categories", "line,unicorn"], "no drawings of unicorn"),
        (["--data", "DATA", "--resume"], "nothing to resume"),
        (["--data", "DATA", "--teacher", "missing.npz"], "is not a teacher"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    more: list[str],
    sentence: str,
    data_folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = [str(data_folder) if word == "DATA" else word for word in more]
    assert train.main([*given, "--output", str(tmp_path)]) == 2
    assert sentence in capsys.readouterr().err


def test_a_batch_is_a_function_of_the_seed_and_its_drawings(data_folder: Path) -> None:
    """So a resumed run sees what an uninterrupted one would have seen."""
    drawings = read_drawings(find_files(data_folder, "train"), list(SHAPES))

    def batch(seed: int, indices: list[int]) -> bytes:
        samples = TrainingSamples(drawings, side=28, channels=1, seed=seed, mix=PrefixMix())
        return samples.__getitems__(indices).pictures.tobytes()

    assert batch(1, [5, 80, 300, 7, 9]) == batch(1, [5, 80, 300, 7, 9])
    assert batch(1, [5, 80, 300, 7, 9]) != batch(2, [5, 80, 300, 7, 9])


def test_prefixes_are_mixed_as_asked() -> None:
    rng = np.random.default_rng(0)
    cuts = np.array([PrefixMix(whole=0.4, earliest=0.15).draw(rng) for _ in range(4000)])
    assert (cuts == 1).mean() == pytest.approx(0.4, abs=0.03)
    assert cuts.min() >= 0.15
    assert cuts.max() == 1.0


def test_finished_drawings_only_when_asked() -> None:
    assert {PrefixMix(whole=1.0).draw(np.random.default_rng(n)) for n in range(50)} == {1.0}
