"""Child processes: started, watched, started again when they die, stopped in good order."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from asyncio.subprocess import PIPE, STDOUT, Process
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

log = logging.getLogger(__name__)

_FIRST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 10.0
_STEADY_S: Final = 10.0  # a child that lived this long had started properly
_LINE_BYTES: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Program:
    """What to run. Its standard input is a pipe that ends when the supervising process does.

    ``pass_fds`` are inherited; ``stop_s`` is how long it has to end after SIGTERM.
    """

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] | None = None
    pass_fds: Sequence[int] = ()
    stop_s: float = 10.0


class Supervised:
    """One program kept running from ``start`` to ``stop``.

    When it dies it is started again: at once if it had run for a while, else after a pause that
    doubles up to 10 s. Each line it prints goes to ``show``.
    """

    def __init__(self, program: Program, show: Callable[[str], None]) -> None:
        self.program = program
        self._show = show
        self._process: Process | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """Process id while the program runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def start(self) -> None:
        """Start the program. Raises ``OSError`` if there is no such program."""
        process = await self._spawn()
        self._watch = asyncio.create_task(self._keep_running(process), name=self.program.name)

    async def stop(self) -> None:
        """End the program: SIGTERM, and SIGKILL when it takes longer than its ``stop_s``."""
        if self._watch is not None:
            self._watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watch
            self._watch = None
        process, self._process = self._process, None
        if process is None or process.returncode is not None:
            return
        _signal(process, signal.SIGTERM)
        # Its last lines are still wanted, and a full pipe would keep it from ending.
        reading = asyncio.create_task(self._forward_lines(process))
        try:
            await asyncio.wait_for(process.wait(), self.program.stop_s)
        except TimeoutError:
            log.warning("%s did not stop in %g s: killed", self.program.name, self.program.stop_s)
            _signal(process, signal.SIGKILL)
            await process.wait()
        # A grandchild that keeps the pipe open must not keep this from ending.
        await asyncio.wait([reading], timeout=1)
        reading.cancel()

    async def _spawn(self) -> Process:
        program = self.program
        self._process = await asyncio.create_subprocess_exec(
            *program.command,
            stdin=PIPE,
            stdout=PIPE,
            stderr=STDOUT,
            env=program.environment,
            pass_fds=program.pass_fds,
            start_new_session=True,  # Ctrl-C is for the server, which stops everything in order
            limit=_LINE_BYTES,
        )
        return self._process

    async def _keep_running(self, process: Process) -> None:
        pause_s = _FIRST_PAUSE_S
        while True:
            started = time.monotonic()
            await self._forward_lines(process)
            status = await process.wait()
            if time.monotonic() - started >= _STEADY_S:
                pause_s = _FIRST_PAUSE_S
            log.warning(
                "%s ended (%s); starting it again in %g s",
                self.program.name,
                _cause(status),
                pause_s,
            )
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
            process = await self._spawn()

    async def _forward_lines(self, process: Process) -> None:
        """Pass on what the program prints until it closes its output."""
        output = process.stdout
        while output is not None:
            try:
                line = await output.readline()
            except ValueError:  # a line beyond the limit; the reader has dropped it
                continue
            if not line:
                return
            self._show(line.decode(errors="replace").rstrip())


def _signal(process: Process, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(number)


def _cause(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    return f"killed by {signal.Signals(-status).name}"
