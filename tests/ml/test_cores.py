"""Threads are for the cores a process may use, not for those the machine has."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ml.cores import usable_cores
from ml.worker import read_arguments, threads_of


@pytest.fixture
def eight_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)


@pytest.mark.usefixtures("eight_cores")
@pytest.mark.parametrize(
    ("cpu_max", "cores"),
    [
        ("max 100000\n", 8),
        ("200000 100000\n", 2),
        ("150000 100000\n", 2),
        ("50000 100000\n", 1),
        ("3200000 100000\n", 8),
        ("", 8),
        ("nonsense\n", 8),
    ],
)
def test_a_container_may_grant_less_than_there_is(tmp_path: Path, cpu_max: str, cores: int) -> None:
    (tmp_path / "cpu.max").write_text(cpu_max)
    assert usable_cores(tmp_path / "cpu.max") == cores


@pytest.mark.usefixtures("eight_cores")
def test_without_a_container_the_affinity_counts(tmp_path: Path) -> None:
    assert usable_cores(tmp_path / "no such file") == 8


def test_where_no_affinity_is_known_all_cores_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 3)
    assert usable_cores(tmp_path / "no such file") == 3


@pytest.mark.parametrize(("cores", "threads"), [(8, 7), (2, 1), (1, 1)])
def test_a_worker_leaves_one_of_its_cores_to_the_web_server(
    monkeypatch: pytest.MonkeyPatch, cores: int, threads: int
) -> None:
    monkeypatch.setattr("ml.worker.usable_cores", lambda: cores)
    assert threads_of(read_arguments([])) == threads
    assert threads_of(read_arguments(["--threads=4"])) == 4
