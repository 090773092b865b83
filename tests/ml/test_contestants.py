"""Networks from different places, made comparable."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import torch

from ml import contestants
from ml.contestants import Reordered, load
from ml.data import DataError
from ml.engine import WEIGHTS
from ml.model import build
from ml.raster import Picture, rasterise_batch
from ml.size import multiply_adds, parameters
from ml.speed import one_thread, speed
from tests.ml.doodlenet import write_doodlenet
from tests.ml.shapes import SHAPES, shape

pytestmark = pytest.mark.usefixtures("own_threads")


@pytest.fixture
def peer(tmp_path: Path) -> contestants.Contestant:
    return load(str(write_doodlenet(tmp_path / "peer.npz", [*list(SHAPES)[::-1], "unicorn"])))


def test_size_is_of_the_network_as_it_was_trained(tmp_path: Path) -> None:
    """Not of what the engine folds together to be faster."""
    network = build("inkling", tuple(SHAPES))
    network.save_pretrained(tmp_path / "mine")
    found = load(str(tmp_path / "mine"), "cpu", 1)
    content = (tmp_path / "mine" / "model.safetensors").read_bytes()
    assert found.name == "mine"
    assert found.parameters == network.num_parameters()
    assert found.multiply_adds == network.multiply_adds()
    assert found.file_bytes == len(content)
    assert found.weights == hashlib.sha256(content).hexdigest()[:16]


def test_the_games_own_network_is_called_inkling() -> None:
    assert load(str(WEIGHTS), "cpu", 1).name == "inkling"


def test_multiply_adds_of_known_layers() -> None:
    """3x3 over 4 channels to 8 at 10x10 places, then 8 to 5."""

    class Small(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(4, 8, 3, padding=1)
            self.dense = torch.nn.Linear(8, 5)

        def forward(self, picture: torch.Tensor) -> torch.Tensor:
            answer: torch.Tensor = self.dense(self.convolution(picture).mean(dim=(2, 3)))
            return answer

    network = Small().train()
    assert multiply_adds(network, torch.zeros(1, 4, 10, 10)) == 3 * 3 * 4 * 8 * 100 + 40
    assert parameters(network) == 3 * 3 * 4 * 8 + 8 + 45
    assert network.training


def test_a_network_answers_in_the_order_of_another(peer: contestants.Contestant) -> None:
    """Same shares under the same names; what it does not know gets none."""
    names = ("dragon", *SHAPES)
    ordered = Reordered(peer.guesser, names)
    assert ordered.labels == (*names, "unicorn")
    rng = np.random.default_rng(0)
    pictures = rasterise_batch([shape(name, rng) for name in SHAPES], side=28, channels=1)
    own, other = peer.guesser.logits(pictures), ordered.logits(pictures)
    for column, name in enumerate(ordered.labels):
        if name == "dragon":
            assert np.isneginf(other[:, column]).all()
        else:
            assert (other[:, column] == own[:, peer.guesser.labels.index(name)]).all()


def test_the_first_network_keeps_its_own_order(peer: contestants.Contestant) -> None:
    shipped = load("ours=ml/weights", "cpu", 1)
    first, second = contestants.in_one_order([shipped, peer])
    assert first is shipped.guesser
    assert second.labels[: len(first.labels)] == first.labels
    assert shipped.name == "ours"


def test_a_path_with_an_equals_sign_is_a_path(tmp_path: Path) -> None:
    path = write_doodlenet(tmp_path / "a=b.npz", list(SHAPES))
    assert load(str(path)).name == "a=b"


def test_what_is_no_network_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="is no checkpoint"):
        load(str(tmp_path))
    np.savez(tmp_path / "x.npz", a=np.zeros(3))
    with pytest.raises(DataError, match="not a teacher"):
        load(str(tmp_path / "x.npz"))


def test_speed_is_of_one_thread_and_leaves_the_threads_alone() -> None:
    torch.set_num_threads(2)
    asked: list[int] = []

    class Watched:
        labels, side, channels, temperature = ("a", "b", "c"), 28, 1, 1.0

        def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
            asked.append(len(pictures))
            return np.zeros((len(pictures), 3), np.float32)

    with one_thread():
        assert torch.get_num_threads() == 1
        measured = speed(Watched(), np.zeros((3, 1, 28, 28), np.uint8))
    assert set(asked) == {64, 1}
    assert torch.get_num_threads() == 2
    assert measured.images_s > 0
    assert measured.latency_ms >= 0
