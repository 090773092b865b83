"""From packed ink to probabilities: the network as the worker uses it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from transformers import AutoModelForImageClassification
from transformers.utils import logging

from ml.model import ConvNorm, GuesserModel, labels_of, lay_out
from ml.raster import RASTER_VERSION, Picture, rasterise, strokes_from_ink

WEIGHTS = Path(__file__).parent / "weights"
"""The checkpoint that comes with the game."""

Probabilities = npt.NDArray[np.float16]


class Engine:
    """A network ready to answer: folded, in inference mode, on one device.

    `labels` are the categories in the order of the answer; `model_hash` is the first 16 hex
    digits of the sha256 of the weights file; `raster_version` is what the network was trained on.
    Not safe for use by several threads at once.
    """

    def __init__(self, network: GuesserModel, model_hash: str, device: torch.device) -> None:
        """Take over a trained network, which is changed (folded) in place."""
        config = network.config
        if config.raster_version != RASTER_VERSION:
            msg = (
                f"this network was trained on raster version {config.raster_version}, "
                f"the program draws version {RASTER_VERSION}"
            )
            raise ValueError(msg)
        self.labels: tuple[str, ...] = labels_of(config)
        self.model_hash = model_hash
        self.raster_version: int = config.raster_version
        self.device = device
        self.side: int = config.image_size
        self.channels: int = config.num_channels
        self.temperature: float = config.temperature
        self._network = network
        _make_ready(network, device)

    @classmethod
    def load(
        cls, path: str | Path = WEIGHTS, device: str = "auto", threads: int | None = None
    ) -> Engine:
        """Load a checkpoint folder; nothing is ever downloaded.

        `device` is auto (CUDA where there is one), cpu, cuda ...; `threads` sets PyTorch's CPU
        threads for the whole process. Raises `OSError` when the folder holds no checkpoint and
        `ValueError` when it belongs to another raster version.
        """
        if threads is not None:
            torch.set_num_threads(threads)
            cv2.setNumThreads(threads)
        folder = Path(path)
        weights = folder / "model.safetensors"
        digest = hashlib.sha256(weights.read_bytes()).hexdigest()[:16]
        # A bar for 5 MB is noise in a server's log.
        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        network = AutoModelForImageClassification.from_pretrained(folder, local_files_only=True)
        if device == "auto":
            device = "cuda" if torch.cuda.is_available() else "cpu"
        return cls(network, digest, torch.device(device))

    def prepare(self, ink: bytes) -> Picture:
        """The picture of one packed ink: `(channels, side, side)`, uint8.

        Raises `ValueError` for malformed bytes, so that one bad ink can be dropped alone.
        """
        return rasterise(strokes_from_ink(ink), side=self.side, channels=self.channels)

    def forward(self, pictures: Sequence[Picture]) -> Probabilities:
        """Probabilities `(B, categories)` for prepared pictures; blank ones get an even spread."""
        if not pictures:
            return np.zeros((0, len(self.labels)), np.float16)
        stacked = np.stack(pictures)
        blank = ~stacked.any(axis=(1, 2, 3))
        with torch.inference_mode():
            logits = self._run(stacked) / self.temperature
            shares = logits.softmax(dim=1).cpu().numpy()
        shares[blank] = 1 / len(self.labels)
        answer: Probabilities = shares.astype(np.float16)
        return answer

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """What the network says before temperature and softmax: `(B, categories)`."""
        with torch.inference_mode():
            answer: npt.NDArray[np.float32] = self._run(pictures).cpu().numpy()
        return answer

    def _run(self, pictures: Picture) -> Tensor:
        pixels = torch.from_numpy(pictures).to(self.device).float().div_(255)
        logits: Tensor = self._network(
            pixel_values=pixels.contiguous(memory_format=torch.channels_last)
        ).logits
        return logits.float()

    def predict(self, inks: Sequence[bytes]) -> Probabilities:
        """Probabilities `(len(inks), categories)`; `ValueError` if any ink is malformed."""
        return self.forward([self.prepare(ink) for ink in inks])

    def warm_up(self) -> None:
        """Pay the first calls' costs now: kernels chosen, memory taken."""
        dot = (1).to_bytes(2, "little") + bytes(6)
        for count in (1, 8, 32):
            self.predict([dot] * count)


def _make_ready(network: nn.Module, device: torch.device) -> None:
    network.eval()
    _fold(network)
    lay_out(network, device)


def _fold(module: nn.Module) -> None:
    """Merge each batch normalisation into the convolution before it."""
    for child in module.children():
        if isinstance(child, ConvNorm):
            convolution, norm = child[0], child[1]
            assert isinstance(convolution, nn.Conv2d)  # noqa: S101 (both tell the type checker)
            assert isinstance(norm, nn.BatchNorm2d)  # noqa: S101
            child[0] = fuse_conv_bn_eval(convolution, norm)
            child[1] = nn.Identity()
        else:
            _fold(child)
