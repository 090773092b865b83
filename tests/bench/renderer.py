"""How near the rasteriser comes to Google's own: ``python -m tests.bench.renderer DIR``.

``DIR`` holds drawings (``.ndjson`` files, or a folder ``train/`` of them) and their official 28x28
bitmaps (``numpy_bitmap/*.npy``), drawn by cairo. Which bitmap shows which drawing is not written
anywhere, so each bitmap is held against all pictures of its category; those that are nearly the
same count as found in both forms. Prints the mean difference over all pixels of those, of 255, our
ink as a share of theirs, and the CPU time that drawing the game's own pictures takes.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from ml.bitmaps import PIXELS, read_bitmaps
from ml.data import find_files
from ml.raster import rasterise_batch
from ml.reading import read_drawings
from tests.support.figures import show

_SAME: Final = 1.25  # of 255, in the mean; from 1.5 on, drawings were simplified in other ways
_BATCH: Final = 64


def nearest(
    pictures: npt.NDArray[np.float32], bitmaps: npt.NDArray[np.float32]
) -> npt.NDArray[np.int64]:
    """For each bitmap the picture with the smallest squared difference."""
    # Of |a - b|^2 = |a|^2 - 2ab + |b|^2 the last is the same for all pictures.
    apart = (pictures**2).sum(axis=1) - 2 * bitmaps @ pictures.T
    found: npt.NDArray[np.int64] = apart.argmin(axis=1)
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of drawings and of numpy_bitmap/")
    parser.add_argument("--categories", type=int, default=12, help="the first so many files")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    files = find_files(options.folder, "train")
    official = sorted((options.folder / "numpy_bitmap").glob("*.npy"))[: options.categories]
    found = 0
    difference = ours = theirs = spent_s = 0.0
    drawn = 0
    for path in official:
        drawings = read_drawings({path.stem: files[path.stem]}, (path.stem,))
        strokes = [drawings.strokes_of(at) for at in range(len(drawings))]
        pictures = rasterise_batch(strokes, side=28, channels=1).reshape(-1, PIXELS)
        started = time.thread_time()
        for at in range(0, len(strokes), _BATCH):
            rasterise_batch(strokes[at : at + _BATCH])
        spent_s += time.thread_time() - started
        drawn += len(strokes)
        bitmaps = np.array(read_bitmaps(path), np.float32)
        match = pictures[nearest(pictures.astype(np.float32), bitmaps)].astype(np.float32)
        apart = np.abs(match - bitmaps).mean(axis=1)
        same = apart < _SAME
        found += int(same.sum())
        difference += float(apart[same].sum())
        ours += float(match[same].sum())
        theirs += float(bitmaps[same].sum())
    figures = {
        "found_in_both_forms": found,
        "mean_difference": round(difference / max(1, found), 2),
        "ink": round(ours / max(1.0, theirs), 3),
        "us_a_drawing": round(1e6 * spent_s / max(1, drawn)),
    }
    show(figures, as_json=options.json)


if __name__ == "__main__":
    main()
