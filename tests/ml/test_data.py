"""Reading Quick, Draw! files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from ml.data import DataError, category_order, find_files
from ml.reading import read_drawings, read_timed
from tests.ml.shapes import SHAPES, record, shape


def write(folder: Path, name: str, *lines: str) -> dict[str, Path]:
    path = folder / f"{name}.ndjson"
    path.write_text("\n".join(lines), "utf-8")
    return {name: path}


def test_drawings_come_back_in_canvas_units_as_they_were_written(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    written = [shape("house", rng), shape("ladder", rng)]
    lines = (record(strokes, "house", key) for key, strokes in enumerate(written))
    drawings = read_drawings(write(tmp_path, "house", *lines), ["house"])
    assert len(drawings) == 2
    assert drawings.keys.tolist() == [0, 1]
    for index, strokes in enumerate(written):
        read = drawings.strokes_of(index)
        assert [line.tolist() for line in read] == [line.tolist() for line in strokes]


@pytest.mark.parametrize(
    "line",
    [
        "not json",
        "[]",
        "{}",
        '{"drawing": []}',
        '{"drawing": [[[1, 2], [3]]]}',
        '{"drawing": [[[], []]]}',
        '{"drawing": [[[1, 256], [3, 4]]]}',
        '{"drawing": [[[-1, 2], [3, 4]]]}',
        '{"drawing": [[[1.5, 2], [3, 4]]]}',
        '{"drawing": [["a", "b"]]}',
        '{"drawing": 5}',
    ],
)
def test_a_malformed_line_is_counted_and_costs_nothing_else(tmp_path: Path, line: str) -> None:
    good = '{"key_id": "7", "drawing": [[[0, 255], [0, 9]]]}'
    drawings = read_drawings(write(tmp_path, "line", good, line, good), ["line"])
    assert (len(drawings), drawings.skipped) == (2, 1)


def test_at_most_so_many_of_each_category(data_folder: Path) -> None:
    files = find_files(data_folder, "train")
    drawings = read_drawings(files, list(SHAPES), per_category=3)
    assert np.bincount(drawings.labels).tolist() == [3] * len(SHAPES)


def test_a_subset_holds_the_chosen_drawings_in_that_order(data_folder: Path) -> None:
    drawings = read_drawings(find_files(data_folder, "val"), list(SHAPES))
    chosen = np.array([70, 3, 41])
    part = drawings.subset(chosen)
    assert part.keys.tolist() == drawings.keys[chosen].tolist()
    for place, index in enumerate(chosen):
        expected = [line.tolist() for line in drawings.strokes_of(int(index))]
        assert [line.tolist() for line in part.strokes_of(place)] == expected
    assert len(drawings.subset(chosen[:0])) == 0


def test_categories_keep_the_order_of_the_list_and_strangers_follow(tmp_path: Path) -> None:
    (tmp_path / "categories.txt").write_text("zebra\nant\nmissing\n", "utf-8")
    assert category_order(tmp_path, ["ant", "new", "zebra"]) == ("zebra", "ant", "new")


def test_without_a_list_categories_keep_the_order_of_the_shipped_network(tmp_path: Path) -> None:
    files = ["The Eiffel Tower", "ant", "unheard of", "cat"]
    assert category_order(tmp_path, files) == ("ant", "cat", "The Eiffel Tower", "unheard of")


def test_a_folder_may_hold_the_files_itself(data_folder: Path) -> None:
    assert find_files(data_folder / "val", "val") == find_files(data_folder, "val")


def test_a_missing_or_empty_folder_is_said_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is not a folder\.$"):
        find_files(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"holds no \.ndjson files\.$"):
        find_files(tmp_path)


def test_a_drawing_without_an_id_gets_one_from_its_strokes(tmp_path: Path) -> None:
    lines = ['{"drawing": [[[0, 255], [0, 9]]]}', '{"drawing": [[[0, 255], [0, 8]]]}']
    first, second = read_drawings(write(tmp_path, "line", *lines), ["line"]).keys
    again, _ = read_drawings(write(tmp_path, "line", *lines), ["line"]).keys
    assert first == again != second


def test_raw_drawings_keep_their_times_and_malformed_ones_are_left_out(tmp_path: Path) -> None:
    lines = [
        json.dumps({"key_id": "5", "drawing": [[[0, 10.5], [1, 2], [0, 40]]]}),
        json.dumps({"key_id": "6", "drawing": [[[0, 10], [1, 2]]]}),
        "nonsense",
    ]
    [drawing] = read_timed(write(tmp_path, "line", *lines), ["other", "line"])
    assert drawing.strokes[0].tolist() == [[0, 1], [10.5, 2]]
    assert drawing.times[0].tolist() == [0, 40]
    assert (drawing.label, drawing.key) == (1, 5)
