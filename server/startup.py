"""Checks before the doors open, each with a message that says what to do about it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import socket
import time
from pathlib import Path
from typing import Any, Final

from redis.exceptions import RedisError

from game.categories import CATEGORIES
from ml import queue
from server.settings import BadSettings, Settings

_REDIS_WAIT_S: Final = 5.0
_OLDEST_REDIS: Final = 7
_WEIGHTS: Final = ("config.json", "model.safetensors")


def listen(settings: Settings) -> socket.socket:
    """The socket to serve on, bound before anything is started."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    # A port in TIME_WAIT, after a restart, is not taken.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(2048)
    except (OSError, OverflowError) as error:
        listener.close()
        raise BadSettings(_why_not(settings, error)) from None
    return listener


def _why_not(settings: Settings, error: Exception) -> str:
    number = getattr(error, "errno", None)
    if number == errno.EADDRINUSE:
        return (
            f"Port {settings.port} is taken by another program. Choose another one, such as"
            f" PORT={settings.port + 1}"
        )
    if number == errno.EACCES:
        return f"Port {settings.port} is reserved for the system. Choose another one: PORT=8000"
    return f"HOST={settings.host} is no address of this machine: {error}"


def check_weights(settings: Settings) -> None:
    """The network's files are there, if workers are to be started here."""
    missing = [name for name in _WEIGHTS if not (settings.weights / name).is_file()]
    if settings.workers and missing:
        message = (
            f"There is no network in {settings.weights} ({' and '.join(missing)} missing)."
            " Train one with `make train`, say where one is with WEIGHTS=…, or start without"
            " recognition: WORKERS=0"
        )
        raise BadSettings(message)
    if settings.workers and (known := _categories(settings.weights)) != CATEGORIES:
        message = (
            f"The network in {settings.weights} knows {len(known)} categories; the game needs the"
            f" {len(CATEGORIES)} of Quick, Draw!, in their order. Train one on all of them, or"
            " leave WEIGHTS empty to use the one that comes with the game."
        )
        raise BadSettings(message)


def _categories(weights: Path) -> tuple[str, ...]:
    """What the network in a folder can tell apart, in the order of its outputs."""
    try:
        labels: dict[str, str] = json.loads((weights / _WEIGHTS[0]).read_text("utf-8"))["id2label"]
        return tuple(labels[str(index)] for index in range(len(labels)))
    except (ValueError, KeyError, TypeError):
        return ()


async def check_redis(url: str) -> None:
    """The Redis at ``url`` answers and is recent enough; one that is starting gets 5 s."""
    deadline = time.monotonic() + _REDIS_WAIT_S
    place = url.partition("?")[0]
    if "@" in place:
        place = f"{place.partition('://')[0]}://…@{place.rpartition('@')[2]}"
    async with contextlib.aclosing(queue.connect(url)) as redis:
        while True:
            try:
                facts: Any = await redis.info("server")
            except (RedisError, OSError, ValueError) as error:
                if time.monotonic() > deadline or isinstance(error, ValueError):
                    message = (
                        f"Redis does not answer at {place}: {error}. Start it, correct REDIS_URL,"
                        " or leave REDIS_URL empty to use the built-in Valkey."
                    )
                    raise BadSettings(message) from None
                await asyncio.sleep(0.1)
            else:
                break
    version = str(facts["redis_version"])
    if int(version.partition(".")[0]) < _OLDEST_REDIS:
        message = (
            f"The Redis at {place} is version {version}; Inkling needs {_OLDEST_REDIS} or newer."
        )
        raise BadSettings(message)


def addresses(settings: Settings, listener: socket.socket) -> str:
    """Where players find the game, in a few lines for the terminal."""
    port = listener.getsockname()[1]
    if settings.public_url:
        return f"\n  Inkling is at {settings.public_url}\n"
    everywhere = settings.host in {"0.0.0.0", "::"}  # noqa: S104 - compared, not bound
    host = "localhost" if everywhere else settings.host
    lines = [f"  Inkling is at        http://{_in_url(host)}:{port}"]
    if everywhere and (lan := _lan_address()):
        lines.append(f"  On your network, at  http://{lan}:{port}")
    return "\n".join(("", *lines, "  Stop it with Ctrl-C.", ""))


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _lan_address() -> str | None:
    """This machine's address in its network, if it is in one. Nothing is sent."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # a documentation address: any that is not local
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if address.startswith("127.") else address
