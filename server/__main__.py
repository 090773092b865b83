"""``python -m server``: the one place where the processes are put together.

Started in this order and stopped in the reverse: Valkey (unless REDIS_URL names a Redis), the
recognition workers, the web server. The page is served while the workers are still loading the
network; ``/readyz`` tells when recognition is up.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import socket
import sys
from collections.abc import Sequence

import uvicorn
import uvloop

from game import protocol
from server import startup
from server.embedded import EmbeddedValkey
from server.settings import BadSettings, Settings, read_settings
from server.supervisor import Program, Supervised

log = logging.getLogger("server")

_WORKER_STOP_S = 10.0
_GRACE_S = 3  # for requests and sockets that are open when the server stops


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the server until SIGINT or SIGTERM; returns the exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - says so rather than failing somewhere inside
        print("Inkling needs Python 3.11 or newer.", file=sys.stderr)  # noqa: T201
        return 1
    try:
        settings = read_settings(sys.argv[1:] if arguments is None else arguments)
        logging.basicConfig(
            level=settings.log_level.upper(), format="%(levelname)s %(message)s", stream=sys.stderr
        )
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
            await startup.check_redis(redis_url)
        else:
            valkey = EmbeddedValkey(settings.data_dir, settings.memory_mb)
            redis_url = (await stack.enter_async_context(valkey)).url
        workers = [_worker(settings, redis_url, number) for number in range(settings.workers)]
        stack.push_async_callback(_stop_all, workers)
        for worker in workers:
            await worker.start()
        return await _serve_web(settings, redis_url, listener, stopping)


async def _serve_web(
    settings: Settings, redis_url: str, listener: socket.socket, stopping: asyncio.Event
) -> int:
    from server.app import create_app  # noqa: PLC0415 - loads while the workers load

    config = uvicorn.Config(
        create_app(settings, redis_url),
        ws="websockets-sansio",
        ws_max_size=protocol.MAX_MESSAGE_BYTES,
        ws_per_message_deflate=False,  # costs twice the CPU, and ink hardly shrinks
        timeout_graceful_shutdown=_GRACE_S,
        forwarded_allow_ips=settings.trusted_proxies,
        log_config=None,
        access_log=settings.log_level == "debug",
        server_header=False,
        lifespan="on",
    )
    logging.getLogger("uvicorn.error").setLevel(
        logging.DEBUG if settings.log_level == "debug" else logging.WARNING
    )
    server = _WebServer(config, startup.addresses(settings, listener))
    stopper = asyncio.create_task(_stop_when(stopping, server))
    try:
        await server.serve(sockets=[listener])
    except SystemExit:  # uvicorn's way to say that the application did not start; it has logged why
        return 1
    finally:
        stopper.cancel()
    return 0


class _WebServer(uvicorn.Server):
    """Uvicorn that leaves signals to ``serve`` and says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, addresses: str) -> None:
        super().__init__(config)
        self._addresses = addresses

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self._addresses, flush=True)  # noqa: T201 - what the command is typed for


async def _stop_when(stopping: asyncio.Event, server: uvicorn.Server) -> None:
    """Stop the web server; told a second time, without waiting for anybody."""
    await stopping.wait()
    server.should_exit = True
    stopping.clear()
    await stopping.wait()
    server.force_exit = True


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
