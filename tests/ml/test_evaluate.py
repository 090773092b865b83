"""`python -m ml.evaluate`, on code-made drawings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml import evaluate
from ml.model import build
from tests.ml import official
from tests.ml.doodlenet import write_doodlenet
from tests.ml.shapes import SHAPES

pytestmark = pytest.mark.usefixtures("own_threads")


def test_a_sample_elsewhere_is_measured_as_well(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--data` may be any folder of ndjson files; `--limit` is for each category."""
    command = ["--data", str(data_folder / "val"), "--limit", "3", "--threads", "1"]
    assert evaluate.main(command) == 0
    assert "top-1" in capsys.readouterr().out


def test_a_folder_without_known_categories_is_said_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "unicorn.ndjson").write_text('{"drawing": [[[0, 1], [0, 1]]]}', "utf-8")
    assert evaluate.main(["--data", str(tmp_path), "--threads", "1"]) == 2
    assert "holds no category every network here knows" in capsys.readouterr().err


def test_two_networks_are_compared_in_one_table_on_the_same_drawings(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A checkpoint and DoodleNet's weights, though their categories stand in another order."""
    build("tutorial", tuple(SHAPES)).save_pretrained(tmp_path / "plain")
    peer = write_doodlenet(tmp_path / "doodle.npz", tuple(reversed(SHAPES)))
    models = ["--model", str(tmp_path / "plain"), "--model", f"peer={peer}"]
    assert evaluate.main(["--data", str(data_folder), "--threads", "1", *models, "--json"]) == 0
    plain, other = json.loads(capsys.readouterr().out)["models"]
    assert (plain["model"], other["model"]) == ("plain", "peer")
    assert plain["n"] == other["n"] == 100
    assert other["file_bytes"] == peer.stat().st_size
    for figures in (plain, other):
        assert figures["images_s"] > 0
        assert figures["latency_ms"] > 0
        for ink, rows in figures["reliability"].items():
            assert sum(row[0] for row in rows) == 100
            assert 0 <= figures["ink"][ink]["ece"] <= 1
    assert evaluate.main(["--data", str(data_folder), "--threads", "1", *models]) == 0
    table = capsys.readouterr().out
    assert "plain" in table
    assert "peer" in table
    assert "multiply-adds" in table


def test_two_networks_of_one_name_are_refused(
    data_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models = ["--model", "a=ml/weights", "--model", "a=ml/weights"]
    assert evaluate.main(["--data", str(data_folder), *models, "--threads", "1"]) == 2
    assert "--model NAME=PATH" in capsys.readouterr().err


def test_a_folder_without_a_network_is_said_in_one_sentence(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate.main(["--data", str(data_folder), "--model", str(tmp_path)]) == 2
    assert "is no checkpoint" in capsys.readouterr().err


def test_the_report_comes_with_the_difficulty_and_the_figures(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One pass over finely cut drawings serves all three."""
    build("tutorial", tuple(SHAPES)).save_pretrained(tmp_path / "plain")
    command = ["--data", str(data_folder), "--model", str(tmp_path / "plain"), "--limit", "2"]
    more = ["--report", str(tmp_path / "out"), "--difficulty", str(tmp_path / "d.json")]
    assert evaluate.main([*command, *more, "--json", "--threads", "1"]) == 0
    output = capsys.readouterr()
    assert list(json.loads(output.out)["ink"]) == ["0.10", "0.25", "0.50", "0.75", "1.00"]
    page = tmp_path / "out" / "index.html"
    assert f"wrote {page}" in output.err
    assert "How well plain guesses" in page.read_text("utf-8")
    assert set(json.loads((tmp_path / "d.json").read_text("utf-8"))) == set(SHAPES)


def test_raw_drawings_that_were_trained_on_are_left_out_and_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By id, and copies under another id; only what training never showed is measured."""
    known, fresh = official.drawings(1, seed=1), official.drawings(11, seed=2)[10:]
    for part in ("train", "raw", "val"):
        (tmp_path / part).mkdir()
    (tmp_path / "train" / "circle.ndjson").write_bytes(official.simplified(known, "circle", 1))
    (tmp_path / "val" / "circle.ndjson").write_bytes(official.simplified(fresh, "circle", 9))
    raw = [official.raw(some, "circle", key) for some, key in ((known, 1), (known, 2), (fresh, 3))]
    (tmp_path / "raw" / "circle.ndjson").write_bytes(b"".join(raw))
    command = ["--data", str(tmp_path), "--timed", "--threads", "1"]
    assert evaluate.main([*command, "--json"]) == 0
    timed = json.loads(capsys.readouterr().out)["timed"]
    assert timed["n"] == 1
    assert timed["left_out"] == {"trained_on": 1, "copies": 1}
    assert evaluate.main(command) == 0
    assert "left out: 1 trained on, 1 copies" in capsys.readouterr().out


def test_timed_drawings_are_measured_by_the_second(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A straight line drawn in two seconds: right from the first half second on."""
    (tmp_path / "raw").mkdir()
    times = list(range(0, 2001, 100))
    line = {"key_id": "1", "drawing": [[[3 * t for t in times], [t // 40 for t in times], times]]}
    (tmp_path / "raw" / "line.ndjson").write_text(json.dumps(line) + "\n", "utf-8")
    drawing = {"drawing": [[[0, 255], [0, 5]]]}
    (tmp_path / "line.ndjson").write_text(json.dumps(drawing) + "\n", "utf-8")
    command = ["--data", str(tmp_path), "--timed", "--json", "--threads", "1"]
    assert evaluate.main(command) == 0
    timed = json.loads(capsys.readouterr().out)["timed"]
    assert timed["n"] == 1
    assert list(timed["seconds"]) == ["1", "2", "3", "5", "8", "12", "20"]
    assert timed["ever_right"] == 100
    assert timed["median_first_right_s"] == 0.5
    assert timed["right_by"]["0.5"] == timed["right_by"]["20.0"] == 100


def test_a_data_folder_whose_raw_drawings_were_all_trained_on_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    some = official.drawings(1)
    for part in ("train", "val"):
        (tmp_path / part).mkdir()
        (tmp_path / part / "circle.ndjson").write_bytes(official.simplified(some, "circle", 1))
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "circle.ndjson").write_bytes(official.raw(some, "circle", 1))
    assert evaluate.main(["--data", str(tmp_path), "--timed", "--threads", "1"]) == 2
    assert "no drawing that was not trained on" in capsys.readouterr().err
