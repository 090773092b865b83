"""Teachers: DoodleNet (ml5.js, MIT licence, Yining Shi), and checkpoints of our own.

DoodleNet is a public network, trained on 50,000 bitmaps of each category. Its weights come as an
`.npz`: convolutions `c.N.weight|bias` in PyTorch's layout, dense layers `d1` and `d2`; beside it,
`<name>-labels.txt` lists its categories. It takes finished drawings as Google's 28x28 bitmaps,
0..1, ink 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from ml.data import DataError
from ml.model import GuesserModel, labels_of, lay_out
from ml.start import loaded

SIDE = 28
"""Pixels of the side of what it sees; one channel, the ink."""


class DoodleNet(nn.Module):
    """Six 3x3 convolutions with ReLU, a pool after each pair, dense 576-512 (tanh) and 512-345."""

    def __init__(self, weights: Path) -> None:
        """Load the `.npz`; raises `DataError` when it is not DoodleNet's."""
        super().__init__()
        try:
            stored = {name: torch.from_numpy(array) for name, array in np.load(weights).items()}
            labels = weights.with_name(f"{weights.stem}-labels.txt").read_text("utf-8")
            self.convolutions = nn.ModuleList(
                _with(nn.Conv2d(*sizes, 3, padding=1), stored, f"c.{n}")
                for n, sizes in enumerate(_CHANNELS)
            )
            self.hidden = _with(nn.Linear(576, 512), stored, "d1")
            count = len(stored["d2.bias"])  # 345
            self.classifier = _with(nn.Linear(512, count), stored, "d2")
        except (OSError, ValueError, KeyError, RuntimeError) as problem:
            msg = f"{weights} is not a teacher this program knows: {problem}"
            raise DataError(msg) from None
        self.labels = tuple(labels.split("\n")[:count])
        self.requires_grad_(requires_grad=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 1, 28, 28)` in 0..1 to logits `(B, categories)` in its own order."""
        features = pictures
        for layer, convolution in enumerate(self.convolutions):
            features = functional.relu(convolution(features))
            if layer % 2:
                features = functional.max_pool2d(features, 2)
        # It was trained channels last, and flattened in that order.
        flat = features.permute(0, 2, 3, 1).flatten(1)
        logits: Tensor = self.classifier(torch.tanh(self.hidden(flat)))
        return logits


_CHANNELS = ((1, 16), (16, 16), (16, 32), (32, 32), (32, 64), (64, 64))


def _with(layer: nn.Module, stored: Mapping[str, Tensor], name: str) -> nn.Module:
    """The layer with the stored weights of that name."""
    layer.load_state_dict({kind: stored[f"{name}.{kind}"] for kind in ("weight", "bias")})
    return layer


class Teacher:
    """What one network, or several together, say of the categories a student learns, in its order.

    Several say the geometric mean of their shares, made to sum to one: Hinton 2002, "Training
    products of experts". Two networks that learnt in different ways err differently, and
    together are better than either.
    """

    def __init__(self, weights: Sequence[Path], categories: Sequence[str]) -> None:
        """Load each: DoodleNet's `.npz`, or a checkpoint's folder.

        Raises `DataError` when one is neither, or two want pictures of different sizes.
        """
        self._voices = [_Voice(network_of(path), categories) for path in weights]
        wants = {(voice.side, voice.channels) for voice in self._voices if not voice.takes_any}
        if len(wants) > 1:
            msg = "teachers that see pictures of different sizes cannot look together."
            raise DataError(msg)
        self._takes_any = not wants
        self.side, self.channels = wants.pop() if wants else (SIDE, 1)

    def check(self, side: int, channels: int) -> None:
        """Raise `DataError` unless they can look at a student's pictures of that size."""
        if not self._takes_any and (side, channels) != (self.side, self.channels):
            msg = (
                f"the teacher sees {self.channels} channel(s) of {self.side}x{self.side} pixels, "
                f"and the student {channels} of {side}x{side}."
            )
            raise DataError(msg)

    @torch.no_grad()
    def logarithms(self, pictures: Tensor) -> Tensor:
        """Logarithms of shares `(B, categories)`, up to a constant of each picture.

        `pictures` are `(B, C, side, side)` in 0..1, of which channel 0 is the ink. A category that
        somebody does not know gets minus infinity; if none is known, all get the same.
        """
        mean = torch.stack([voice.logarithms(pictures) for voice in self._voices]).mean(dim=0)
        none = ~torch.isfinite(mean).any(dim=1, keepdim=True)
        return mean.masked_fill(none, 0.0)

    def shares(self, pictures: Tensor) -> Tensor:
        """The shares `(B, categories)` themselves, each row summing to 1."""
        return self.logarithms(pictures).softmax(dim=1)


class _Voice:
    """One network, in the student's order of categories."""

    def __init__(self, network: DoodleNet | GuesserModel, categories: Sequence[str]) -> None:
        self.network = network.eval()
        self.takes_any = isinstance(network, DoodleNet)
        if isinstance(network, DoodleNet):
            labels, self._temperature = network.labels, 1.0
            self.side, self.channels = SIDE, 1
        else:
            labels, self._temperature = labels_of(network.config), network.config.temperature
            self.side, self.channels = network.config.image_size, network.config.num_channels
            lay_out(network)
        columns = _columns(labels, categories)
        self._known = columns >= 0
        self._columns = columns.clamp(min=0)

    def logarithms(self, pictures: Tensor) -> Tensor:
        """Logarithms of shares `(B, categories)`; minus infinity for what it does not know."""
        device = pictures.device
        self.network.to(device)
        logits = self._logits(pictures)[:, self._columns.to(device)] / self._temperature
        logits[:, ~self._known.to(device)] = -torch.inf
        said = logits.log_softmax(dim=1)  # nan where none of these categories is known
        return said.nan_to_num(-torch.inf, neginf=-torch.inf)

    def _logits(self, pictures: Tensor) -> Tensor:
        if isinstance(self.network, DoodleNet):
            # The mean of pixels is exact where 28 divides the side.
            ink = functional.adaptive_avg_pool2d(pictures[:, :1], SIDE)
            logits: Tensor = self.network(ink.contiguous(memory_format=torch.channels_last))
        else:
            logits = self.network(pixel_values=pictures).logits
        return logits.float()


def network_of(weights: Path) -> DoodleNet | GuesserModel:
    """A teacher's network. Raises `DataError` when there is none this program knows."""
    return loaded(weights) if weights.is_dir() else DoodleNet(weights)


def _columns(theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    place = {name: column for column, name in enumerate(theirs)}
    return torch.tensor([place.get(name, -1) for name in ours])
