"""The picture in the page on how the network sees is what the rasteriser draws."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from ml import seeing

ROOT = Path(__file__).resolve().parents[2]


def test_the_picture_is_what_the_network_would_get() -> None:
    """If not: ``python -m ml.seeing``."""
    shown = cv2.imread(str(seeing.PICTURE), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(shown, seeing.picture())


def test_it_can_be_drawn_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seeing, "PICTURE", tmp_path / "docs" / "seeing.png")
    assert seeing.main() == 0
    assert cv2.imread(str(seeing.PICTURE)) is not None


def test_the_guide_to_training_names_only_options_that_there_are() -> None:
    """Those of torchrun and pip aside."""
    code = "".join(path.read_text("utf-8") for path in (ROOT / "ml").glob("*.py"))
    code += (ROOT / "server" / "verdicts.py").read_text("utf-8")
    guide = (ROOT / "ml" / "docs" / "training.md").read_text("utf-8")
    named = set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", guide)) - {"--nproc-per-node", "--help"}
    assert len(named) > 20
    for option in named:
        assert f'"{option}"' in code, option
