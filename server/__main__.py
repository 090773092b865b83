"""``python -m server``: the one place where the processes are put together.

Started in this order and stopped in the reverse: Valkey (unless REDIS_URL names a Redis), the
recognition workers, the web server. The page is served while the workers are still loading the
network; ``/readyz`` tells when recognition is up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import uvloop

from server import logs, startup, web
from server.embedded import EmbeddedValkey
from server.settings import BadSettings, Settings, read_settings
from server.supervisor import Program, Supervised

log = logging.getLogger("server")

_WORKER_STOP_S = 10.0
_WEB_STOP_S = 15.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - says so rather than failing somewhere inside
        print("Inkling needs Python 3.11 or newer.", file=sys.stderr)  # noqa: T201
        return 1
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments)
        logs.set_up(settings.log_level, settings.log_format)
        listener = startup.listen(settings)
        with listener, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(serve(settings, listener))
    except BadSettings as problem:
        print(problem, file=sys.stderr)  # noqa: T201 - for whoever typed the command
        return 1


async def serve(settings: Settings, listener: socket.socket) -> int:
    """Run every process until told to stop; returns the exit status. Raises ``BadSettings``."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stopping.set)
    startup.check_weights(settings)
    async with contextlib.AsyncExitStack() as stack:
        redis_url = settings.redis_url
        if redis_url:
            if not await _finds_redis(redis_url, stopping):
                return 0
        else:
            valkey = EmbeddedValkey(settings.data_dir, settings.memory_mb)
            redis_url = (await stack.enter_async_context(valkey)).url
        workers = [_worker(settings, redis_url, number) for number in range(settings.workers)]
        stack.push_async_callback(_stop_all, workers)
        for worker in workers:
            await worker.start()
        if settings.processes > 1:
            return await _serve_in_processes(settings, redis_url, listener, stopping)
        announce = partial(_announce, settings, listener)
        return await web.serve(settings, redis_url, listener, stopping, announce)


async def _finds_redis(url: str, stopping: asyncio.Event) -> bool:
    """Check the Redis; False when told to stop meanwhile. Raises ``BadSettings``."""
    checking = asyncio.create_task(startup.check_redis(url))
    told = asyncio.create_task(stopping.wait())
    await asyncio.wait({checking, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if checking.done():
        await checking
        return True
    checking.cancel()
    await asyncio.wait({checking})
    return False


async def _serve_in_processes(
    settings: Settings, redis_url: str, listener: socket.socket, stopping: asyncio.Event
) -> int:
    """Web servers that share the listener, started again when they die, until told to stop."""
    announced = False

    def show(name: str, line: str) -> None:
        nonlocal announced
        if line != web.READY:
            _pass_on(name, line)
        elif not announced:
            announced = True
            _announce(settings, listener)

    with tempfile.TemporaryDirectory(prefix="inkling-metrics-") as counted:
        environment = {
            **os.environ,
            **settings.as_environment(),
            "REDIS_URL": redis_url,
            "PROMETHEUS_MULTIPROC_DIR": counted,
        }
        children = _web_servers(settings, environment, listener, show)
        try:
            for child in children:
                await child.start()
            await stopping.wait()
        finally:
            await _stop_all(children)
    return 0


def _web_servers(
    settings: Settings,
    environment: Mapping[str, str],
    listener: socket.socket,
    show: Callable[[str, str], None],
) -> list[Supervised]:
    children = []
    for number in range(1, settings.processes + 1):
        name = f"web {number}"
        command = [sys.executable, "-m", "server.web", str(listener.fileno())]
        program = Program(name, command, environment, (listener.fileno(),), _WEB_STOP_S)
        children.append(Supervised(program, partial(show, name)))
    return children


def _announce(settings: Settings, listener: socket.socket) -> None:
    print(startup.addresses(settings, listener), flush=True)  # noqa: T201 - what it is typed for


def _worker(settings: Settings, redis_url: str, number: int) -> Supervised:
    name = f"worker {number + 1}"
    options = {
        "redis-url": redis_url,
        "weights": settings.weights,
        "device": settings.device,
        "threads": settings.threads_per_worker,
        "max-batch": settings.max_batch,
        "log-level": settings.log_level,
    }
    arguments = [f"--{option}={value}" for option, value in options.items()]
    program = Program(
        name=name,
        command=[sys.executable, "-m", "ml.worker", "--exit-with-stdin", *arguments],
        stop_s=_WORKER_STOP_S,
    )
    return Supervised(program, lambda line: _pass_on(name, line))


def _pass_on(name: str, line: str) -> None:
    """A worker's log line, at its own level."""
    level, _, text = line.partition(" ")
    known = logging.getLevelNamesMapping().get(level)
    if known is None:
        log.warning("%s: %s", name, line)  # not from its log: a traceback, a library's outcry
    else:
        log.log(known, "%s: %s", name, text)


async def _stop_all(workers: Sequence[Supervised]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers))


if __name__ == "__main__":
    sys.exit(main())
