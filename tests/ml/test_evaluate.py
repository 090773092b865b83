"""`python -m ml.evaluate`, on code-made drawings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import evaluate, report
from tests.ml.shapes import SHAPES

pytestmark = pytest.mark.usefixtures("own_threads")


class Oracle:
    """Says line, whatever it is shown."""

    labels = tuple(SHAPES)
    side = 28
    channels = 1
    temperature = 1.0

    def logits(self, pictures: Any) -> Any:
        answer = np.zeros((len(pictures), 10), np.float32)
        answer[:, 4] = 1.0
        return answer


def test_figures_of_a_network_that_always_says_line(data_folder: Path) -> None:
    """Ten categories, one always right: 10 % at top-1; ties fill top-3 and top-5 by index."""
    drawings = evaluate.read_for(Oracle(), data_folder)
    figures = report.by_ink(Oracle(), drawings, lambda _: None)
    for row in figures["ink"].values():
        assert row == {"top1": 10.0, "top3": 30.0, "top5": 50.0}
    rows = report.difficulty(Oracle(), drawings, lambda _: None)
    assert rows["line"] == {"accuracy": 100.0, "ink_to_match": 0.05, "level": "easy"}
    assert rows["zigzag"] == {"accuracy": 0.0, "ink_to_match": 1.0, "level": "hard"}


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
    assert "holds no category this model knows" in capsys.readouterr().err


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
