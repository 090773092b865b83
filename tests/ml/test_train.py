"""`python -m ml.train`, on code-made drawings."""

from __future__ import annotations

import json
import os
import pickle
import re
import shlex
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from ml import evaluate, fitting, train
from ml.card import RunFacts
from ml.device import Device
from ml.engine import Engine
from ml.finish import finish, some_of
from ml.model import build
from ml.options import command, parsed
from ml.pace import Pace
from ml.pictures import training_bitmaps
from ml.quickdraw import training_drawings
from ml.raster import rasterise
from ml.reading import read_drawings
from ml.resuming import RunCallback
from ml.samples import Changes, PrefixMix, Shuffle, TrainingSamples
from ml.transfer import Patience
from tests.ml import official
from tests.ml.misbehaving import misbehaving_server
from tests.ml.shapes import SHAPES, record, shape

pytestmark = pytest.mark.usefixtures("own_threads", "own_cache")


@pytest.fixture
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's cache folder, which is packed into where nobody says otherwise."""
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def arguments(data: Path, output: Path, *more: str) -> list[str]:
    common = ["--data", str(data), "--output", str(output), "--threads", "1", "--device", "cpu"]
    return [*common, *more]


def test_two_epochs_on_ten_categories_make_a_network_to_play_with(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It learns (chance is 10 %), loads in the engine, and brings its card and difficulty."""
    before = sorted(data_folder.rglob("*"))
    assert train.main(arguments(data_folder, tmp_path, "--epochs", "2")) == 0
    assert "800 drawings of 10 categories" in capsys.readouterr().out
    assert sorted(data_folder.rglob("*")) == before
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


def test_without_a_folder_it_trains_on_what_it_downloads(
    tmp_path: Path,
    own_cache: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with misbehaving_server() as server:
        monkeypatch.setenv("INKLING_QUICKDRAW_URL", server.url)
        for seed, name in enumerate(("cat", "dog")):
            server.files[f"binary/{name}.bin"] = official.binary(official.drawings(50, seed))
        options = ["--categories", "cat,dog", "--per-category", "40", "--epochs", "1"]
        output = tmp_path / "run"
        assert train.main([*options, "--output", str(output), "--threads", "1"]) == 0
    assert "80 drawings of 2 categories" in capsys.readouterr().out
    assert Engine.load(output).labels == ("cat", "dog")
    assert list(own_cache.rglob("cat.bin"))
    assert list(own_cache.rglob("cache.json"))
    assert "python -m ml.train --categories cat,dog" in (output / "README.md").read_text("utf-8")


def test_offline_is_said_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket() as nobody:  # bound, so the port stays closed to everybody else as well
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("INKLING_QUICKDRAW_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setattr("ml.fetching.Patience", lambda: Patience(attempts=2, first_s=0.01))
        assert train.main(["--output", str(tmp_path / "run")]) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert said.startswith("ml.train: 127.0.0.1 cannot be reached")
    assert "is this machine online?" in said
    assert not (tmp_path / "run").exists()


def test_exported_games_are_learnt_from_and_malformed_lines_complained_about(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    games = tmp_path / "games"
    games.mkdir()
    (games / "today.ndjson").write_bytes(
        official.raw(official.drawings(3), "moon", 99_000) + b"nonsense\n"
    )
    options = ("--extra", str(games), "--categories", "moon,line", "--epochs", "0.1")
    assert train.main(arguments(data_folder, tmp_path / "run", *options)) == 0
    said = capsys.readouterr().out
    assert "163 drawings of 2 categories" in said
    assert "today.ndjson: 1 malformed drawings left out" in said
    card = (tmp_path / "run" / "README.md").read_text("utf-8")
    assert "ml.train --data DIR" in card
    assert str(data_folder) not in card


def test_a_run_can_begin_with_another_ones_weights(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    few = ("--categories", "moon,line", "--epochs", "0.1", "--workers", "0")
    first, second = tmp_path / "first", tmp_path / "second"
    assert train.main(arguments(data_folder, first, *few)) == 0
    still = ("--init", str(first), "--learning-rate", "0", "--whole", "1")
    assert train.main(arguments(data_folder, second, *few, *still)) == 0
    begun, ended = (load_file(folder / "model.safetensors") for folder in (first, second))
    assert torch.equal(begun["classifier.weight"], ended["classifier.weight"])
    card = (second / "README.md").read_text("utf-8")
    assert f"weights of the checkpoint first ({Engine.load(first).model_hash})" in card
    capsys.readouterr()

    for more, sentence in (
        (("--categories", "line,moon"), "the same ones in another order"),
        (("--categories", "moon,house"), r"1 only there \(such as line\), 1 only here"),
        (
            ("--arch", "tutorial", "--categories", "moon,line"),
            "--arch tutorial is inkling-tutorial",
        ),
    ):
        refused = arguments(data_folder, second, *more, "--init", str(first))
        assert train.main(refused) == 2
        assert re.search(sentence, capsys.readouterr().err)


def test_without_val_every_other_held_out_drawing_is_measured(tmp_path: Path) -> None:
    network = build("inkling", ["line", "moon"])
    rng = np.random.default_rng(0)
    files = {}
    for first, name in enumerate(("line", "moon")):
        files[name] = tmp_path / f"{name}.ndjson"
        lines = [record(shape(name, rng), name, first * 1000 + key) for key in range(200)]
        files[name].write_text("\n".join(lines), "utf-8")
    aside = read_drawings(files, ["line", "moon"])
    facts = RunFacts("command", 1, 2, 1, 1.0, taught=False)
    figures = finish(network, tmp_path / "enough", aside, {}, facts)
    assert figures is not None
    assert figures["n"] == 200
    fewer = aside.subset(np.arange(1, 400))
    assert finish(network, tmp_path / "fewer", fewer, {}, facts) is None
    assert some_of(np.ones(90_000, np.bool_))[[0, -1]].tolist() == [0, 89_999]
    assert len(some_of(np.ones(90_000, np.bool_))) == 20_000


@pytest.mark.parametrize("stopped_after", [5, 11])
def test_an_interrupted_run_goes_on_to_the_result_of_an_uninterrupted_one(
    stopped_after: int,
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
        if steps == stopped_after:
            signal.raise_signal(signal.SIGINT)
        ordinary(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(RunCallback, "on_step_end", press_ctrl_c)
        assert train.main(arguments(data_folder, tmp_path / "parts", *options)) == 0
    assert "--resume" in capsys.readouterr().out
    assert not (tmp_path / "parts" / "model.safetensors").exists()

    assert train.main(arguments(data_folder, tmp_path / "parts", *options, "--resume")) == 0
    whole, parts = (load_file(tmp_path / name / "model.safetensors") for name in ("whole", "parts"))
    assert all(torch.equal(whole[name], parts[name]) for name in whole)


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


def test_the_tutorial_network_trains_on_strokes(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--arch", "tutorial", "--categories", "line,circle", "--epochs", "1")
    assert train.main(arguments(data_folder, tmp_path, *options)) == 0
    assert re.search(r"acc1 \d+\.\d+  acc5 100\.00", capsys.readouterr().out)
    engine = Engine.load(tmp_path)
    assert (engine.labels, engine.side, engine.channels) == (("line", "circle"), 28, 1)


def test_the_tutorial_network_trains_on_bitmaps(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It tells an upper half from a lower one, on bitmaps that were kept from it."""
    folder, rng = tmp_path / "bitmaps", np.random.default_rng(0)
    folder.mkdir()
    for name, half in (("cat", slice(0, 14)), ("dog", slice(14, 28))):
        bitmaps = np.zeros((400, 28, 28), np.uint8)
        bitmaps[:, half] = rng.integers(0, 256, (400, 14, 28))
        np.save(folder / f"{name}.npy", bitmaps.reshape(400, 784))
    options = ("--arch", "tutorial", "--per-category", "300", "--epochs", "1")
    assert train.main(arguments(folder, tmp_path / "run", *options)) == 0
    said = capsys.readouterr().out
    assert "600 drawings of 2 categories" in said
    assert "acc1 100.00  acc5 100.00" in said
    assert "drawings as they are" in (tmp_path / "run" / "README.md").read_text("utf-8")
    assert train.main(arguments(folder, tmp_path, *options, "--extra", "games")) == 2
    assert "holds bitmaps" in capsys.readouterr().err


def test_bitmaps_go_to_other_processes_as_their_paths(tmp_path: Path) -> None:
    np.save(tmp_path / "cat.npy", np.arange(7840, dtype=np.uint8).reshape(10, 784))
    bitmaps = training_bitmaps(tmp_path, None, 8)
    sent = pickle.dumps(bitmaps)
    assert len(sent) < 1000
    places = np.array([7, 2])
    assert (pickle.loads(sent).pictures(places) == bitmaps.pictures(places)).all()  # noqa: S301
    assert len(bitmaps) == 8


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (["--data", "nowhere"], "is not a folder"),
        (["--data", "DATA", "--categories", "line,unicorn"], "no drawings of unicorn"),
        (["--data", "DATA", "--resume"], "nothing to resume"),
        (["--data", "DATA", "--teacher", "missing.npz"], "is not a teacher"),
        (["--data", "DATA", "--extra", "nowhere"], "holds no exported games"),
        (["--data", "DATA", "--init", "nowhere"], "holds no weights to begin with"),
        (["--data", "DATA", "--cache", "/dev/null/here"], "cannot pack drawings in"),
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


def test_tensorboard_is_asked_for_before_anything_long_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(train, "find_spec", lambda name: None if name == "tensorboard" else name)
    assert train.main(["--report-to", "tensorboard", "--output", str(tmp_path)]) == 2
    assert "pip install tensorboard" in capsys.readouterr().err
    options = parsed(["--report-to", "tensorboard", "--batch-size", "1"])
    arguments = fitting._arguments(options, Pace(1), Device("cpu", "float32"), 1)
    assert arguments.report_to == ["tensorboard"]


def test_every_ingredient_can_be_left_out(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A smaller picture and network, nothing cut or changed, the last weights, 160 pictures."""
    without = ("--side", "28", "--channels", "1", "--width", "0.5", "--augment", "none")
    without += ("--whole", "1", "--no-average", "--pictures", "160", "--batch-size", "16")
    options = ("--categories", "moon,line", "--workers", "0", *without)
    assert train.main(arguments(data_folder, tmp_path, *options)) == 0
    assert ", 160 pictures" in capsys.readouterr().out
    engine = Engine.load(tmp_path)
    assert (engine.side, engine.channels) == (28, 1)
    assert "drawings as they are" in (tmp_path / "README.md").read_text("utf-8")
    weights = load_file(tmp_path / "model.safetensors")
    assert weights["classifier.weight"].shape == (2, 96)
    last = load_file(tmp_path / "checkpoint-10" / "model.safetensors")
    assert all(torch.equal(weights[name], last[name]) for name in weights)


def test_each_network_has_its_own_defaults() -> None:
    inkling, tutorial = (parsed(["--arch", arch]) for arch in ("inkling", "tutorial"))
    assert inkling.sizes == {"side": 56, "channels": 2, "width": 1.0}
    assert (inkling.whole, inkling.augment, inkling.average) == (0.4, "all", True)
    assert tutorial.sizes == {}
    assert (tutorial.whole, tutorial.augment, tutorial.average) == (1.0, "none", False)
    assert parsed(["--arch", "tutorial", "--average"]).average
    assert parsed(["--width", "0.5"]).sizes["width"] == 0.5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--arch tutorial --side 28", "--side is for a new network"),
        ("--init DIR --width 2", "--init has its own"),
        ("--epochs 1 --pictures 9", "not allowed with"),
        ("--trust 1.5", "must be between 0 and 1"),
        ("--width 0", "must be a number above 0"),
        ("--pictures 0", "must be at least 1"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        parsed(words.split())
    assert left.value.code == 2
    assert sentence in capsys.readouterr().err


def test_the_command_can_be_typed_again(tmp_path: Path) -> None:
    words = ["--data", f"{tmp_path}/x y", "--resume", "--teacher", f"{tmp_path}/x y/t.npz"]
    options = parsed([*words, "--categories", "The Eiffel Tower,ant"])
    again = command(options)
    assert shlex.split(again)[3:] == [*words[:2], *words[3:], *options.words[-2:]]
    assert command(options, public=True) == (
        "python -m ml.train --data DIR --teacher DIR/t.npz --categories 'The Eiffel Tower,ant'"
    )
    assert parsed(["--arch", "tutorial"]).learning_rate == 0.003
    assert parsed([f"--data={tmp_path}"]).learning_rate == 0.002
    assert command(parsed([f"--data={tmp_path}"]), public=True).endswith(" --data=DIR")


def test_an_order_is_whole_new_each_epoch_and_the_same_again() -> None:
    def epoch(number: int, seed: int = 0) -> list[int]:
        order = Shuffle(100_000, seed)
        order.set_epoch(number)
        return list(order)

    assert sorted(epoch(0)) == list(range(100_000))
    assert epoch(3) == epoch(3)
    assert epoch(0) != epoch(1)
    assert epoch(0) != epoch(0, seed=1)


def test_only_chosen_drawings_are_shown(data_folder: Path, tmp_path: Path) -> None:
    drawings = training_drawings(data_folder, cache=tmp_path, quiet=True)
    chosen = np.array([5, 80, 300], np.uint32)
    some, every = (
        TrainingSamples(drawings, which, side=28, channels=1, seed=0, mix=PrefixMix())
        for which in (chosen, None)
    )
    assert (len(some), len(every)) == (3, 800)
    batch = some.__getitems__([2, 0])
    assert batch.drawings.tolist() == [300, 5]
    assert (batch.pictures == every.__getitems__([300, 5]).pictures).all()


def test_a_batch_is_a_function_of_the_seed_and_its_drawings(
    data_folder: Path, tmp_path: Path
) -> None:
    """So a resumed run sees what an uninterrupted one would have seen."""
    drawings = training_drawings(data_folder, cache=tmp_path, quiet=True)

    def batch(seed: int, indices: list[int]) -> bytes:
        samples = TrainingSamples(drawings, side=28, channels=1, seed=seed, mix=PrefixMix())
        return samples.__getitems__(indices).pictures.tobytes()

    assert batch(1, [5, 80, 300, 7, 9]) == batch(1, [5, 80, 300, 7, 9])
    assert batch(1, [5, 80, 300, 7, 9]) != batch(2, [5, 80, 300, 7, 9])


def test_unchanged_drawings_are_rasterised_as_they_are(data_folder: Path, tmp_path: Path) -> None:
    drawings = training_drawings(data_folder, cache=tmp_path, quiet=True)
    plain, unbent, bent = (
        TrainingSamples(
            drawings, side=28, channels=1, seed=0, mix=PrefixMix(whole=1.0), changes=changes
        )[5].pictures[0]
        for changes in get_args(Changes)[::-1]
    )
    assert (plain == rasterise(drawings.strokes_of(5), side=28, channels=1)).all()
    assert (unbent != plain).any()
    assert (bent != unbent).any()


def test_prefixes_are_mixed_as_asked() -> None:
    rng = np.random.default_rng(0)
    cuts = np.array([PrefixMix(whole=0.4, earliest=0.15).draw(rng) for _ in range(4000)])
    assert (cuts == 1).mean() == pytest.approx(0.4, abs=0.03)
    assert cuts.min() >= 0.15
    assert cuts.max() == 1.0


def test_finished_drawings_only_when_asked() -> None:
    assert {PrefixMix(whole=1.0).draw(np.random.default_rng(n)) for n in range(50)} == {1.0}
