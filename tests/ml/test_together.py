"""Several processes that train one network."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import torch
from safetensors.torch import load_file

from ml.pace import Pace
from ml.together import Team

_PROGRAM = Path(__file__).with_name("two_processes.py")


def test_two_processes_share_the_drawings_and_end_with_the_same_weights(
    data_folder: Path, tmp_path: Path
) -> None:
    """Launched as on two GPUs, but on the CPU, where they talk through gloo."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu"]
    launch += ["--num_machines", "1", "--num_processes", "2", "--mixed_precision", "no"]
    launch += ["--dynamo_backend", "no", "--main_process_port", port, str(_PROGRAM), str(tmp_path)]
    options = ["--data", str(data_folder), "--categories", "3", "--epochs", "1", "--workers", "0"]
    options += ["--device", "cpu", "--threads", "1", "--batch-size", "30"]
    options += ["--cache", str(tmp_path / "cache"), "--output", str(tmp_path / "run")]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [*launch, *options],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("240 drawings of 3 categories") == 1

    facts = [json.loads((tmp_path / f"{rank}.json").read_text("utf-8")) for rank in (0, 1)]
    assert [each["first"] for each in facts] == [True, False]
    one, other = (each["shown"] for each in facts)
    learnt = 30 * 8  # eight steps, the last of which begins again to be full
    assert len(one) == len(other) == learnt / 2
    assert facts[0]["pictures"] == learnt
    assert len(set(one) | set(other)) > 0.95 * 240 * 0.98
    assert len(set(one) & set(other)) <= learnt - 0.9 * 240

    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in (0, 1))
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert len(list((tmp_path / "run").glob("checkpoint-*/average.safetensors"))) == 1


def test_alone_a_process_is_the_first_of_one_and_its_clock_runs() -> None:
    team = Team("cpu")
    assert (team.size, team.first) == (1, True)
    assert team.agree(stop=True)
    assert not team.agree()
    with team.one_after_another():
        pace = Pace(steps=1, clock=team.clock)
    assert 0 <= pace.elapsed_s() < 60
    team.leave()
