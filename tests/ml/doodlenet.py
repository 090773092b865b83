"""Weights in the form of DoodleNet's, random ones, since the real ones are not ours to ship."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

_SIZES = {
    "c.0": (16, 1, 3, 3),
    "c.1": (16, 16, 3, 3),
    "c.2": (32, 16, 3, 3),
    "c.3": (32, 32, 3, 3),
    "c.4": (64, 32, 3, 3),
    "c.5": (64, 64, 3, 3),
    "d1": (512, 576),
}


def write_doodlenet(path: Path, labels: Sequence[str]) -> Path:
    """Write `path` (.npz) and its list of labels; returns the path."""
    rng = np.random.default_rng(0)
    arrays = {}
    for name, size in {**_SIZES, "d2": (len(labels), 512)}.items():
        arrays[f"{name}.weight"] = rng.normal(0, 0.1, size).astype(np.float32)
        arrays[f"{name}.bias"] = np.zeros(size[0], np.float32)
    np.savez(path, **arrays)
    path.with_name(f"{path.stem}-labels.txt").write_text("\n".join(labels), "utf-8")
    return path
