"""What a bitmap is worth beside strokes: ``python -m tests.bench.bitmaps DIR``.

``DIR`` holds Quick, Draw!'s ``.npy`` files. The last drawings of each go through the shipped
network as ``POST /api/predict`` sends them; printed is how often it is right, in percent, as a mean
of the categories. ``empty_order`` is the same with nothing in the channel that tells the order of
the ink. The network may have learnt from some of these drawings, as strokes.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

import numpy as np

from ml import metrics
from ml.bitmaps import read_bitmaps
from ml.engine import Engine
from ml.enlarging import enlarge
from tests.support.figures import show

_BATCH: Final = 256


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="folder of .npy files")
    parser.add_argument("--each", type=int, default=40, help="drawings of each file")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    engine = Engine.load(device="cpu", threads=1, precision="auto")
    files = {path.stem: path for path in sorted(options.folder.glob("*.npy"))}
    rows = {name: np.array(read_bitmaps(path)[-options.each :]) for name, path in files.items()}
    pictures = np.stack([enlarge(row.tobytes()) for each in rows.values() for row in each])
    labels = np.concatenate(
        [np.full(len(each), engine.labels.index(name)) for name, each in rows.items()]
    )
    flat = pictures.copy()
    flat[:, 1] = 0

    def right(seen: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> dict[str, float]:
        logits = [engine.logits(seen[at : at + _BATCH]) for at in range(0, len(seen), _BATCH)]
        found = metrics.top_k(np.concatenate(logits), labels)
        return {name: round(share, 1) for name, share in found.items()}

    found = {
        "categories": len(rows),
        "drawings": len(labels),
        "as_sent": right(pictures),
        "empty_order": right(flat),
    }
    show(found, as_json=options.json)


if __name__ == "__main__":
    main()
