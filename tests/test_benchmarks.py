"""Benchmarks are commands and prove nothing here, but they go on working."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHES = sorted(path.stem for path in (Path(__file__).parent / "bench").glob("[a-z]*.py"))


@pytest.mark.parametrize("name", BENCHES)
def test_a_benchmark_says_what_it_measures_and_how_it_is_called(name: str) -> None:
    bench = importlib.import_module(f"tests.bench.{name}")
    assert f"``python -m tests.bench.{name}" in " ".join((bench.__doc__ or "").split())
    assert callable(bench.main)


def test_the_stand_ins_of_the_hot_path_are_all_that_a_server_asks_for() -> None:
    command = [sys.executable, "-m", "tests.bench.hot_path", "--seconds", "1", "--runs", "1"]
    printed = subprocess.run([*command, "--json"], check=True, capture_output=True, text=True)
    assert json.loads(printed.stdout)["player_ms_per_s"] > 0
