"""What the teacher says of every finished drawing, before training, in a file that is kept.

For the full data set it is hours of work and 34 GB, so what a stopped run has done is not done
again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch.utils.data import DataLoader, Dataset
from tqdm import tqdm

from ml.cache import PackedDrawings, read_about
from ml.data import DataError
from ml.samples import Batch, PrefixMix, TrainingSamples
from ml.teacher import SIDE, Teacher

Shares = npt.NDArray[np.float16]

_BATCH = 512  # drawings
_NOTED = 64  # batches between notes of how far the pass has come


class _Views(Dataset[Batch]):
    """Several looks at each finished drawing, one look's pictures after the other's."""

    def __init__(self, drawings: PackedDrawings, views: int, seed: int) -> None:
        self.looks = [
            TrainingSamples(
                drawings, side=SIDE, channels=1, seed=seed + view, mix=PrefixMix(whole=1.0)
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


def soft_labels(
    drawings: PackedDrawings,
    teacher: Teacher,
    shares: Shares,
    *,
    first: int = 0,
    note: Callable[[int], None] = lambda _: None,
    views: int = 4,
    seed: int = 0,
    workers: int = 1,
) -> None:
    """Fill `shares` (D, categories) with what the teacher says of each finished drawing.

    The mean over `views` random augmentations: steadier, and better, than one look. A pass may
    begin at the drawing `first`, which `note` was told by an earlier one: it is told now and then,
    and when the pass is stopped, how many drawings from the start are done.
    """
    loader = DataLoader(
        _Views(drawings, views, seed),
        _BATCH,
        sampler=range(first, len(drawings)),
        num_workers=workers,
        collate_fn=_same,
        pin_memory=False,
    )
    done = first
    bar = tqdm(total=len(drawings), initial=first, desc="teacher", unit="drawing")
    try:
        with torch.inference_mode(), bar:
            for count, batch in enumerate(loader, 1):
                looks = teacher.shares(torch.from_numpy(batch.pictures).float() / 255)
                mean = looks.view(views, len(batch.drawings), -1).mean(dim=0)
                shares[batch.drawings] = mean.half().numpy()
                done += len(batch.drawings)
                bar.update(len(batch.drawings))
                if count % _NOTED == 0:
                    note(done)
    finally:
        note(done)


def kept_soft_labels(
    drawings: PackedDrawings, weights: Path, kept: Path, workers: int = 1
) -> Shares:
    """`soft_labels` (D, categories) in a mapped file (`.npy`), made now unless it is there.

    A pass that was stopped goes on where it was. Raises `DataError` when `weights` is no teacher
    or the file would not fit on its disk.
    """
    teacher = Teacher(weights, drawings.categories)
    about = kept.with_suffix(".json")
    part, part_about = (path.with_name(f"{path.name}.part") for path in (kept, about))
    wanted = {
        "teacher": hashlib.blake2b(weights.read_bytes(), digest_size=8).hexdigest(),
        "drawings": read_about(drawings.folder).get("identity"),
    }
    if not (kept.is_file() and _read(about) == wanted):

        def note(done: int) -> None:
            shares.flush()
            part_about.write_text(json.dumps(wanted | {"done": done}), "utf-8")

        about.unlink(missing_ok=True)  # first: no moment may have old words beside new shares
        shape = (len(drawings), len(drawings.categories))
        first = _done(part, part_about, wanted)
        if first:
            shares = np.load(part, mmap_mode="r+")
        else:
            _check_room(kept.parent, shape)
            part_about.unlink(missing_ok=True)
            shares = np.lib.format.open_memmap(part, "w+", np.dtype(np.float16), shape)
        soft_labels(drawings, teacher, shares, first=first, note=note, workers=workers)
        part.replace(kept)
        about.write_text(json.dumps(wanted), "utf-8")
        part_about.unlink()
    mapped: Shares = np.load(kept, mmap_mode="r")
    return mapped


def _done(part: Path, about: Path, wanted: dict[str, Any]) -> int:
    """How many drawings a stopped pass has done, if it wanted the same and its file is there."""
    said = _read(about) or {}
    done = said.pop("done", 0)
    return done if said == wanted and part.is_file() else 0


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
