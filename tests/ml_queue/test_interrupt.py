"""Ctrl-C while a command waits for Redis."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Final

import pytest

from ml import interrupt

ROOT: Final = Path(__file__).resolve().parents[2]
# Waiting for files, as Linux numbers its calls: epoll_wait, epoll_pwait, here and on ARM.
_WAITING: Final = {"x86_64": ("232", "281", "441"), "aarch64": ("22", "441")}


def asleep(thread: int) -> bool:
    """Whether a thread of ours waits for its loop's files, and so looks at no signal."""
    call = Path(f"/proc/self/task/{thread}/syscall").read_text().split()[0]
    return call in _WAITING[os.uname().machine]


def press_beside(main: int) -> None:
    """Ctrl-C in another thread, so that the one asleep is not woken by it, as in that moment."""
    while not asleep(main):
        pass
    signal.pthread_kill(threading.get_ident(), signal.SIGINT)


def test_a_ctrl_c_that_comes_as_the_loop_goes_to_sleep_is_not_missed() -> None:
    slept_s = []

    async def asking() -> None:
        loop = asyncio.get_running_loop()
        beside = threading.Thread(target=press_beside, args=(threading.get_native_id(),))
        beside.start()
        started_s = loop.time()
        try:
            await asyncio.sleep(30)
        finally:
            slept_s.append(loop.time() - started_s)
            beside.join()

    with pytest.raises(KeyboardInterrupt):
        interrupt.run(asking())
    assert slept_s[0] < 20
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_was_asked_is_returned_or_raised() -> None:
    async def seven() -> int:
        return 7

    async def wrong() -> None:
        message = "no"
        raise ValueError(message)

    assert interrupt.run(seven()) == 7
    with pytest.raises(ValueError, match="no"):
        interrupt.run(wrong())


COMMANDS: Final = (
    ("server.admin", "rooms"),
    ("server.verdicts", "BCDFG-0123456789abcdef-1"),
    ("ml.compare",),
)


def asking(command: tuple[str, ...], url: str) -> subprocess.Popen[str]:
    module, *rest = command
    given = [sys.executable, "-m", module, "--redis-url", url, *rest]
    return subprocess.Popen(
        given, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_one_ctrl_c_ends_a_command_whose_redis_never_answers(command: tuple[str, ...]) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        asking(command, f"redis://127.0.0.1:{silent.getsockname()[1]}") as process,
        contextlib.ExitStack() as stack,
    ):
        stack.callback(process.kill)
        asked, _ = silent.accept()
        with asked:
            asked.recv(1)
            process.send_signal(signal.SIGINT)
            said, _ = process.communicate(timeout=8)  # Redis would be given up after ten
    assert process.returncode == 130
    assert said == ""


@pytest.mark.parametrize("command", COMMANDS)
def test_a_redis_that_is_not_there_is_said_in_a_line(command: tuple[str, ...]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"redis://127.0.0.1:{gone.getsockname()[1]}"
    with asking(command, url) as process:
        said, _ = process.communicate(timeout=60)
    assert process.returncode in {1, 2}
    assert "Traceback" not in said
    assert url.rpartition(":")[2] in said
