"""`python -m ml.ablation`, on code-made drawings."""

from __future__ import annotations

import json
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml import ablation
from ml.ablation_rows import BASE, ROWS, chosen_rows
from ml.ablation_table import Result, figures, mean_and_error, race, table
from ml.data import DataError
from ml.options import parsed
from ml.report import INK
from ml.resuming import RunCallback

pytestmark = pytest.mark.usefixtures("own_threads")


def asked(data: Path, folder: Path, *more: str) -> list[str]:
    places = ["--data", str(data), "--cache", str(folder / "cache"), "--output", str(folder / "o")]
    return [*places, "--categories", "3", "--batch-size", "32", "--pictures", "320", *more]


def test_a_stopped_comparison_goes_on_and_done_rows_are_not_done_again(
    data_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    steps = 0
    ordinary = RunCallback.on_step_end

    def press_ctrl_c_in_the_second_row(self: RunCallback, *args: Any, **kwargs: Any) -> None:
        nonlocal steps
        steps += 1
        if steps == 13:
            signal.raise_signal(signal.SIGINT)
        ordinary(self, *args, **kwargs)

    monkeypatch.setattr(RunCallback, "on_step_end", press_ctrl_c_in_the_second_row)
    command = asked(data_folder, tmp_path, "--rows", "half-width,eighth", "--json")
    assert ablation.main(command) == 130
    assert "the same command goes on" in capsys.readouterr().err

    assert ablation.main(command) == 0
    assert steps == 10 + 10 + 1  # of 32 pictures: base, half-width in two parts, eighth
    rows = json.loads(capsys.readouterr().out)
    assert [row["row"] for row in rows] == ["base", "half-width", "eighth"]
    assert [row["pictures"] for row in rows] == [320, 320, 32]
    assert rows[1]["multiply_adds"] < 0.4 * rows[0]["multiply_adds"]
    assert rows[0]["n"] >= 30
    assert rows[0]["1.00"]["gain"] == 0
    assert not list(tmp_path.glob("o/*/checkpoint-*"))

    assert ablation.main(asked(data_folder, tmp_path, "--rows", "base")) == 0
    assert "| base |" in capsys.readouterr().out
    assert steps == 21


def test_another_comparison_needs_another_folder(
    data_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "o" / "base").mkdir(parents=True)
    (tmp_path / "o" / "base" / "words.json").write_text('["--pictures", "9"]', "utf-8")
    assert ablation.main(asked(data_folder, tmp_path)) == 2
    assert "choose another --output" in capsys.readouterr().err


def test_rows_are_taken_in_the_order_asked_for_but_the_base_first() -> None:
    named = chosen_rows("curve,half-width,base,half-width", teacher=True)
    assert [row.name for row in named] == ["base", "50-each", "100-each", "200-each", "half-width"]
    assert chosen_rows("all", teacher=True) == list(ROWS)
    without = chosen_rows("all", teacher=False)
    assert not any("--trust" in row.words for row in without)
    assert BASE in without
    with pytest.raises(DataError, match="is called 'halb'"):
        chosen_rows("base,halb", teacher=True)


def test_every_row_is_a_command_that_training_understands() -> None:
    for row in ROWS:
        parsed(["--data", "DIR", *row.words])


def result(name: str, right: list[bool], **facts: float) -> Result:
    """Two categories of four drawings each, the same answer at every fraction of the ink."""
    ranks = np.tile(np.where(right, 0, 7).astype(np.uint16), (len(INK), 1))
    usual = {"pictures": 100, "per_cpu_s": 10.0, "multiply_adds": 10**6, "parameters": 9}
    return Result(name, name, ranks, np.repeat([0, 1], 4), usual | facts)


def test_differences_are_judged_on_the_same_drawings() -> None:
    """Runs that fail on the same drawings differ by less than chance would let two samples."""
    base = result("base", [True, True, False, False, True, True, True, False])
    same = result("same", [True, True, False, False, True, True, True, True])
    other = result("other", [False, False, True, True, True, True, True, True])
    rows = figures([base, same, other])
    assert [row["1.00"]["top1"] for row in rows] == [62.5, 75.0, 75.0]
    assert [row["1.00"]["gain"] for row in rows] == [0.0, 12.5, 12.5]
    assert rows[0]["1.00"]["gain_within"] == 0.0
    assert 0 < rows[1]["1.00"]["gain_within"] < rows[2]["1.00"]["gain_within"]
    text = table(rows)
    assert "| same | 75.0 | 75.0 | 75.0 | 75.0 | 75.0 | +12.5 ±" in text


def test_the_error_of_a_mean_over_categories_is_what_repeated_samples_scatter_by() -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat([0, 1, 2], [10, 40, 200])
    chance = np.array([0.2, 0.5, 0.9])[labels]
    samples = [mean_and_error((rng.random(250) < chance).astype(float), labels) for _ in range(500)]
    means, errors = np.array(samples).T
    assert means.mean() == pytest.approx((0.2 + 0.5 + 0.9) / 3, abs=0.01)
    assert errors.mean() == pytest.approx(means.std(), rel=0.15)


def test_the_race_names_the_shortest_run_as_good_as_the_tutorials_network() -> None:
    half, all_right = [True, False] * 4, [True] * 8
    base = result("base", all_right)
    rows = [base, result("tutorial", half), result("quarter", half, pictures=25)]
    assert "acc1 50.0, acc5 50.0 after 100 pictures" in race(figures(rows))
    assert "a run of ours of 25 pictures (2 CPU s) reads 50.0" in race(figures(rows))
    assert "of 100 pictures (10 CPU s) reads 100.0" in race(figures(rows[:2]))
    assert "none of these" in race(figures([result("base", half), result("tutorial", all_right)]))
    assert race(figures([base])) == ""
