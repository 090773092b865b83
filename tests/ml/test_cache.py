"""Packing drawings on disk, and reading them back one by one."""

from __future__ import annotations

import io
import json
import multiprocessing
import pickle
import struct
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from ml import columns, packing
from ml.cache import CACHE_VERSION, COLUMNS, PackedDrawings, column_file
from ml.columns import Source
from ml.data import DataError
from ml.drawing import Drawing, Tally
from ml.formats import drawing_files
from ml.packing import packed, sources
from ml.reading import read_drawings
from tests.ml import official
from tests.ml.shapes import Strokes

WORDS = ("cat", "dog", "ant")
SOME = {word: official.drawings(40, seed) for seed, word in enumerate(WORDS)}


def as_lists(strokes: object) -> list[object]:
    return [stroke.tolist() for stroke in strokes]  # type: ignore[attr-defined]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three categories, each in another form."""
    place = tmp_path / "files"
    place.mkdir()
    (place / "cat.bin").write_bytes(official.binary(SOME["cat"], 1000))
    (place / "dog.ndjson").write_bytes(official.simplified(SOME["dog"], "dog", 2000))
    (place / "ant.npz").write_bytes(official.sketchrnn(SOME["ant"]))
    return place


def pack(folder: Path, name: str = "cache", **how: object) -> PackedDrawings:
    files = sources(drawing_files(folder))
    return packed(folder.parent / name, files, WORDS, quiet=True, **how)  # type: ignore[arg-type]


def test_every_drawing_comes_back_as_it_went_in(folder: Path) -> None:
    drawings = pack(folder)
    assert len(drawings) == 120
    assert drawings.categories == WORDS
    for label, word in enumerate(WORDS):
        places = np.flatnonzero(drawings.labels == label)
        assert [as_lists(drawings[int(place)]) for place in places] == [
            as_lists(strokes) for strokes in SOME[word]
        ]
    assert drawings[0][0].dtype == np.uint16
    assert as_lists(drawings[-1]) == as_lists(drawings[119])
    of = {word: drawings.labels == label for label, word in enumerate(WORDS)}
    assert drawings.keys[of["cat"]].tolist() == list(range(1000, 1040))
    assert set(drawings.recognized[of["dog"]].tolist()) == {1}
    assert set(drawings.recognized[of["ant"]].tolist()) == {-1}
    for index in (120, -121):
        with pytest.raises(IndexError, match="there is no drawing"):
            drawings[index]


def test_it_takes_the_place_of_drawings_in_memory(tmp_path: Path) -> None:
    files = {"dog": tmp_path / "dog.ndjson"}
    files["dog"].write_bytes(official.simplified(SOME["dog"], "dog"))
    memory = read_drawings(files, ["dog"])
    disk = packed(tmp_path / "cache", sources(files), ["dog"], quiet=True)
    chosen = np.array([7, 3, 30])
    for one, other in ((memory, disk), (memory.subset(chosen), disk.subset(chosen))):
        assert len(one) == len(other)
        assert one.keys.tolist() == other.keys.tolist()
        assert one.labels.tolist() == other.labels.tolist()
        assert one.categories == other.categories
        for index in range(len(one)):
            assert as_lists(one.strokes_of(index)) == as_lists(other.strokes_of(index))
    assert len(disk.subset(chosen[:0])) == 0


def test_a_cache_that_fits_is_not_packed_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(folder)
    monkeypatch.delattr(packing, "_pack")
    assert len(pack(folder)) == 120


