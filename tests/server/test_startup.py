"""What is checked before the doors open, and what is said when something is wrong."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest

from game.categories import CATEGORIES
from server import startup
from server.settings import BadSettings, Settings


def test_a_taken_port_comes_with_the_next_one() -> None:
    with startup.listen(Settings(host="127.0.0.1", port=0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(BadSettings, match=rf"Port {port} is taken.*PORT={port + 1}"):
            startup.listen(Settings(host="127.0.0.1", port=port))


def test_a_port_just_freed_is_not_taken() -> None:
    """A connection of the last run lingers in TIME_WAIT after a restart."""
    with startup.listen(Settings(host="127.0.0.1", port=0)) as first:
        address = first.getsockname()
        with socket.create_connection(address):
            first.accept()[0].close()
    startup.listen(Settings(host="127.0.0.1", port=address[1])).close()


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(BadSettings, match=r"HOST=192\.0\.2\.1 is no address of this machine"):
        startup.listen(Settings(host="192.0.2.1", port=0))


def test_a_reserved_port_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(*_arguments: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(BadSettings, match="Port 80 is reserved"):
        startup.listen(Settings(port=80))


def test_ipv6_is_an_address_too() -> None:
    settings = Settings(host="::1", port=0)
    with startup.listen(settings) as listener:
        assert f"http://[::1]:{listener.getsockname()[1]}" in startup.addresses(settings, listener)


def test_missing_weights_are_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "config.json").touch()
    with pytest.raises(BadSettings, match=r"model\.safetensors missing.*WEIGHTS=.*WORKERS=0"):
        startup.check_weights(Settings(weights=tmp_path))
    startup.check_weights(Settings(weights=tmp_path, workers=0))
    (tmp_path / "model.safetensors").touch()
    labels = {"id2label": dict(enumerate(CATEGORIES))}
    (tmp_path / "config.json").write_text(json.dumps(labels))
    startup.check_weights(Settings(weights=tmp_path))


@pytest.mark.parametrize(
    "config", ["", "[]", "{}", '{"id2label": {"0": "cat", "1": "dog"}}', '{"id2label": {"7": "x"}}']
)
def test_a_network_for_other_categories_is_turned_away(tmp_path: Path, config: str) -> None:
    (tmp_path / "config.json").write_text(config)
    (tmp_path / "model.safetensors").touch()
    with pytest.raises(BadSettings, match="the game needs the 345"):
        startup.check_weights(Settings(weights=tmp_path))
    startup.check_weights(Settings(weights=tmp_path, workers=0))


@pytest.mark.asyncio
async def test_a_redis_that_answers_is_accepted(redis_url: str) -> None:
    await startup.check_redis(redis_url)


@pytest.mark.asyncio
async def test_a_redis_that_is_not_there_is_named_without_its_password(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(startup, "_REDIS_WAIT_S", 0.2)
    with pytest.raises(BadSettings) as refused:
        await startup.check_redis("redis://me:secret@127.0.0.1:1/0")
    told = str(refused.value)
    assert "redis://…@127.0.0.1:1/0" in told
    assert "REDIS_URL" in told
    assert "secret" not in told


@pytest.mark.asyncio
async def test_a_redis_too_old_is_told(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(startup, "_OLDEST_REDIS", 99)
    with pytest.raises(BadSettings, match=r"is version .*needs 99 or newer"):
        await startup.check_redis(redis_url)


def test_players_are_told_the_address_they_can_use() -> None:
    public = Settings(host="127.0.0.1", port=0, public_url="https://ink.example/")
    private = Settings(host="127.0.0.1", port=0)
    with startup.listen(private) as listener:
        port = listener.getsockname()[1]
        assert "https://ink.example\n" in startup.addresses(public, listener)
        assert f"http://127.0.0.1:{port}" in startup.addresses(private, listener)


def test_the_network_address_is_told_when_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    everywhere = Settings(port=0)
    with startup.listen(everywhere) as listener:
        port = listener.getsockname()[1]
        monkeypatch.setattr(startup, "_lan_address", lambda: "10.1.2.3")
        told = startup.addresses(everywhere, listener)
        assert f"http://localhost:{port}" in told
        assert f"http://10.1.2.3:{port}" in told
        monkeypatch.setattr(startup, "_lan_address", lambda: None)
        assert "network" not in startup.addresses(everywhere, listener)


def test_a_machine_alone_has_no_network_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(*_arguments: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", connect)
    assert startup._lan_address() is None
