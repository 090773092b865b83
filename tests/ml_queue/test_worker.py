"""The worker as a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as synchronous

from ml import queue
from tests.support import tiny_network
from tests.support.waiting import eventually

Start = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def start(redis_url: str) -> Iterator[Start]:
    """Starts workers of the tiny network; none outlives its test."""
    processes: list[subprocess.Popen[bytes]] = []

    def start_one() -> subprocess.Popen[bytes]:
        command = [sys.executable, tiny_network.__file__, f"--redis-url={redis_url}"]
        path = os.pathsep.join(sys.path)
        process = subprocess.Popen(
            [*command, "--exit-with-stdin"],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
        )
        processes.append(process)
        return process

    yield start_one
    for process in processes:
        process.kill()
        process.communicate()


@pytest.fixture
def client(redis_url: str) -> Iterator[Any]:
    with synchronous.Redis.from_url(redis_url, protocol=2) as connection:
        yield connection


def send(client: Any, drawing: str, n: int = 1, ink: bytes = b"ink") -> None:
    client.xadd(queue.FRAMES, {"drawing": drawing, "n": n, "server": "s", "ink": ink})


def answered(client: Any) -> list[str]:
    return [
        fields[b"drawing"].decode()
        for _, fields in client.xrange("inkling:{queue}:guesses:s")
        if not fields[b"error"]
    ]


def test_a_worker_answers_until_sigterm_and_ends_cleanly(start: Start, client: Any) -> None:
    worker = start()
    send(client, "a")
    eventually(lambda: answered(client) == ["a"])
    worker.send_signal(signal.SIGTERM)
    _, printed = worker.communicate(timeout=10)
    assert worker.returncode == 0, printed.decode()
    assert b"Traceback" not in printed
    assert client.keys("inkling:{queue}:worker:*") == []


def test_sigterm_lets_the_batch_in_hand_be_answered(start: Start, client: Any) -> None:
    worker = start()
    eventually(lambda: client.keys("inkling:{queue}:worker:*"))
    send(client, "a", 1, b"slow")
    eventually(lambda: client.xpending(queue.FRAMES, queue.GROUP)["pending"])
    worker.send_signal(signal.SIGTERM)
    worker.communicate(timeout=10)
    assert answered(client) == ["a"]


def test_a_worker_ends_with_the_pipe_its_parent_holds(start: Start, client: Any) -> None:
    worker = start()
    eventually(lambda: client.keys("inkling:{queue}:worker:*"))
    worker.communicate(timeout=10)  # closes its standard input
    assert worker.returncode == 0


def test_a_worker_whose_parent_died_while_it_was_loading_ends_at_once(start: Start) -> None:
    worker = start()
    worker.communicate(timeout=10)
    assert worker.returncode in {0, 1}


def test_frames_of_a_killed_worker_are_answered_by_the_one_that_is_left(
    start: Start, client: Any
) -> None:
    victim = start()
    eventually(lambda: client.keys("inkling:{queue}:worker:*"))
    send(client, "a", 1, b"slow")
    eventually(lambda: client.xpending(queue.FRAMES, queue.GROUP)["pending"])
    start()
    eventually(lambda: len(client.keys("inkling:{queue}:worker:*")) == 2)
    victim.kill()
    eventually(lambda: answered(client) == ["a"])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml.worker", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_teaches_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in ("--redis-url", "--weights", "--device", "--threads", "--max-batch", "SIGTERM"):
        assert word in done.stdout


def test_a_folder_without_a_network_is_named(tmp_path: Path) -> None:
    done = run(f"--weights={tmp_path}")
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