@pytest.mark.parametrize("change", ["file", "categories", "limit", "version"])
def test_a_cache_of_something_else_is_packed_anew(
    folder: Path, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(folder)
    limit = None
    if change == "file":
        (folder / "cat.bin").write_bytes(official.binary(SOME["cat"][:5], 1000))
    elif change == "categories":
        (folder / "ant.npz").unlink()
    elif change == "limit":
        limit = 7
    else:
        monkeypatch.setattr(packing, "CACHE_VERSION", CACHE_VERSION + 1)
        monkeypatch.setattr("ml.cache.CACHE_VERSION", CACHE_VERSION + 1)
    expected = {"file": 85, "categories": 80, "limit": 21, "version": 120}[change]
    assert len(pack(folder, per_category=limit)) == expected


class StoppedError(Exception):
    """The power went."""


def test_packing_that_stopped_goes_on_after_the_last_whole_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stops in the middle of the third file, having written some of it."""
    whole = pack(folder, "whole")
    monkeypatch.setattr(columns, "_BATCH", 80)
    read, begun = columns.read, []

    def stopping(path: Path, tally: Tally) -> Iterator[Drawing]:
        begun.append(path.name)
        for place, drawing in enumerate(read(path, tally)):
            if len(begun) == 3 and place == 20:
                raise StoppedError
            yield drawing

    monkeypatch.setattr(columns, "read", stopping)
    with pytest.raises(StoppedError):
        pack(folder)
    assert not (folder.parent / "cache").exists()
    again = pack(folder)
    assert begun == ["cat.bin", "dog.ndjson", "ant.npz", "ant.npz"]
    for name in COLUMNS:
        one, other = (column_file(cache.folder, name).read_bytes() for cache in (whole, again))
        assert one == other
    assert not (folder.parent / "cache.part").exists()


def test_packing_that_stopped_at_the_very_end_only_ends(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = pack(folder, "whole")
    with monkeypatch.context() as stop:
        stop.setattr(Path, "replace", _refuse_folders(Path.replace))
        with pytest.raises(StoppedError):
            pack(folder)
    with monkeypatch.context() as watch:
        watch.delattr(columns, "read")
        again = pack(folder)
    assert again.groups.tolist() == whole.groups.tolist()
    assert {path.name for path in again.folder.iterdir()} == {
        "cache.json",
        *(f"{name}.column" for name in COLUMNS),
    }


def _refuse_folders(replace: object) -> object:
    def refusing(path: Path, target: Path) -> Path:
        if path.is_dir():
            raise StoppedError
        return replace(path, target)  # type: ignore[operator, no-any-return]

    return refusing


def test_a_part_that_lost_bytes_is_packed_from_the_start(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as stop:
        stop.setattr(Path, "replace", _refuse_folders(Path.replace))
        with pytest.raises(StoppedError):
            pack(folder)
    column_file(folder.parent / "cache.part", "mark-3").write_bytes(b"")
    assert pack(folder).groups.tolist() == pack(folder, "other").groups.tolist()


def test_malformed_drawings_are_counted_and_told_by_file(folder: Path) -> None:
    with (folder / "dog.ndjson").open("ab") as file:
        file.write(b"nonsense\n{}\n")
    drawings = pack(folder)
    assert (len(drawings), drawings.skipped) == (120, 2)
    [line] = drawings.complaints
    assert line.endswith(
        "dog.ndjson: 2 malformed drawings left out; the first: the line is not JSON"
    )


def test_exported_games_are_sorted_by_word_and_unknown_words_counted(folder: Path) -> None:
    games = folder.parent / "games.ndjson"
    games.write_bytes(
        official.raw(SOME["dog"][:3], "dog", 7000)
        + official.simplified(SOME["cat"][:2], "cat", 8000)
        + official.simplified(SOME["cat"][:1], "unicorn", 9000)
    )
    files = sources(drawing_files(folder), [games])
    drawings = packed(folder.parent / "cache", files, WORDS, 5, quiet=True)
    assert drawings.labels[-5:].tolist() == [1, 1, 1, 0, 0]
    assert len(drawings) == 3 * 5 + 5
    assert drawings.skipped == 1
    assert "'unicorn' is none of the categories" in drawings.complaints[0]


def test_copies_are_found_across_files_and_held_out_together(tmp_path: Path) -> None:
    """One drawing under two ids, and a third time as it was drawn, under the first id."""
    (tmp_path / "cat.bin").write_bytes(official.binary(SOME["cat"], 1000))
    (tmp_path / "dog.ndjson").write_bytes(official.simplified(SOME["cat"], "dog", 5000))
    (tmp_path / "ant.ndjson").write_bytes(official.raw(SOME["cat"], "ant", 5000))
    drawings = pack(tmp_path)
    for n in range(40):
        copies = np.isin(drawings.keys, (1000 + n, 5000 + n))
        assert copies.sum() == 3
        assert len(set(drawings.groups[copies].tolist())) == 1
    aside = drawings.held_out(0.5)
    assert 10 < aside.sum() < 110
    by_group = {group: set(aside[drawings.groups == group]) for group in drawings.groups}
    assert all(len(sides) == 1 for sides in by_group.values())


def test_nothing_at_all_is_a_cache_of_no_drawings(tmp_path: Path) -> None:
    (tmp_path / "cat.bin").write_bytes(b"")
    drawings = pack(tmp_path)
    assert len(drawings) == 0
    assert drawings.held_out(0.5).tolist() == []
    assert len(drawings.subset(np.zeros(0, np.int64))) == 0


def test_a_cache_that_is_none_or_damaged_is_told(folder: Path) -> None:
    with pytest.raises(DataError, match="is no cache of version"):
        PackedDrawings(folder)
    drawings = pack(folder)
    with column_file(drawings.folder, "points").open("ab") as file:
        file.write(b"xx")
    with pytest.raises(DataError, match="do not fit together: delete it"):
        PackedDrawings(drawings.folder)
    column_file(drawings.folder, "points").unlink()
    with pytest.raises(DataError, match="cannot be read"):
        PackedDrawings(drawings.folder)


def test_a_file_or_folder_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    missing = [Source(tmp_path / "cat.bin", "cat")]
    with pytest.raises(DataError, match=r"cat\.bin cannot be read: No such file"):
        packed(tmp_path / "cache", missing, WORDS, quiet=True)
    (tmp_path / "cat.bin").write_bytes(b"")
    with pytest.raises(DataError, match=r"cannot pack drawings in .*cache"):
        packed(tmp_path / "cat.bin" / "cache", missing, WORDS, quiet=True)


def _strokes_of(drawings: PackedDrawings, index: int) -> list[object]:
    return as_lists(drawings[index])


def test_a_worker_process_gets_the_path_and_reads_for_itself(folder: Path) -> None:
    drawings = pack(folder)
    sent = pickle.dumps(drawings)
    assert len(sent) < 500
    assert as_lists(pickle.loads(sent)[5]) == as_lists(drawings[5])  # noqa: S301
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_strokes_of, (drawings, 77)) == as_lists(drawings[77])


def endless(path: Path, count: int) -> None:
    """Many different drawings, two strokes of 20 points each, made without holding them."""
    rng = np.random.default_rng(1)
    head = struct.Struct("<Q2sbIH")
    with path.open("wb") as file:
        for key in range(count):
            points = rng.integers(0, 64, 80, np.uint8).tobytes()
            stroke = struct.pack("<H", 20)
            file.write(head.pack(key, b"DE", 1, 0, 2))
            file.write(stroke + points[:40] + stroke + points[40:])


def test_packing_takes_the_same_memory_for_four_times_the_drawings(tmp_path: Path) -> None:
    """But for the groups at the end: some 8 bytes a drawing, for drawings of 110 bytes."""
    peaks = []
    for count in (4_000, 16_000):
        place = tmp_path / str(count)
        place.mkdir()
        endless(place / "cat.bin", count)
        tracemalloc.start()
        drawings = pack(place, f"cache-{count}")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert len(drawings) == count
        assert sum(path.stat().st_size for path in drawings.folder.iterdir()) > count * 110
    assert peaks[1] < 1.1 * peaks[0]
    assert peaks[0] < 60_000_000


def test_reading_one_drawing_touches_no_other(tmp_path: Path) -> None:
    endless(tmp_path / "cat.bin", 5_000)
    drawings = pack(tmp_path)
    tracemalloc.start()
    for index in np.random.default_rng(0).integers(0, 5_000, 500):
        strokes = drawings[int(index)]
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert [len(stroke) for stroke in strokes] == [20, 20]
    assert held < 100_000


def test_what_a_cache_says_of_itself_is_plain_json(folder: Path) -> None:
    about = json.loads((pack(folder).folder / "cache.json").read_text("utf-8"))
    assert about["version"] == CACHE_VERSION
    assert about["rows"]["keys"] == 120
    assert io.StringIO(json.dumps(about)).read()


def test_strokes_of_real_length_survive(tmp_path: Path) -> None:
    long: Strokes = [np.random.default_rng(2).integers(0, 256, (65_535, 2)) * 257]
    (tmp_path / "cat.ndjson").write_bytes(official.simplified([long, *SOME["cat"][:2]]))
    drawings = pack(tmp_path)
    assert as_lists(drawings[0]) == as_lists(long)
    assert as_lists(drawings[2]) == as_lists(SOME["cat"][1])
