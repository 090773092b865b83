"""``python -m server`` as people run it: a process with children of its own."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest

import ml
from ml.queue import FRAMES
from tests.support.waiting import eventually

WORKER_S = 60.0  # a busy machine takes its time to import torch


class Running:
    """A server under test, on a port of its own."""

    started: ClassVar[list[subprocess.Popen[bytes]]] = []

    def __init__(self, data: Path, *flags: str, **environment: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        inherited = {name: value for name, value in os.environ.items() if name != "REDIS_URL"}
        self.printed = data / "printed.txt"
        with self.printed.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "server", "--port", str(self.port), *flags],
                env={**inherited, "DATA_DIR": str(data), "HOST": "127.0.0.1", **environment},
                stdout=output,
                stderr=output,
            )
        self.started.append(self.process)

    def ready(self) -> dict[str, Any] | None:
        """What ``/readyz`` says; None while nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz") as answer:
                return dict(json.load(answer))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return dict(json.load(refusal))
        except OSError:
            return None

    def wait_until_up(self) -> None:
        eventually(lambda: self.ready() is not None or self.process.poll() is not None, 30)
        assert self.process.poll() is None, self.text

    def wait_for_workers(self, count: int) -> None:
        eventually(lambda: (self.ready() or {}).get("workers") == count, WORKER_S)

    def family(self) -> list[psutil.Process]:
        parent = psutil.Process(self.process.pid)
        return [parent, *parent.children(recursive=True)]

    def worker(self) -> psutil.Process | None:
        """The recognition worker; None while there is none."""
        for child in self.family():
            with contextlib.suppress(psutil.Error):  # it ended while it was looked at
                if "ml.worker" in child.cmdline():
                    return child
        return None

    @property
    def text(self) -> str:
        return self.printed.read_text()


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data folder. Whatever still runs on it at the end of the test is a failure."""
    yield tmp_path
    for server in Running.started:
        server.kill()
        server.wait(10)
    Running.started.clear()
    eventually(lambda: not _left_on(tmp_path), 20)


def _left_on(folder: Path) -> list[psutil.Process]:
    """Processes that work with a data folder."""
    found: list[psutil.Process] = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(folder) in " ".join(process.cmdline()):
                found.append(process)
    return found


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_everything_starts_and_everything_stops(data: Path, number: signal.Signals) -> None:
    server = Running(data)
    server.wait_until_up()
    assert f"http://127.0.0.1:{server.port}" in server.text
    server.wait_for_workers(1)
    family = server.family()
    assert len(family) == 4  # server, guard, Valkey, worker
    server.process.send_signal(number)
    assert server.process.wait(30) == 0
    assert [process for process in family if process.is_running()] == []
    assert "Traceback" not in server.text


def test_the_page_does_not_wait_for_the_network(data: Path) -> None:
    """It is served beside one that never comes to be loaded."""
    weights = data / "weights"
    shutil.copytree(Path(ml.__file__).parent / "weights", weights)
    os.truncate(weights / "model.safetensors", 1_000)
    server = Running(data, f"--weights={weights}")
    server.wait_until_up()
    assert server.ready() == {"redis": True, "workers": 0}
    server.process.terminate()
    server.process.wait(30)


def test_a_killed_server_leaves_nothing_behind_and_the_next_one_works(data: Path) -> None:
    first = Running(data)
    first.wait_until_up()
    first.wait_for_workers(1)
    family = first.family()
    first.process.kill()
    first.process.wait(10)
    second = Running(data, "--workers=0")
    second.wait_until_up()
    eventually(lambda: not any(process.is_running() for process in family))
    second.process.terminate()
    assert second.process.wait(30) == 0


def test_a_killed_worker_is_replaced_and_frames_are_answered_again(
    data: Path, redis_url: str
) -> None:
    import redis as synchronous  # noqa: PLC0415 - named like a fixture

    server = Running(data, REDIS_URL=redis_url)
    server.wait_until_up()
    server.wait_for_workers(1)
    victim = server.worker()
    assert victim is not None
    victim.kill()
    eventually(lambda: (server.worker() or victim).pid != victim.pid, 5)
    with synchronous.Redis.from_url(redis_url, protocol=2) as client:
        line = b"\x02\x00" + bytes(6) + b"\xff\xff\xff\xff\x10\x00"

        def is_answered() -> bool:
            client.xadd(FRAMES, {"drawing": "d", "n": 1, "server": "test", "ink": line})
            return bool(client.xlen("inkling:{queue}:guesses:test"))

        eventually(is_answered, WORKER_S)
    assert "killed by SIGKILL" in server.text
    server.process.terminate()
    assert server.process.wait(30) == 0


def test_a_redis_of_ones_own_is_used_instead_of_the_built_in_one(
    data: Path, redis_url: str
) -> None:
    server = Running(data, "--workers=0", REDIS_URL=redis_url)
    server.wait_until_up()
    assert len(server.family()) == 1
    server.process.terminate()
    assert server.process.wait(30) == 0


def fails(data: Path, *flags: str, **environment: str) -> str:
    """What a server that cannot start says; it says it in words."""
    server = Running(data, *flags, **environment)
    assert server.process.wait(30) == 1
    assert "Traceback" not in server.text
    return server.text


def test_a_taken_port_is_told(data: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert f"Port {port} is taken" in fails(data, f"--port={port}")


def test_a_second_server_on_the_same_data_is_told_of_the_first(data: Path) -> None:
    first = Running(data, "--workers=0")
    first.wait_until_up()
    assert f"process {first.process.pid}" in fails(data, "--workers=0")
    first.process.terminate()
    assert first.process.wait(30) == 0


def test_an_unreachable_redis_is_told(data: Path) -> None:
    told = fails(data, "--workers=0", REDIS_URL=f"unix://{data}/nothing")
    assert "Redis does not answer" in told


def test_a_bad_setting_is_told(data: Path) -> None:
    assert "WORKERS: " in fails(data, WORKERS="many")


def test_missing_weights_are_told(data: Path) -> None:
    assert "There is no network" in fails(data, WEIGHTS=str(data))


def test_help_teaches_and_starts_nothing() -> None:
    command = [sys.executable, "-m", "server", "--help"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "REDIS_URL" in done.stdout


def test_one_ctrl_c_ends_a_start_whose_redis_never_answers(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"redis://127.0.0.1:{silent.getsockname()[1]}"
        command = [sys.executable, "-m", "server", "--port=0", "--workers=0", f"--redis-url={url}"]
        with subprocess.Popen(
            [*command, f"--data-dir={tmp_path}"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            asked, _ = silent.accept()
            with asked, contextlib.ExitStack() as stack:
                stack.callback(process.kill)
                asked.recv(1)
                process.send_signal(signal.SIGINT)
                said, _ = process.communicate(timeout=8)  # Redis would be given up after ten
    assert (process.returncode, said) == (0, "")
