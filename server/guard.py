"""Runs a command and ends it when the process that started the guard is gone, however it went.

``guard.py [--grace SECONDS] -- COMMAND …`` reads its standard input, a pipe that the parent holds
open. The end of that pipe means that the parent has closed it or has died, SIGKILL included: the
command gets SIGTERM and, after the grace, SIGKILL. A signal to the guard is passed on. The exit
status is the command's. Only the standard library, so that it starts in a blink; works wherever
there are pipes, where Linux's parent-death signal would not.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import Final

_PASSED_ON: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command in ``arguments``; returns its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m server.guard",
        description="Run COMMAND until it ends or standard input does; then end it.",
    )
    parser.add_argument(
        "--grace", type=float, default=10.0, help="seconds between SIGTERM and SIGKILL"
    )
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    options = parser.parse_args(arguments)

    early: list[int] = []  # a signal must find a handler even before there is a child
    for number in _PASSED_ON:
        signal.signal(number, lambda number, _frame: early.append(number))
    # Inherited file descriptors pass through: one may be a lock to hold as long as this.
    child = subprocess.Popen(options.command, stdin=subprocess.DEVNULL, close_fds=False)
    for number in _PASSED_ON:
        signal.signal(number, lambda number, _frame: child.send_signal(number))
    for early_number in early:
        child.send_signal(early_number)
    threading.Thread(target=_end_with_stdin, args=(child, options.grace), daemon=True).start()
    status = child.wait()
    return status if status >= 0 else 128 - status


def _end_with_stdin(child: subprocess.Popen[bytes], grace_s: float) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    child.terminate()
    try:
        child.wait(grace_s)
    except subprocess.TimeoutExpired:
        child.kill()


if __name__ == "__main__":
    sys.exit(main())
