"""A checkpoint read without a framework, and what is no good one."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ml.checkpoint import WEIGHTS, read
from ml.raster import RASTER_VERSION


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("config.json", "model.safetensors"):
        shutil.copyfile(WEIGHTS / name, tmp_path / name)
    return tmp_path


def change(folder: Path, **values: object) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | values), "utf-8")


def test_the_shipped_one_is_read() -> None:
    checkpoint = read(WEIGHTS)
    assert len(checkpoint.labels) == 345
    assert checkpoint.layers is not None
    assert checkpoint.layers.weight.shape[0] == 345
    assert [conv.opens for conv in checkpoint.layers.convs].count(True) == 3


def test_starting_a_worker_imports_no_framework_on_a_cpu() -> None:
    """They take seconds, and a worker that died is missed by everybody."""
    code = (
        "import sys; from ml.engine import Engine; from ml.precision import has_onnx\n"
        "if has_onnx(): Engine.load(device='cpu', threads=1, precision='int8').warm_up()\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_another_raster_version_is_refused(folder: Path) -> None:
    change(folder, raster_version=RASTER_VERSION + 1)
    with pytest.raises(ValueError, match="raster version"):
        read(folder)


@pytest.mark.parametrize("size", [{"image_size": 60}, {"num_channels": 3}])
def test_pictures_that_cannot_be_drawn_are_refused(folder: Path, size: dict[str, int]) -> None:
    change(folder, **size)
    with pytest.raises(ValueError, match="cannot draw"):
        read(folder)


def test_other_labels_than_outputs_are_refused(folder: Path) -> None:
    change(folder, id2label={"0": "ant", "1": "bee"})
    with pytest.raises(ValueError, match="345 outputs for 2 labels"):
        read(folder)


def test_a_half_written_file_is_refused(folder: Path) -> None:
    whole = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match="cannot be read"):
        read(folder)


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_config_that_is_none_is_refused(folder: Path, text: str) -> None:
    (folder / "config.json").write_text(text)
    with pytest.raises(ValueError, match="checkpoint"):
        read(folder)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"model\.safetensors"):
        read(tmp_path)
