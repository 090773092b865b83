"""Drawings to train on, wherever they are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ml.data import DataError
from ml.quickdraw import training_drawings
from tests.ml import official
from tests.ml.misbehaving import misbehaving_server
from tests.ml.shapes import SHAPES


def test_without_a_folder_the_official_files_are_downloaded_packed_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    with misbehaving_server() as server:
        monkeypatch.setenv("INKLING_QUICKDRAW_URL", server.url)
        for seed, name in enumerate(("cat", "dog")):
            server.files[f"binary/{name}.bin"] = official.binary(official.drawings(50, seed))
        drawings = training_drawings(None, "cat,dog", 20, quiet=True)
    assert drawings.categories == ("cat", "dog")
    assert np.bincount(drawings.labels).tolist() == [20, 20]
    offline = training_drawings(None, "cat,dog", 20, quiet=True)
    assert offline.folder == drawings.folder
    assert drawings.folder.is_relative_to(tmp_path)


def test_a_folder_is_packed_elsewhere_in_the_order_of_its_list(
    data_folder: Path, tmp_path: Path
) -> None:
    before = sorted(data_folder.rglob("*"))
    drawings = training_drawings(data_folder, cache=tmp_path, quiet=True)
    assert drawings.categories == tuple(SHAPES)
    assert np.bincount(drawings.labels).tolist() == [80] * len(SHAPES)
    few = training_drawings(data_folder, "moon, line", 7, cache=tmp_path, quiet=True)
    assert few.categories == ("moon", "line")
    assert np.bincount(few.labels).tolist() == [7, 7]
    assert (
        training_drawings(data_folder, "3", cache=tmp_path, quiet=True).categories
        == tuple(SHAPES)[:3]
    )
    assert sorted(data_folder.rglob("*")) == before
    assert len(list(tmp_path.iterdir())) == 3


def test_exported_games_are_added(data_folder: Path, tmp_path: Path) -> None:
    games = tmp_path / "games"
    games.mkdir()
    with pytest.raises(DataError, match="holds no exported games"):
        training_drawings(data_folder, extra=games, cache=tmp_path / "c", quiet=True)
    (games / "today.ndjson").write_bytes(official.raw(official.drawings(3), "moon", 99_000))
    drawings = training_drawings(data_folder, "moon", extra=games, cache=tmp_path / "c", quiet=True)
    assert len(drawings) == 83


def test_what_is_not_there_is_said(data_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no drawings of cat, dog in "):
        training_drawings(data_folder, "dog,moon,cat", cache=tmp_path, quiet=True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "cat.ndjson").write_bytes(b"nonsense\n")
    with pytest.raises(DataError, match=r"^no drawing in .*empty could be read\.$"):
        training_drawings(tmp_path / "empty", cache=tmp_path / "c", quiet=True)
