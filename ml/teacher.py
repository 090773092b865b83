"""Soft labels from DoodleNet (ml5.js, MIT licence, Yining Shi).

It is a public network, trained on 50,000 bitmaps of each category. Its weights come as an `.npz`:
convolutions `c.N.weight|bias` in PyTorch's layout, dense layers `d1` and `d2`; beside it,
`<name>-labels.txt` lists its categories. It takes finished drawings as Google's 28x28 bitmaps,
0..1, ink 1.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from ml.cache import PackedDrawings, read_about
from ml.data import DataError
from ml.samples import Batch, PrefixMix, TrainingSamples

Shares = npt.NDArray[np.float16]

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


class _Views(Dataset[Batch]):
    """Several looks at each finished drawing, one look's pictures after the other's."""

    def __init__(self, drawings: PackedDrawings, views: int, seed: int) -> None:
        self.looks = [
            TrainingSamples(
                drawings, side=_SIDE, channels=1, seed=seed + view, mix=PrefixMix(whole=1.0)
            )
            for view in range(views)
        ]

    def __len__(self) -> int:
        return len(self.looks[0])

    def __getitem__(self, index: int) -> Batch:
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        batches = [look.__getitems__(indices) for look in self.looks]
        pictures = np.concatenate([batch.pictures for batch in batches])
        return Batch(pictures, batches[0].drawings, batches[0].whole)


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
        ink = functional.adaptive_avg_pool2d(pictures[:, :1], _SIDE)  # exact where 28 divides side
        logits = self.network(ink.contiguous(memory_format=torch.channels_last)).float()
        logits = logits[:, self._columns.to(device)]
        logits[:, ~self._known.to(device)] = -torch.inf
        shares: Tensor = logits.softmax(dim=1).nan_to_num(1 / logits.shape[1])
        return shares


def soft_labels(
    drawings: PackedDrawings,
    teacher: Teacher,
    shares: Shares,
    *,
    views: int = 4,
    seed: int = 0,
    workers: int = 1,
) -> None:
    """Fill `shares` (D, categories) with what the teacher says of each finished drawing.

    The mean over `views` random augmentations: steadier, and better, than one look.
    """
    loader = DataLoader(
        _Views(drawings, views, seed),
        _BATCH,
        num_workers=workers,
        collate_fn=_same,
        pin_memory=False,
    )
    with torch.inference_mode(), tqdm(total=len(drawings), desc="teacher") as bar:
        for batch in loader:
            looks = teacher.shares(torch.from_numpy(batch.pictures).float() / 255)
            mean = looks.view(views, len(batch.drawings), -1).mean(dim=0)
            shares[batch.drawings] = mean.half().numpy()
            bar.update(len(batch.drawings))


def kept_soft_labels(
    drawings: PackedDrawings, weights: Path, kept: Path, workers: int = 1
) -> Shares:
    """`soft_labels` in a mapped file (`.npy`), kept because they take minutes to make.

    Raises `DataError` when `weights` is no teacher or the file would not fit on its disk.
    """
    teacher = Teacher(weights, drawings.categories)
    about = kept.with_suffix(".json")
    wanted = {
        "teacher": hashlib.blake2b(weights.read_bytes(), digest_size=8).hexdigest(),
        "drawings": read_about(drawings.folder).get("identity"),
    }
    if not (kept.is_file() and _read(about) == wanted):
        shape = (len(drawings), len(drawings.categories))
        _check_room(kept.parent, shape)
        about.unlink(missing_ok=True)  # first: no moment may have old words beside new shares
        part = kept.with_name(f"{kept.name}.part")
        shares = np.lib.format.open_memmap(part, "w+", np.dtype(np.float16), shape)
        soft_labels(drawings, teacher, shares, workers=workers)
        shares.flush()
        part.replace(kept)
        about.write_text(json.dumps(wanted), "utf-8")
    mapped: Shares = np.load(kept, mmap_mode="r")
    return mapped


def _check_room(folder: Path, shape: tuple[int, int]) -> None:
    need, free = shape[0] * shape[1] * 2, shutil.disk_usage(folder).free
    if need > free:
        msg = (
            f"the teacher's labels of {shape[0]:,} drawings take {need / 1e9:,.1f} GB and {folder} "
            f"has room for {free / 1e9:,.1f}: limit the drawings with --per-category, or leave out "
            "--teacher."
        )
        raise DataError(msg)


def _read(about: Path) -> Any:
    try:
        return json.loads(about.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def _same(batch: Any) -> Any:
    return batch


def _columns(theirs: Sequence[str], ours: Sequence[str]) -> Tensor:
    place = {name: column for column, name in enumerate(theirs)}
    return torch.tensor([place.get(name, -1) for name in ours])
