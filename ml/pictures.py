"""Quick, Draw!'s bitmaps as a training set: finished drawings, for the tutorial's network."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from torch.utils.data import Dataset

from ml import metrics
from ml.bitmaps import read_bitmaps
from ml.data import category_order
from ml.quickdraw import chosen_of
from ml.report import Guesser
from ml.samples import Batch, Places, be_a_quiet_worker
from ml.split import Keys, held_out

_SIDE = 28
_BATCH = 512


class Bitmaps:
    """The bitmaps of some files, one a category, mapped into memory.

    `labels` (N,) index `categories`. It has as much of `ml.cache.PackedDrawings` as training
    needs of pictures.
    """

    skipped = 0
    complaints: tuple[str, ...] = ()

    def __init__(self, files: Mapping[str, Path], per_category: int | None = None) -> None:
        """The first `per_category` of each file. Raises `DataError` when one is something else."""
        self._asked = (dict(files), per_category)
        self._rows = [read_bitmaps(path)[:per_category] for path in files.values()]
        sizes = [len(rows) for rows in self._rows]
        self._firsts = np.cumsum([0, *sizes])
        self.categories = tuple(files)
        self.labels: npt.NDArray[np.uint16] = np.repeat(
            np.arange(len(sizes), dtype=np.uint16), sizes
        )

    def __len__(self) -> int:
        """How many bitmaps."""
        return len(self.labels)

    def pictures(self, places: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
        """The bitmaps at these places, `(B, 1, 28, 28)`."""
        files = self.labels[places]
        rows = [self._rows[f][p - self._firsts[f]] for f, p in zip(files, places, strict=True)]
        return np.array(rows, np.uint8).reshape(-1, 1, _SIDE, _SIDE)

    def held_out(self, share: float) -> npt.NDArray[np.bool_]:
        """Which bitmaps to keep from training, about `share` of them.

        They have no ids: a hash of the picture decides, so equal pictures stay together.
        """
        return held_out(self._keys(), share)

    def _keys(self) -> Keys:
        keys = np.empty(len(self), np.uint64)
        for first, rows in zip(self._firsts, self._rows, strict=False):
            for place, row in enumerate(rows, first):
                digest = hashlib.blake2b(row.tobytes(), digest_size=8).digest()
                keys[place] = int.from_bytes(digest, "little")
        return keys

    def __reduce__(self) -> tuple[type[Bitmaps], tuple[dict[str, Path], int | None]]:
        return Bitmaps, self._asked


class BitmapSamples(Dataset[Batch]):
    """Chosen bitmaps as they are, in whole batches."""

    def __init__(self, bitmaps: Bitmaps, chosen: Places) -> None:
        """`chosen` are the bitmaps to learn from."""
        self.bitmaps = bitmaps
        self.chosen = chosen

    def __len__(self) -> int:
        """Bitmaps in one epoch."""
        return len(self.chosen)

    def __getitem__(self, index: int) -> Batch:
        """A batch of one bitmap."""
        return self.__getitems__([index])

    def __getitems__(self, indices: Sequence[int]) -> Batch:
        """These bitmaps."""
        be_a_quiet_worker()
        places = self.chosen[np.array(indices, np.int64)].astype(np.int64)
        return Batch(self.bitmaps.pictures(places), places, np.ones(len(places), np.bool_))


def training_bitmaps(data: Path, categories: str | None, per_category: int | None) -> Bitmaps:
    """The bitmaps of a folder of `.npy` files; `categories` as `ml.quickdraw` understands them."""
    files = {path.stem: path for path in sorted(data.glob("*.npy"))}
    order = chosen_of(categories, category_order(data, files), data)
    return Bitmaps({name: files[name] for name in order}, per_category)


def accuracy(guesser: Guesser, bitmaps: Bitmaps, places: npt.NDArray[np.int64]) -> dict[str, float]:
    """Class-balanced top-1, top-3 and top-5 of these bitmaps, in percent."""
    logits = [
        guesser.logits(bitmaps.pictures(places[first : first + _BATCH]))
        for first in range(0, len(places), _BATCH)
    ]
    return metrics.top_k(np.concatenate(logits), bitmaps.labels[places].astype(np.int64))
