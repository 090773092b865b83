"""From packed ink to probabilities: the network as the worker uses it."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np
import numpy.typing as npt

from ml import precision as bits
from ml import trial
from ml.checkpoint import WEIGHTS, Array, Checkpoint, read
from ml.enlarging import enlarge
from ml.frames import bitmap_in
from ml.graph import float_graph, integer_graph
from ml.raster import Picture, rasterise_inks

__all__ = ["WEIGHTS", "Engine", "Probabilities"]

log = logging.getLogger(__name__)

Probabilities = npt.NDArray[np.float16]

_DRIVERS = (Path("/dev/nvidiactl"), Path("/dev/dxg"))  # of NVIDIA's GPUs, on Linux and in WSL
_DEVICE = re.compile(r"cpu|mps|cuda(:\d{1,3})?", re.ASCII)
_GET_TORCH = "make torch, or pip install 'inkling[train]'"
_BATCHES = (1, 8, 32)  # to warm up with
_REBIASED = np.uint32((0xFFF - (112 << 23)) % (1 << 32))  # the exponent's zero moves from 127 to 15
_SMALLEST_NORMAL = np.float32(2**-14)
_NEXT_TO = np.float32(0.5)


class Runner(Protocol):
    """What computes: `OnnxRunner` or `TorchRunner`."""

    device: str

    def arrange(self, pictures: Picture) -> Picture:
        """`(B, channels, side, side)`, uint8, in the order in which they are computed."""

    def run(self, arranged: Picture) -> Array:
        """`(B, categories)` for arranged pictures."""

    def logits(self, pictures: Picture) -> Array:
        """Both together."""

    def warm_up(self) -> None:
        """Whatever is better done before the first batch."""


class Engine:
    """A network ready to answer, on one device.

    `labels` are the categories in the order of the answer; `raster_version` is what the network
    was trained on; `precision` is fp32, bf16 or int8. `model_hash` names what judges: the first
    16 hex digits of the sha256 of the weights file and, unless it computes in fp32, `+` and the
    precision, since that can turn a close verdict. `prepare`, `forward` and `answers` may run at
    the same time, each in one thread; the rest is for one thread alone.
    """

    def __init__(self, checkpoint: Checkpoint, runner: Runner, precision: str) -> None:
        self.labels = checkpoint.labels
        self.precision = precision
        self.model_hash = checkpoint.digest + ("" if precision == "fp32" else f"+{precision}")
        self.raster_version = checkpoint.raster_version
        self.device = runner.device
        self.side = checkpoint.side
        self.channels = checkpoint.channels
        self.temperature = checkpoint.temperature
        self._runner = runner

    @classmethod
    def load(
        cls,
        path: str | Path = WEIGHTS,
        device: str = "auto",
        threads: int | None = None,
        precision: str = "fp32",
    ) -> Engine:
        """Load a checkpoint folder; nothing is ever downloaded.

        `device` is auto (CUDA where there is one), cpu, cuda ...; `threads` bounds the CPU
        threads, PyTorch's for the whole process; `precision` is one of `ml.precision.CHOICES`,
        where auto is what play uses. Raises `OSError` when the folder holds no checkpoint and
        `ValueError` when it belongs to another raster version, cannot be fed by the rasteriser,
        or cannot be computed as asked.
        """
        checkpoint = read(path)
        onnx = bits.has_onnx()
        place = _place(device)
        chosen = bits.choose(
            precision,
            place,
            onnx=onnx,
            abilities=bits.abilities_of(place),
            writable=checkpoint.layers is not None,
        )
        if threads is not None:
            cv2.setNumThreads(1)  # pictures are too small to share
        if place == "cpu" and onnx and checkpoint.layers is not None and chosen != "bf16":
            return _by_onnx(checkpoint, threads or 0, chosen, sure=precision != "auto")
        return _by_torch(checkpoint, place, threads, chosen)

    def pictures(self, inks: Sequence[bytes]) -> Picture:
        """The pictures of packed inks or bitmaps: `(len(inks), channels, side, side)`, uint8.

        Raises `ValueError` when any ink is malformed.
        """
        shape = {"side": self.side, "channels": self.channels}
        bitmaps = {at: bitmap for at, ink in enumerate(inks) if (bitmap := bitmap_in(ink))}
        drawn = [b"" if at in bitmaps else ink for at, ink in enumerate(inks)] if bitmaps else inks
        pictures = rasterise_inks(drawn, **shape)
        for at, bitmap in bitmaps.items():
            pictures[at] = enlarge(bitmap, **shape)
        return pictures

    def prepare(self, inks: Sequence[bytes]) -> Picture:
        """`pictures`, arranged for `forward`: an array with a row for each ink."""
        return self._runner.arrange(self.pictures(inks))

    def forward(self, inputs: Picture) -> Array:
        """Logits `(B, categories)` of prepared inputs: the network and nothing else.

        NumPy lets go of Python's lock in each of its calls and may wait milliseconds to have it
        back while others draw and talk. Whatever is not the network's is done before and after.
        """
        return self._runner.run(inputs)

    def answers(self, inputs: Picture, outputs: Array) -> Probabilities:
        """Probabilities `(B, categories)` from logits; blank pictures get an even spread."""
        shares = softmax(outputs / np.float32(self.temperature))
        blank = ~inputs.reshape(len(inputs), -1).any(axis=1)
        shares[blank] = 1 / len(self.labels)
        return halves(shares)

    def logits(self, pictures: Picture) -> npt.NDArray[np.float32]:
        """What the network says of pictures before temperature and softmax: `(B, categories)`."""
        return self._runner.logits(pictures)

    def judge(self, pictures: Picture) -> Probabilities:
        """Probabilities `(B, categories)` for pictures `(B, channels, side, side)`."""
        if not len(pictures):
            return np.zeros((0, len(self.labels)), np.float16)
        arranged = self._runner.arrange(pictures)
        return self.answers(arranged, self.forward(arranged))

    def predict(self, inks: Sequence[bytes]) -> Probabilities:
        """Probabilities `(len(inks), categories)`; `ValueError` if any ink is malformed."""
        return self.judge(self.pictures(inks))

    def warm_up(self) -> None:
        """Pay the first calls' costs now: kernels chosen, memory taken."""
        self._runner.warm_up()
        dot = (1).to_bytes(2, "little") + bytes(6)
        for count in _BATCHES:
            self.predict([dot] * count)


