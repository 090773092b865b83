"""Child processes are kept running, and end when they are told to."""

from __future__ import annotations

import logging
import os
import signal
import sys

import psutil
import pytest

from server.supervisor import Program, Supervised
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio

SAYS_ITS_PID = "import os, sys; print(os.getpid(), flush=True); sys.stdin.read()"
IGNORES_SIGTERM = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)"
)


def python(code: str, stop_s: float = 5.0) -> Program:
    return Program(name="child", command=[sys.executable, "-c", code], stop_s=stop_s)


async def test_what_the_child_prints_is_shown_line_by_line() -> None:
    lines: list[str] = []
    child = Supervised(python("print('a\\nb', flush=True); input()"), lines.append)
    await child.start()

    async def are_shown() -> bool:
        return lines == ["a", "b"]

    await soon(are_shown)
    await child.stop()


async def test_a_killed_child_is_started_again(caplog: pytest.LogCaptureFixture) -> None:
    pids: list[str] = []
    child = Supervised(python(SAYS_ITS_PID), pids.append)
    await child.start()

    async def runs() -> bool:
        return len(pids) == 1

    async def runs_again() -> bool:
        return len(pids) == 2

    await soon(runs)
    os.kill(int(pids[0]), signal.SIGKILL)
    await soon(runs_again, within_s=3)
    assert child.pid == int(pids[1])
    assert "child ended (killed by SIGKILL)" in caplog.text
    await child.stop()


async def test_a_child_that_cannot_start_is_tried_ever_more_rarely(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.supervisor._FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr("server.supervisor._LONGEST_PAUSE_S", 0.04)
    child = Supervised(python("raise SystemExit(3)"), print)
    await child.start()

    async def failed_often() -> bool:
        return len(caplog.records) >= 4

    await soon(failed_often)
    await child.stop()
    told = [record.getMessage() for record in caplog.records[:4]]
    pauses = ["0.01", "0.02", "0.04", "0.04"]
    assert told == [
        f"child ended (exit status 3); starting it again in {pause} s" for pause in pauses
    ]


async def test_stopping_ends_the_child_and_it_stays_ended() -> None:
    pids: list[str] = []
    child = Supervised(python(SAYS_ITS_PID), pids.append)
    await child.start()

    async def runs() -> bool:
        return bool(pids)

    await soon(runs)
    await child.stop()
    assert child.pid is None
    assert not psutil.pid_exists(int(pids[0]))


async def test_a_child_deaf_to_sigterm_is_killed(caplog: pytest.LogCaptureFixture) -> None:
    lines: list[str] = []
    child = Supervised(python(IGNORES_SIGTERM, stop_s=0.2), lines.append)
    await child.start()

    async def is_deaf() -> bool:
        return lines == ["deaf"]

    await soon(is_deaf)
    await child.stop()
    assert caplog.record_tuples == [
        ("server.supervisor", logging.WARNING, "child did not stop in 0.2 s: killed")
    ]


async def test_a_line_without_end_is_dropped_and_stops_nothing() -> None:
    lines: list[str] = []
    code = "print('x' * 1_000_000, flush=True); print('after', flush=True); input()"
    child = Supervised(python(code), lines.append)
    await child.start()

    async def goes_on() -> bool:
        return lines[-1:] == ["after"]

    await soon(goes_on)
    await child.stop()


async def test_a_program_that_does_not_exist_is_an_error_at_once() -> None:
    with pytest.raises(FileNotFoundError):
        await Supervised(Program("ghost", ["/no/such/program"]), print).start()


async def test_what_was_never_started_can_be_stopped() -> None:
    await Supervised(python(""), print).stop()
