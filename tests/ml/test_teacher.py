"""A teacher of DoodleNet's shape, and its soft labels."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ml import evaluate
from ml.data import DataError
from ml.quickdraw import training_drawings
from ml.raster import rasterise
from ml.soft_labels import kept_soft_labels
from ml.teacher import DoodleNet, Teacher
from ml.training import Targets
from tests.ml.doodlenet import write_doodlenet
from tests.ml.shapes import SHAPES, shape


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """Random weights that know eight of the ten code-made categories, in another order."""
    return write_doodlenet(tmp_path / "teacher.npz", list(SHAPES)[::-1][:8])


def test_shares_sum_to_one_and_unknown_categories_get_none(
    weights: Path, data_folder: Path, tmp_path: Path
) -> None:
    drawings = training_drawings(data_folder, None, 5, cache=tmp_path / "c", quiet=True)
    shares = kept_soft_labels(drawings, weights, tmp_path / "kept.npy", workers=0)
    assert (shares.shape, shares.dtype) == ((50, 10), np.float16)
    assert np.allclose(shares.sum(axis=1, dtype=np.float32), 1, atol=0.01)
    assert not shares[:, :2].any()


def test_labels_are_kept_for_the_same_drawings_and_teacher_only(
    weights: Path, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before, their number was all that had to agree."""
    some, others = (
        training_drawings(data_folder, names, 5, cache=tmp_path / "c", quiet=True)
        for names in ("moon,line", "line,moon")
    )
    kept = tmp_path / "kept.npy"
    first = np.array(kept_soft_labels(some, weights, kept, workers=0))
    with monkeypatch.context() as patch:
        patch.setattr("ml.soft_labels.soft_labels", None)
        assert (kept_soft_labels(some, weights, kept, workers=0) == first).all()
    assert (np.array(kept_soft_labels(others, weights, kept, workers=0)) != first).any()


def test_a_stopped_pass_goes_on_to_the_labels_of_an_unstopped_one(
    weights: Path, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings = training_drawings(data_folder, None, 5, cache=tmp_path / "c", quiet=True)
    monkeypatch.setattr("ml.soft_labels._BATCH", 8)
    whole = np.array(kept_soft_labels(drawings, weights, tmp_path / "whole.npy", workers=0))

    judged: list[int] = []
    ordinary = Teacher.shares

    def stopped_by_ctrl_c(self: Teacher, pictures: torch.Tensor) -> torch.Tensor:
        judged.append(len(pictures))
        if len(judged) == 4:
            raise KeyboardInterrupt
        return ordinary(self, pictures)

    monkeypatch.setattr(Teacher, "shares", stopped_by_ctrl_c)
    kept = tmp_path / "parts.npy"
    with pytest.raises(KeyboardInterrupt):
        kept_soft_labels(drawings, weights, kept, workers=0)
    assert not kept.exists()
    parts = np.array(kept_soft_labels(drawings, weights, kept, workers=0))
    assert (parts == whole).all()
    assert len(judged) == 4 + (50 - 3 * 8 + 7) // 8
    assert sorted(path.name for path in tmp_path.glob("parts*")) == ["parts.json", "parts.npy"]


def test_labels_that_would_not_fit_the_disk_are_refused_before_any_is_made(
    weights: Path, data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawings = training_drawings(data_folder, "moon", 5, cache=tmp_path / "c", quiet=True)
    monkeypatch.setattr("ml.soft_labels.shutil.disk_usage", lambda _: SimpleNamespace(free=9))
    with pytest.raises(DataError, match=r"labels of 5 drawings .* --per-category"):
        kept_soft_labels(drawings, weights, tmp_path / "kept.npy")
    assert not list(tmp_path.glob("kept*"))


def test_features_are_flattened_channels_last(weights: Path) -> None:
    """As the network was trained: the first dense layer reads 64 channels of one place together."""
    network = DoodleNet(weights)
    with torch.no_grad():
        network.hidden.weight.zero_()
        network.hidden.weight[0, 3 * 64 + 7] = 1.0  # row 1, column 0 of the 3x3 places; channel 7
        network.classifier.weight.copy_(torch.eye(8, 512))
        network.classifier.bias.zero_()
    picture = torch.rand(1, 1, 28, 28)
    features = picture
    for layer, convolution in enumerate(network.convolutions):
        features = torch.relu(convolution(features))
        if layer % 2:
            features = torch.max_pool2d(features, 2)
    expected = torch.tanh(features[0, 7, 1, 0]).item()
    assert network(picture)[0, 0].item() == pytest.approx(expected, abs=1e-6)


def test_it_sees_googles_small_picture_in_the_students_larger_one(weights: Path) -> None:
    """The mean of four of the student's pixels: what rasterising at 28 x 28 gives, to a rounding.

    Only of the ink: the order of it means nothing to the teacher.
    """
    teacher = Teacher(weights, list(SHAPES))
    drawing = shape("house", np.random.default_rng(0))
    large, small = (
        torch.from_numpy(rasterise(drawing, side=side, channels=channels))[None].float() / 255
        for side, channels in ((56, 2), (28, 1))
    )
    of_large, of_small = teacher.shares(large), teacher.shares(small)
    assert of_large.shape == (1, len(SHAPES))
    assert torch.allclose(of_large, of_small, atol=0.01)


def test_whole_drawings_learn_what_the_teacher_says_of_the_picture_itself(
    weights: Path, data_folder: Path, tmp_path: Path
) -> None:
    """Unfinished ones learn what it said of the finished drawing; the label has its part in both.

    `trust` is 0.75 here.
    """
    drawings = training_drawings(data_folder, None, 5, cache=tmp_path / "c", quiet=True)
    kept = kept_soft_labels(drawings, weights, tmp_path / "kept.npy", workers=0)
    teacher = Teacher(weights, drawings.categories)
    targets = Targets(drawings.labels, 10, kept, 0.75, teacher=teacher)
    pictures = torch.rand(2, 2, 56, 56)
    whole, unfinished = targets.of(torch.tensor([3, 3]), torch.tensor([True, False]), pictures)
    label = torch.nn.functional.one_hot(torch.tensor(int(drawings.labels[3])), 10)
    assert torch.allclose(whole, 0.75 * teacher.shares(pictures[:1])[0] + 0.25 * label)
    before = torch.from_numpy(np.array(kept[3])).float()
    assert torch.allclose(unfinished, 0.75 * before + 0.25 * label)


def test_the_evaluator_measures_it_beside_our_own(
    weights: Path, data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["--model", str(weights), "--data", str(data_folder), "--json"]
    assert evaluate.main(command) == 0
    shown = capsys.readouterr()
    assert "circle, cross" in shown.err
    figures = json.loads(shown.out)
    assert figures["n"] == 80
    assert figures["ink"]["1.00"]["top5"] > 0


def test_another_file_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is not a teacher this program knows"):
        DoodleNet(tmp_path / "missing.npz")