def softmax(logits: Array) -> Array:
    """Shares `(B, N)` that sum to 1 in each row."""
    grown: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    grown /= grown.sum(axis=1, keepdims=True)
    return grown


def halves(shares: Array) -> Probabilities:
    """float32 numbers from 0 to 1 as float16, rounded as `astype` does, to the bit.

    `astype` reports every number that is too small to be exact, which takes it longer than a tenth
    of the network's own time. Here a normal half drops 13 bits, halves rounding to even; of a
    smaller one an addition does the rounding, next to a number whose last bit weighs 2^-24.
    """
    bits = shares.view(np.uint32)
    normal = (bits + (bits >> 13 & 1) + _REBIASED) >> 13
    smaller = (shares + _NEXT_TO).view(np.uint32) - _NEXT_TO.view(np.uint32)
    answer: Probabilities = np.where(shares < _SMALLEST_NORMAL, smaller, normal)
    return answer.astype(np.uint16).view(np.float16)


def _place(device: str) -> str:
    """Where to compute; raises `ValueError` when that is not there."""
    if device != "auto":
        if not _DEVICE.fullmatch(device):
            msg = f"there is no device {device!r}; choose from auto, cpu, cuda, cuda:N and mps"
            raise ValueError(msg)
        if device != "cpu" and find_spec("torch") is not None:
            _be_sure_of(device)
        return device
    # Where there is no GPU's driver, there is no need to import torch to be told so.
    if not any(driver.exists() for driver in _DRIVERS):
        return "cpu"
    if find_spec("torch") is None:
        log.warning("There is a GPU, and no PyTorch to use it: %s. Judging on the CPU.", _GET_TORCH)
        return "cpu"
    import torch  # noqa: PLC0415 - takes a second

    return "cuda" if torch.cuda.is_available() else "cpu"


def _be_sure_of(device: str) -> None:
    import torch  # noqa: PLC0415 - takes a second

    if device == "mps":
        there = int(torch.backends.mps.is_available())
    else:
        there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if there <= int(device.partition(":")[2] or 0):
        found = f"only {there} of that kind" if there else "none of that kind"
        msg = f"PyTorch {torch.__version__} finds no {device} here, {found}; auto takes what is"
        raise ValueError(msg)


def _by_onnx(checkpoint: Checkpoint, threads: int, precision: str, *, sure: bool) -> Engine:
    from ml.onnx_runner import OnnxRunner  # noqa: PLC0415 - may not be installed

    exact = OnnxRunner(float_graph(checkpoint), threads)
    if precision == "fp32":
        return Engine(checkpoint, exact, "fp32")
    quick = OnnxRunner(integer_graph(checkpoint), threads)
    if not sure:
        pictures = trial.scribbles(checkpoint.side, checkpoint.channels)
        moved = trial.shift(softmax(exact.logits(pictures)), softmax(quick.logits(pictures)))
        if moved > trial.LARGEST_SHIFT:
            log.warning("int8 would move %.0f %% of the guesses; using fp32", 100 * moved)
            return Engine(checkpoint, exact, "fp32")
    return Engine(checkpoint, quick, "int8")


def _by_torch(checkpoint: Checkpoint, device: str, threads: int | None, precision: str) -> Engine:
    if find_spec("torch") is None:
        msg = f"{device} in {precision} takes PyTorch, which is not installed: {_GET_TORCH}"
        raise ValueError(msg)
    import torch  # noqa: PLC0415 - takes a second

    from ml.torch_runner import TorchRunner  # noqa: PLC0415

    if threads is not None:
        torch.set_num_threads(threads)
    return Engine(checkpoint, TorchRunner(checkpoint, device, precision), precision)
