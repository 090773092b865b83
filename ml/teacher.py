"""The teacher: DoodleNet (ml5.js, MIT licence, Yining Shi).

It is a public network, trained on 50,000 bitmaps of each category. Its weights come as an `.npz`:
convolutions `c.N.weight|bias` in PyTorch's layout, dense layers `d1` and `d2`; beside it,
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
    """DoodleNet's shares of the categories a student learns, in the student's order.

    Categories it does not know get nothing; if it knows none, all get the same.
    """

    def __init__(self, weights: Path, categories: Sequence[str]) -> None:
        """Load the `.npz`; raises `DataError` when it is not DoodleNet's."""
        self.network = DoodleNet(weights)
        columns = _columns(self.network.labels, categories)
        self._known = columns >= 0
        self._columns = columns.clamp(min=0)

    @torch.no_grad()
    def shares(self, pictures: Tensor) -> Tensor:
        """`(B, C, side, side)` in 0..1, of which channel 0 is the ink, to `(B, categories)`."""
        device = pictures.device
        self.network.to(device)
        ink = functional.adaptive_avg_pool2d(pictures[:, :1], SIDE)  # exact where 28 divides side
        logits = self.network(ink.contiguous(memory_format=torch.channels_last)).float()
        logits = logits[:, self._columns.to(device)]
        logits[:, ~self._known.to(device)] = -torch.inf
        shares: Tensor = logits.softmax(dim=1).nan_to_num(1 / logits.shape[1])
        return shares


def _columns(theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    place = {name: column for column, name in enumerate(theirs)}
    return torch.tensor([place.get(name, -1) for name in ours])
