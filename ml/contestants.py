"""Networks to compare: checkpoint folders, and DoodleNet's weights as they are published."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from transformers import AutoModelForImageClassification
from transformers.utils import logging

import ml.model  # noqa: F401 (registers the architectures)
from ml import size
from ml.data import DataError
from ml.engine import WEIGHTS, Engine
from ml.raster import Picture
from ml.report import Guesser
from ml.teacher import DoodleNet


class Peer:
    """DoodleNet as a guesser: one channel of 28x28."""

    side = 28
    channels = 1
    temperature = 1.0

    def __init__(self, weights: Path) -> None:
        """Load the `.npz`; raises `DataError` when it is not DoodleNet's."""
        self.network = DoodleNet(weights)
        self.labels = self.network.labels

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """Outputs `(B, 345)` in its own order of categories."""
        with torch.inference_mode():
            pixels = torch.from_numpy(pictures).float() / 255
            answer: npt.NDArray[np.float32] = self.network(pixels).numpy()
        return answer


class Reordered:
    """A guesser whose outputs stand in another's order of categories.

    Categories that only the other knows get no share; those that only this one knows come last.
    """

    def __init__(self, guesser: Guesser, labels: Sequence[str]) -> None:
        """`labels` come first in the outputs, in this order."""
        known = {name: place for place, name in enumerate(guesser.labels)}
        own = [name for name in guesser.labels if name not in set(labels)]
        self.labels = (*labels, *own)
        self.side, self.channels = guesser.side, guesser.channels
        self.temperature = guesser.temperature
        self._guesser = guesser
        self._columns = np.array([known.get(name, 0) for name in self.labels], np.int64)
        self._unknown = np.array([name not in known for name in self.labels], np.bool_)

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """Outputs `(B, categories)` in the order of `labels`."""
        answer: npt.NDArray[np.float32] = self._guesser.logits(pictures)[:, self._columns]
        answer[:, self._unknown] = -np.inf
        return answer


@dataclass(frozen=True)
class Contestant:
    """A network to measure.

    `weights` begins the sha256 of its file, 16 digits; `file_bytes` is how large that
    is; `parameters` and `multiply_adds` are of the network as it was trained.
    """

    name: str
    guesser: Guesser
    weights: str
    file_bytes: int
    parameters: int
    multiply_adds: int


def load(wish: str, device: str = "auto", threads: int | None = None) -> Contestant:
    """Load `PATH` or `NAME=PATH`: a checkpoint folder, or the `.npz` of DoodleNet.

    Without a name, it is the last part of the path. Raises `OSError` where there is no network,
    `DataError` where it is one this program does not know.
    """
    name, path = _named(wish)
    if path.suffix == ".npz":
        peer = Peer(path)
        return _contestant(name, peer, path, peer.network)
    file = path / "model.safetensors"
    if not file.is_file():
        msg = f"{path} is no checkpoint: name a folder with model.safetensors, or doodlenet.npz."
        raise DataError(msg)
    engine = Engine.load(path, device, threads)
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # a bar for 5 MB is noise
    # Once more: the engine folds layers together, and then fewer numbers are left.
    network = AutoModelForImageClassification.from_pretrained(path, local_files_only=True)
    return _contestant(name, engine, file, network)


def in_one_order(contestants: Sequence[Contestant]) -> list[Guesser]:
    """Their guessers, all with outputs in the order of the first one's categories."""
    labels = contestants[0].guesser.labels
    return [
        each.guesser if each.guesser.labels == labels else Reordered(each.guesser, labels)
        for each in contestants
    ]


def _contestant(name: str, guesser: Guesser, file: Path, network: torch.nn.Module) -> Contestant:
    content = file.read_bytes()
    picture = torch.zeros(1, guesser.channels, guesser.side, guesser.side)
    return Contestant(
        name,
        guesser,
        hashlib.sha256(content).hexdigest()[:16],
        len(content),
        size.parameters(network),
        size.multiply_adds(network, picture),
    )


def _named(wish: str) -> tuple[str, Path]:
    name, equals, rest = wish.partition("=")
    if equals and not Path(wish).exists():
        return name, Path(rest)
    path = Path(wish)
    return ("inkling" if path.resolve() == WEIGHTS.resolve() else path.resolve().stem), path
