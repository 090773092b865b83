"""The guard ends its command when whoever started it is gone."""

from __future__ import annotations

import signal
import subprocess
import sys

import psutil
import pytest

from server import guard
from tests.support.waiting import eventually

SLEEPS = "import os, time; print(os.getpid(), flush=True); time.sleep(60)"
DEAF = (
    "import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print(os.getpid(), flush=True); time.sleep(60)"
)


def guarded(code: str, grace_s: float = 5.0) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", guard.__file__, f"--grace={grace_s}", "--"]
    return subprocess.Popen(
        [*command, sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def first_line(process: subprocess.Popen[bytes]) -> int:
    assert process.stdout is not None
    return int(process.stdout.readline())


@pytest.mark.parametrize("code", [SLEEPS, DEAF])
def test_the_command_ends_with_the_pipe(code: str) -> None:
    with guarded(code, grace_s=0.2) as process:
        pid = first_line(process)
        process.communicate(timeout=10)
    assert not psutil.pid_exists(pid)


def test_the_command_ends_when_the_parent_is_killed() -> None:
    """The parent is a process that starts a guard and then waits for ever."""
    parent_code = (
        "import subprocess, sys;"
        f"subprocess.Popen([sys.executable, {guard.__file__!r}, '--', sys.executable, '-c',"
        f" {SLEEPS!r}], stdin=subprocess.PIPE).wait()"
    )
    parent = subprocess.Popen([sys.executable, "-c", parent_code], stdout=subprocess.PIPE)
    with parent:
        pid = first_line(parent)
        parent.kill()
        eventually(lambda: not psutil.pid_exists(pid))


def test_a_signal_is_passed_on_and_the_status_is_the_commands() -> None:
    with guarded(SLEEPS) as process:
        first_line(process)
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert process.returncode == 128 + signal.SIGTERM


def test_the_exit_status_is_handed_on() -> None:
    with guarded("raise SystemExit(7)") as process:
        process.wait(10)
    assert process.returncode == 7
