"""The game as a host starts it: ``python -m server``, with its own Valkey and worker."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).resolve().parents[2]
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:\d+")
_UP_S: Final = 60.0


@dataclass(frozen=True)
class Times:
    """Seconds from the command to the page, and to the first worker that recognises."""

    page_s: float
    ready_s: float


@dataclass
class WholeGame:
    """A running game."""

    url: str
    process: subprocess.Popen[str]
    times: Times

    def stop(self, with_signal: signal.Signals = signal.SIGTERM) -> int:
        """Tell it to stop and wait until it has; returns the exit status."""
        self.process.send_signal(with_signal)
        return self.process.wait(timeout=30)


@contextmanager
def whole_game(data_dir: Path, **settings: str) -> Iterator[WholeGame]:
    """Run the server on a free port, ready to recognise; stopped at the end if it still runs."""
    environment = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": "0",
        "DATA_DIR": str(data_dir),
        "REDIS_URL": "",
        **settings,
    }
    started = time.monotonic()
    with (data_dir.parent / f"{data_dir.name}.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "server"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        url = _address(process.stdout)
        page_s = _until_answered(f"{url}/", started)
        ready_s = _until_answered(f"{url}/readyz", started)
        yield WholeGame(url, process, Times(page_s, ready_s))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()


def _address(output: IO[str]) -> str:
    for line in output:
        found = _ADDRESS.search(line)
        if found:
            return found.group()
    message = "the server ended without saying where it is"
    raise AssertionError(message)


def _until_answered(url: str, started: float) -> float:
    """Seconds since ``started`` until ``url`` is answered with success."""
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - our own server
                return time.monotonic() - started
        except (urllib.error.URLError, ConnectionError) as error:
            if time.monotonic() - started > _UP_S:
                message = f"{url} did not answer within {_UP_S:.0f} s: {error}"
                raise AssertionError(message) from None
            time.sleep(0.05)
