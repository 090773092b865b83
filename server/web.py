"""A web server process: the only one there is, or one of several that share a listener.

``python -m server.web FD`` is how ``python -m server --processes N`` starts one of several: FD is
the listening socket that it inherits, its settings are all in the environment, and it stops on
SIGTERM or when its standard input, a pipe that the parent holds open, ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Sequence
from typing import Final

import uvicorn
import uvloop
from fastapi import FastAPI

from game import protocol
from server.connections import PER_SOCKET, Connections, Requests, Socket, allow_many
from server.settings import Settings, read_settings

READY: Final = "INFO serving"  # what a child prints once it answers
# Whoever sends nonsense must not fill the disk with it.
_NO_NEWS: Final = (
    "Invalid UTF-8 sequence received",
    "Invalid HTTP request received",
    "Unsupported upgrade request",
)
_GRACE_S: Final = 3  # for requests that are open when the server stops


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve as one of several until told to stop; returns the exit status."""
    (number,) = map(int, sys.argv[1:] if arguments is None else arguments)
    settings = read_settings()
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(levelname)s %(message)s", stream=sys.stderr
    )
    with (
        socket.socket(fileno=number) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        return runner.run(_serve_as_child(settings, listener))


async def _serve_as_child(settings: Settings, listener: socket.socket) -> int:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(signal_number, stopping.set)

    def stop_with_parent() -> None:
        while os.read(sys.stdin.fileno(), 4096):
            pass
        with contextlib.suppress(RuntimeError):  # the loop may have ended by itself
            loop.call_soon_threadsafe(stopping.set)

    threading.Thread(target=stop_with_parent, daemon=True).start()
    ready = lambda: print(READY, flush=True)  # noqa: E731, T201 - said to the parent
    return await serve(settings, settings.redis_url, listener, stopping, ready)


async def serve(
    settings: Settings,
    redis_url: str,
    listener: socket.socket,
    stopping: asyncio.Event,
    ready: Callable[[], None] = lambda: None,
) -> int:
    """Serve on ``listener`` until ``stopping``; returns the exit status.

    ``ready`` is called once requests are answered.
    """
    from server.app import create_app  # noqa: PLC0415 - loads while the workers load

    allow_many()
    app = create_app(settings, redis_url)
    config = uvicorn.Config(
        app,
        http=_requests(settings),
        ws=Socket,
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
        # Never the library's own debugging: it prints every frame, tokens and all.
        logging.INFO if settings.log_level == "debug" else logging.WARNING
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = _WebServer(config, ready)
    stopper = asyncio.create_task(_stop_when(stopping, app, server))
    try:
        await server.serve(sockets=[listener])
    except SystemExit:  # uvicorn's way to say that the application did not start; it has logged why
        return 1
    finally:
        stopper.cancel()
    return 0


def _requests(settings: Settings) -> type[Requests]:
    connections = Connections(PER_SOCKET * settings.sockets_per_address, settings.proxies)
    return type("_Requests", (Requests,), {"connections_here": connections})


def _is_news(record: logging.LogRecord) -> bool:
    """False for what uvicorn takes for a fault of the server, traceback and all, and is none."""
    return not record.getMessage().startswith(_NO_NEWS)


class _WebServer(uvicorn.Server):
    """Uvicorn that leaves signals to us and says when it answers."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    def capture_signals(self) -> contextlib.AbstractContextManager[None]:  # type: ignore[override]
        return contextlib.nullcontext()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()


async def _stop_when(stopping: asyncio.Event, app: FastAPI, server: uvicorn.Server) -> None:
    """Stop the web server; told a second time, without waiting for anybody."""
    await stopping.wait()
    stopping.clear()
    closing = asyncio.create_task(_close(app, server))
    await stopping.wait()
    server.force_exit = True
    server.should_exit = True
    closing.cancel()


async def _close(app: FastAPI, server: uvicorn.Server) -> None:
    """Sockets first, while they can still be told to come back; uvicorn would say 1012."""
    desk = getattr(app.state, "desk", None)
    try:
        if desk is not None:
            await desk.close()
    finally:
        server.should_exit = True


if __name__ == "__main__":
    sys.exit(main())
