"""Soft labels from DoodleNet (ml5.js, MIT licence, Yining Shi).

It is a public network, trained on 50,000 bitmaps of each category. Its weights come as an `.npz`:
convolutions `c.N.weight|bias` in PyTorch's layout, dense layers `d1` and `d2`; beside it,
`<name>-labels.txt` lists its categories. It takes finished drawings as Google's 28x28 bitmaps,
0..1, ink 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader
from tqdm import tqdm

from ml.data import DataError, Drawings
from ml.samples import PrefixMix, TrainingSamples

_SIDE = 28
_BATCH = 512


class DoodleNet(nn.Module):
    """Six 3x3 convolutions with ReLU, a pool after each pair, dense 576-512 (tanh) and 512-345."""

    def __init__(self, weights: Path) -> None:
        """Load the `.npz`; raises `DataError` when it is not DoodleNet's."""
        super().__init__()
        try:
            stored = {name: torch.from_numpy(array) for name, array in np.load(weights).items()}
            labels = weights.with_name(f"{weights.stem}-labels.txt").read_text("utf-8")
            self._weights = [(stored[f"{n}.weight"], stored[f"{n}.bias"]) for n in _LAYERS]
        except (OSError, ValueError, KeyError) as problem:
            msg = f"{weights} is not a teacher this program knows: {problem}"
            raise DataError(msg) from None
        self.labels = tuple(labels.split("\n")[: len(self._weights[-1][1])])

    def forward(self, pictures: Tensor) -> Tensor:
        """`(B, 1, 28, 28)` in 0..1 to logits `(B, categories)` in its own order."""
        features = pictures
        for layer, (weight, bias) in enumerate(self._weights[:6]):
            features = functional.relu(functional.conv2d(features, weight, bias, padding=1))
            if layer % 2:
                features = functional.max_pool2d(features, 2)
        # It was trained channels last, and flattened in that order.
        flat = features.permute(0, 2, 3, 1).flatten(1)
        hidden = torch.tanh(functional.linear(flat, *self._weights[6]))
        return functional.linear(hidden, *self._weights[7])


_LAYERS = (*(f"c.{n}" for n in range(6)), "d1", "d2")


def soft_labels(
    drawings: Drawings, weights: Path, *, views: int = 4, seed: int = 0, workers: int = 1
) -> Tensor:
    """What the teacher says of each finished drawing: `(D, categories)` float16 shares.

    The mean over `views` random augmentations: steadier, and better, than one look. Categories
    the teacher does not know get nothing; a drawing of such a category gets an even spread.
    """
    teacher = DoodleNet(weights)
    columns = _columns(teacher.labels, drawings.categories)
    known = columns >= 0
    total = torch.zeros(len(drawings), len(drawings.categories))
    with torch.inference_mode(), tqdm(total=views * len(drawings), desc="teacher") as bar:
        for view in range(views):
            samples = TrainingSamples(
                drawings, side=_SIDE, channels=1, seed=seed + view, mix=PrefixMix(whole=1.0)
            )
            loader = DataLoader(
                samples, _BATCH, num_workers=workers, collate_fn=_same, pin_memory=False
            )
            for batch in loader:
                pictures = torch.from_numpy(batch.pictures).float() / 255
                logits = teacher(pictures)[:, columns.clamp(min=0)]
                logits[:, ~known] = -torch.inf
                total[torch.from_numpy(batch.drawings)] += logits.softmax(dim=1)
                bar.update(len(pictures))
    return (total / views).nan_to_num(1 / len(columns)).half()


def _same(batch: Any) -> Any:
    return batch


def kept_soft_labels(drawings: Drawings, weights: Path, kept: Path, workers: int) -> Tensor:
    """`soft_labels`, kept in a file because they take minutes to make."""
    if kept.is_file():
        shares = load_file(kept)["shares"]
        if shares.shape == (len(drawings), len(drawings.categories)):
            return shares
    shares = soft_labels(drawings, weights, workers=workers)
    save_file({"shares": shares}, kept)
    return shares


def _columns(theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    place = {name: column for column, name in enumerate(theirs)}
    return torch.tensor([place.get(name, -1) for name in ours])
