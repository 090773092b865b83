"""``python -m server --processes 2``: one address, several processes, any of which may die."""

from __future__ import annotations

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import httpx
import psutil
import pytest

from server.settings import BadSettings, read_settings
from tests.support.player import Account, Player, chats
from tests.support.waiting import eventually, soon
from tests.support.whole_game import WholeGame, whole_game


def web_servers(game: WholeGame) -> list[psutil.Process]:
    """The processes that share the address."""
    found = []
    for child in psutil.Process(game.process.pid).children():
        with suppress(psutil.Error):  # it ended while it was looked at
            if "server.web" in child.cmdline():
                found.append(child)
    return found


async def sit(game: WholeGame, count: int) -> list[Player]:
    """So many players in one room, on whichever processes their sockets landed."""
    players: list[Player] = []
    async with httpx.AsyncClient(base_url=game.url) as http:
        code = ""
        for n in range(count):
            made = (await http.post("/api/players", json={"name": f"guest {n}"})).json()
            account = Account(made["player_id"], made["token"], made["name"])
            if not code:
                bearer = {"Authorization": f"Bearer {account.token}"}
                code = (await http.post("/api/rooms", json={}, headers=bearer)).json()["code"]
            url = f"ws{game.url.removeprefix('http')}/api/rooms/{code}/ws"
            player = await Player.dial(url, account)
            await player.hello()
            players.append(player)
    return players


async def scraped(game: WholeGame, name: str) -> set[float]:
    """What Prometheus is told of a figure, by as many processes as ten connections reach."""
    found = set()
    for _ in range(10):
        async with httpx.AsyncClient(base_url=game.url) as http:
            lines = (await http.get("/metrics")).text.splitlines()
        found |= {float(line.split()[1]) for line in lines if line.startswith(f"{name} ")}
    return found


def test_players_on_all_processes_share_a_room_and_survive_any(tmp_path: Path) -> None:
    async def play(game: WholeGame) -> None:
        players = await sit(game, 8)
        assert sorted(player.seat for player in players) == list(range(8))
        await chats(players[0], *players[1:])
        assert await scraped(game, "inkling_sockets") == {8.0}, "whichever process is asked"
        victim = web_servers(game)[0]
        victim.kill()
        await asyncio.to_thread(
            eventually,
            lambda: len([each for each in web_servers(game) if each.pid != victim.pid]) == 2,
        )
        for player in players:
            await player.hang_up()
        await asyncio.gather(*(player.hang_up() for player in await sit(game, 4)))

        async def empty() -> bool:
            return await scraped(game, "inkling_sockets") == {0.0}

        assert await soon(empty), "the sockets of the killed are not counted for ever"

    with whole_game(tmp_path / "data", PROCESSES="2") as game:
        assert len(web_servers(game)) == 2
        family = psutil.Process(game.process.pid).children(recursive=True)
        asyncio.run(play(game))
        assert game.stop(signal.SIGTERM) == 0
    assert not [process for process in family if process.is_running()]


@pytest.mark.parametrize("count", ["0", "65", "two"])
def test_so_many_processes_there_cannot_be(count: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROCESSES", count)
    with pytest.raises(BadSettings, match="PROCESSES"):
        read_settings([])
