"""The Valkey that comes with Inkling."""

from __future__ import annotations

import asyncio
import os
import platform
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import redis as synchronous

from server import embedded
from server.embedded import EmbeddedValkey
from server.settings import BadSettings
from tests.support.waiting import eventually

RUNS_ONE = """
import asyncio, sys
from pathlib import Path
from server.embedded import EmbeddedValkey

async def main():
    async with EmbeddedValkey(Path(sys.argv[1])) as valkey:
        print(valkey.url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def client(url: str) -> synchronous.Redis:
    return synchronous.Redis.from_url(url, protocol=2)


def store(redis: synchronous.Redis, mebibytes: int) -> None:
    for at in range(mebibytes):
        redis.set(f"mebibyte {at}", bytes(2**20))


def process_of(url: str) -> psutil.Process:
    with client(url) as redis:
        return psutil.Process(redis.info("server")["process_id"])


@pytest.mark.asyncio
async def test_data_survives_a_restart(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as valkey:
        with client(valkey.url) as redis:
            redis.set("kept", "yes")
    async with EmbeddedValkey(tmp_path) as valkey:
        with client(valkey.url) as redis:
            assert redis.get("kept") == b"yes"


@pytest.mark.asyncio
async def test_it_listens_on_a_private_socket_and_on_no_port(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as valkey:
        process = process_of(valkey.url)
        kinds = {connection.family.name for connection in process.net_connections("all")}
        assert kinds == {"AF_UNIX"}
        with client(valkey.url) as redis:
            socket = Path(redis.config_get("unixsocket")["unixsocket"])
    assert socket.parent == tmp_path / "valkey"
    assert socket.parent.stat().st_mode & 0o077 == 0


@pytest.mark.asyncio
async def test_memory_is_bounded_and_a_full_one_refuses_instead_of_forgetting(
    tmp_path: Path,
) -> None:
    async with EmbeddedValkey(tmp_path, memory_mb=64) as valkey:
        with client(valkey.url) as redis:
            redis.set("first", "kept")
            with pytest.raises(synchronous.exceptions.OutOfMemoryError):
                store(redis, mebibytes=100)
            assert redis.get("first") == b"kept"


@pytest.mark.asyncio
async def test_nothing_stays_behind_after_a_stop(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as valkey:
        process = process_of(valkey.url)
        guard = process.parent()
    assert not process.is_running()
    assert guard is not None
    assert not guard.is_running()


@pytest.mark.asyncio
async def test_a_killed_valkey_comes_back_with_its_data(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as valkey:
        with client(valkey.url) as redis:
            redis.set("kept", "yes")
            redis.bgrewriteaof()
        process_of(valkey.url).kill()

        def is_back() -> bool:
            try:
                with client(valkey.url) as redis:
                    return bool(redis.get("kept") == b"yes")
            except synchronous.exceptions.ConnectionError:
                return False

        await asyncio.to_thread(eventually, is_back)


def test_a_killed_server_leaves_no_process_and_the_next_start_works(tmp_path: Path) -> None:
    def start() -> tuple[subprocess.Popen[str], str]:
        process = subprocess.Popen(
            [sys.executable, "-c", RUNS_ONE, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        return process, process.stdout.readline().strip()

    first, url = start()
    with first:
        with client(url) as redis:
            redis.set("kept", "yes")
        valkey = process_of(url)
        first.kill()
    second, url = start()  # at once: it waits for the orphan's end by itself
    with second:
        with client(url) as redis:
            assert redis.get("kept") == b"yes"
        assert not valkey.is_running()
        survivor = process_of(url)
        second.kill()
        eventually(lambda: not survivor.is_running())


@pytest.mark.asyncio
async def test_a_folder_in_use_names_who_uses_it(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path):
        with pytest.raises(BadSettings, match=rf"process {os.getpid()}.*DATA_DIR"):
            await EmbeddedValkey(tmp_path).__aenter__()


@pytest.mark.asyncio
async def test_a_folder_locked_by_nobody_known_is_given_up_in_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded, "_LOCK_WAIT_S", 0.1)
    async with EmbeddedValkey(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(BadSettings, match="process unknown"):
            await EmbeddedValkey(tmp_path).__aenter__()


@pytest.mark.asyncio
async def test_a_long_path_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / ("long and spacey " * 10)
    async with EmbeddedValkey(folder) as valkey:
        with client(valkey.url) as redis:
            assert redis.ping()
            socket = Path(redis.config_get("unixsocket")["unixsocket"])
    assert socket.parent.stat().st_mode & 0o077 == 0
    socket.parent.rmdir()


@pytest.mark.parametrize("temporary", ["/tmp", "/tmp/" + 90 * "t"])  # noqa: S108
def test_a_long_path_does_not_lead_to_a_folder_others_can_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: temporary)
    long = tmp_path / ("x" * 120) / "valkey.sock"
    folder = embedded._short_enough(long).parent
    try:
        folder.chmod(0o755)
        with pytest.raises(BadSettings, match="private"):
            embedded._short_enough(long)
    finally:
        folder.rmdir()


@pytest.mark.asyncio
async def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(BadSettings, match=r"cannot be made.*DATA_DIR"):
        await EmbeddedValkey(tmp_path / "file" / "data").__aenter__()


@pytest.mark.asyncio
async def test_a_lock_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock").mkdir()
    with pytest.raises(BadSettings, match=r"Nothing can be written.*DATA_DIR"):
        await EmbeddedValkey(tmp_path).__aenter__()


@pytest.mark.asyncio
async def test_a_platform_without_a_binary_is_told_of_redis_url(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "machine", lambda: "riscv64")
    with pytest.raises(BadSettings, match=r"riscv64.*REDIS_URL=redis://"):
        await EmbeddedValkey(tmp_path).__aenter__()


@pytest.mark.asyncio
async def test_a_valkey_that_does_not_start_points_to_its_log(tmp_path: Path) -> None:
    async with EmbeddedValkey(tmp_path) as valkey:
        with client(valkey.url) as redis:
            redis.set("a", "b")
    (manifest,) = (tmp_path / "valkey" / "appendonlydir").glob("*.manifest")
    manifest.write_text("this is no manifest")
    with pytest.raises(BadSettings, match=r"valkey\.log says why"):
        await EmbeddedValkey(tmp_path).__aenter__()
    (await embedded._lock(tmp_path / "lock")).close()  # and nobody holds the folder


@pytest.mark.asyncio
async def test_a_long_log_is_put_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded, "_OLD_LOG_BYTES", 10)
    for _ in range(3):
        async with EmbeddedValkey(tmp_path) as valkey:
            assert "Ready to accept connections" in valkey.log_path.read_text()
    assert sorted(path.name for path in (tmp_path / "valkey").glob("*.log*")) == [
        "valkey.log",
        "valkey.log.old",
    ]
