"""Drawings for tests: made by code, so that a stranger has them; real ones where they are."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from ml.raster import CANVAS_PER_UNIT
from tests.ml.shapes import SHAPES, Strokes, record, shape

_REAL = Path(__file__).parents[3] / "shared" / "quickdraw"


@pytest.fixture(scope="session")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten code-made categories: train/ (80 drawings each) and val/ (10 each)."""
    folder = tmp_path_factory.mktemp("drawings")
    rng = np.random.default_rng(7)
    for part, count, first in (("train", 80, 0), ("val", 10, 50_000)):
        (folder / part).mkdir()
        for place, name in enumerate(SHAPES):
            keys = range(first + place * 1000, first + place * 1000 + count)
            lines = [record(shape(name, rng), name, key) for key in keys]
            (folder / part / f"{name}.ndjson").write_text("\n".join(lines) + "\n", "utf-8")
    (folder / "categories.txt").write_text("\n".join(SHAPES) + "\n", "utf-8")
    return folder


@pytest.fixture(scope="session")
def many_drawings() -> list[Strokes]:
    """A few hundred drawings in canvas units: real ones where there are any, else code-made."""
    folder = Path(os.environ.get("INKLING_QUICKDRAW", _REAL)) / "val"
    if not folder.is_dir():
        rng = np.random.default_rng(3)
        return [shape(name, rng) for name in SHAPES for _ in range(30)]
    drawings = []
    for path in sorted(folder.glob("*.ndjson")):
        with path.open("rb") as lines:
            strokes = json.loads(next(lines))["drawing"]
        drawings.append([np.array(s, np.int64).T * CANVAS_PER_UNIT for s in strokes])
    return drawings


@pytest.fixture
def own_threads() -> Iterator[None]:
    """Commands set PyTorch's threads for the whole process; the next test gets its own back."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)
