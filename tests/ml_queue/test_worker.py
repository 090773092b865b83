"""The worker as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis as synchronous

from ml import queue
from ml.frames import read_replies
from tests.support import tiny_network
from tests.support.waiting import eventually

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def start(redis_url: str) -> Iterator[Start]:
    """Starts workers of the tiny network; none outlives its test."""
    processes: list[subprocess.Popen[bytes]] = []

    def start_one(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, tiny_network.__file__, f"--redis-url={redis_url}"]
        path = os.pathsep.join(sys.path)
        process = subprocess.Popen(
            [*command, "--exit-with-stdin", *options],
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
        reply.drawing
        for _, fields in client.xrange("inkling:{queue}:guesses:s")
        for reply in read_replies(fields)
        if not reply.error
    ]


def test_a_worker_answers_until_sigterm_and_ends_cleanly(start: Start, client: Any) -> None:
    worker = start()
    eventually(lambda: models(client))
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


def test_a_worker_whose_redis_is_silent_ends_all_the_same(start: Start) -> None:
    """Something accepts its connection, reads, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        deaf.settimeout(30)
        worker = start(f"--redis-url=redis://127.0.0.1:{deaf.getsockname()[1]}")
        connection, _ = deaf.accept()
        with connection:
            connection.settimeout(30)
            assert connection.recv(1)
            worker.send_signal(signal.SIGTERM)
            assert worker.wait(timeout=20) == 1  # its parent is still there
    _, printed = worker.communicate()
    assert b"ending without" in printed
    assert b"Traceback" not in printed


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
    workers = {worker.pid: worker for worker in (start(), start())}
    eventually(lambda: len(client.keys("inkling:{queue}:worker:*")) == 2)
    send(client, "a", 1, b"slow")
    [held] = eventually(lambda: client.xpending_range(queue.FRAMES, queue.GROUP, "-", "+", 10))
    victim = workers[int(held["consumer"].rpartition(b"-")[2])]
    victim.kill()
    eventually(lambda: answered(client) == ["a"])


def models(client: Any) -> set[str]:
    """The networks that workers say they use."""
    keys = client.keys("inkling:{queue}:worker:*")
    return {json.loads(beat)["model"] for beat in client.mget(keys) if beat} if keys else set()


def weights(folder: Path, text: str) -> None:
    """Put a new checkpoint in place, as a training run does."""
    (folder / "config.json").write_text("{}")
    (folder / "new").write_text(text)
    (folder / "new").replace(folder / "model.safetensors")


def test_a_new_checkpoint_is_picked_up_without_losing_a_frame(
    start: Start, client: Any, tmp_path: Path
) -> None:
    weights(tmp_path, "first")
    start(f"--weights={tmp_path}", "--watch")
    eventually(lambda: models(client) == {"first"})
    send(client, "before", 1, b"slow")
    eventually(lambda: client.xpending(queue.FRAMES, queue.GROUP)["pending"])
    weights(tmp_path, "second")
    eventually(lambda: models(client) == {"second"})
    send(client, "after")
    eventually(lambda: sorted(answered(client)) == ["after", "before"])


def test_a_hangup_loads_the_checkpoint_again(start: Start, client: Any, tmp_path: Path) -> None:
    weights(tmp_path, "first")
    worker = start(f"--weights={tmp_path}")
    eventually(lambda: models(client) == {"first"})
    weights(tmp_path, "second")
    worker.send_signal(signal.SIGHUP)
    eventually(lambda: models(client) == {"second"})


@pytest.mark.parametrize(
    ("text", "why"),
    [("damaged", b"these are no weights"), ("other labels", b"category 0 is 'ant', not '0'")],
)
def test_a_checkpoint_that_does_not_fit_is_refused_and_the_old_one_goes_on(
    start: Start, client: Any, tmp_path: Path, text: str, why: bytes
) -> None:
    weights(tmp_path, "first")
    worker = start(f"--weights={tmp_path}")
    eventually(lambda: models(client) == {"first"})
    weights(tmp_path, text)
    worker.send_signal(signal.SIGHUP)
    assert worker.stderr is not None
    line = next(line for line in worker.stderr if b"refused" in line)
    assert why in line
    send(client, "a")
    eventually(lambda: answered(client) == ["a"])
    assert models(client) == {"first"}


def test_prometheus_is_answered(start: Start, client: Any) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    worker = start(f"--metrics-port={port}")
    eventually(lambda: models(client))
    send(client, "a")
    eventually(lambda: answered(client))
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        text = page.read().decode()
    assert 'inkling_worker_frames_total{outcome="answered"} 1.0' in text
    for name in ("batch_frames", "queue_seconds", "raster_seconds", "forward_seconds"):
        assert f"inkling_worker_{name}_count 1.0" in text
    assert 'inkling_worker_serves{device="' in text
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0


def test_a_taken_port_costs_the_figures_and_not_the_game(start: Start, client: Any) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        start(f"--metrics-port={taken.getsockname()[1]}")
        eventually(lambda: models(client))
        send(client, "a")
        eventually(lambda: answered(client) == ["a"])


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ml.worker", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def test_help_teaches_every_option() -> None:
    done = run("--help")
    assert done.returncode == 0
    for word in (
        "--redis-url",
        "--weights",
        "--device",
        "--threads",
        "--max-batch",
        "SIGTERM",
        "--watch",
    ):
        assert word in done.stdout


def test_a_folder_without_a_network_is_named(tmp_path: Path) -> None:
    done = run(f"--weights={tmp_path}")
    assert done.returncode == 1
    assert str(tmp_path) in done.stderr
    assert "Traceback" not in done.stderr
