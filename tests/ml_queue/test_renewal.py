"""When a folder counts as changed, and which network may take the place of another."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml.renewal import FILES, Watched, misfit
from tests.support.tiny_network import TinyNetwork


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in FILES:
        (tmp_path / name).write_text("old")
    return tmp_path


def test_an_untouched_folder_has_not_changed(folder: Path) -> None:
    watched = Watched(folder)
    assert [watched.changed() for _ in range(3)] == [False] * 3


@pytest.mark.parametrize("name", FILES)
def test_a_change_counts_once_and_when_it_is_at_rest(folder: Path, name: str) -> None:
    watched = Watched(folder)
    seen = []
    for text in ("new", "new, longer"):  # still being written
        (folder / name).write_text(text)
        seen.append(watched.changed())
    seen += [watched.changed() for _ in range(3)]
    assert seen == [False, False, True, False, False]


def test_a_file_that_is_gone_is_waited_for(folder: Path) -> None:
    watched = Watched(folder)
    (folder / FILES[0]).unlink()
    assert [watched.changed() for _ in range(2)] == [False, False]
    (folder / FILES[0]).write_text("back")
    assert [watched.changed() for _ in range(3)] == [False, True, False]


def test_a_folder_that_was_empty_may_fill(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    for name in FILES:
        (tmp_path / name).write_text("new")
    assert [watched.changed() for _ in range(3)] == [False, True, False]


def test_what_does_not_fit_is_named() -> None:
    assert misfit(TinyNetwork(), TinyNetwork()) == ""
    other = TinyNetwork()
    other.raster_version = 8
    assert misfit(other, TinyNetwork()) == "it was trained on raster version 8, not 7"
    fewer = TinyNetwork()
    fewer.labels = ("ant", "bee")
    assert misfit(fewer, TinyNetwork()) == "it knows 2 categories, not 345"
    named = TinyNetwork()
    named.labels = ("0", "bee", *named.labels[2:])
    assert misfit(named, TinyNetwork()) == "its category 1 is 'bee', not '1'"
