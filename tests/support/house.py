"""The web server as ``python -m server`` runs it, in the test, with a clock that can be moved."""

from __future__ import annotations

import asyncio
import json
import ssl
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import httpx
import pytest
from fastapi import FastAPI
from redis.asyncio import Redis

import server.app
from game.categories import CATEGORIES, INDEX
from ml import queue
from server import startup, web
from server.clock import now_ms
from server.desk import Desk
from server.owner import RoomOwner
from server.settings import Settings
from tests.support.player import Account, Player

EIGHT: Final = ("circle", "square", "triangle", "star", "line", "zigzag", "ladder", "stairs")


class Clock:
    """The server's clock, which tests move on instead of waiting."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return now_ms() + self.ahead_ms


@dataclass
class House:
    """A running server."""

    address: str
    app: FastAPI
    http: httpx.AsyncClient
    clock: Clock
    stopping: asyncio.Event
    serving: asyncio.Task[int]
    players: list[Player] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        desk: Desk = self.app.state.desk
        return desk

    def owner(self, code: str) -> RoomOwner:
        """The owner of a room that this server owns."""
        owner = self.desk.rooms.owned(code)
        assert owner is not None
        return owner

    async def account(self, name: str = "Ada") -> Account:
        made = (await self.http.post("/api/players", json={"name": name})).raise_for_status().json()
        return Account(made["player_id"], made["token"], made["name"])

    async def room(self, host: Account, **settings: Any) -> str:
        """A new room's code. The deck is one that tests can draw."""
        answer = await self.http.post(
            "/api/rooms",
            json={"settings": {"custom": EIGHT, **settings}},
            headers={"Authorization": f"Bearer {host.token}"},
        )
        code: str = answer.raise_for_status().json()["code"]
        return code

    async def dial(self, code: str, account: Account | None = None, **options: Any) -> Player:
        """A socket at a room's door. It is hung up when the house closes."""
        url = f"ws{self.address.removeprefix('http')}/api/rooms/{code}/ws"
        player = await Player.dial(url, account, **options)
        self.players.append(player)
        return player

    async def enter(self, code: str, who: str | Account) -> Player:
        """A player with a seat."""
        account = await self.account(who) if isinstance(who, str) else who
        player = await self.dial(code, account)
        await player.hello()
        return player

    async def table(self, *names: str, **settings: Any) -> list[Player]:
        """A room in the lobby with these players; the first hosts."""
        host = await self.account(names[0])
        code = await self.room(host, **settings)
        return [await self.enter(code, host), *[await self.enter(code, name) for name in names[1:]]]

    async def round(self, *names: str, **settings: Any) -> list[Player]:
        """A room in which these players draw."""
        players = await self.table(*names, **settings)
        await players[0].say("start")
        for player in players:
            await player.phase("drawing")
        return players

    async def skip(self, player: Player, seconds: float) -> None:
        """Let time pass at once; ``player`` says something, so that the room looks at its clock."""
        self.clock.ahead_ms += round(1000 * seconds)
        text = f"It is {self.clock()}."
        await player.say("chat", text=text)
        await player.until(lambda: any(said.get("text") == text for said in player.heard))

    async def stop(self) -> None:
        """Stop as SIGTERM does."""
        self.stopping.set()
        async with asyncio.timeout(15):
            assert await self.serving == 0

    async def close(self) -> None:
        for player in self.players:
            await player.hang_up()
        await self.http.aclose()
        if not self.serving.done():
            await self.stop()


@asynccontextmanager
async def open_house(
    redis_url: str, monkeypatch: pytest.MonkeyPatch, **options: Any
) -> AsyncIterator[House]:
    """A server on a free port; the countdown and the shortest reveal take next to no time."""
    monkeypatch.setattr("game.evolve.COUNTDOWN_MS", 50)
    monkeypatch.setattr("game.rounds.REVEAL_MIN_MS", 50)
    clock = Clock()
    for module in ("api", "board_api", "desk", "learning_api", "owner", "rooms", "session"):
        monkeypatch.setattr(f"server.{module}.now_ms", clock)
    settings = Settings(host="127.0.0.1", port=0, redis_url=redis_url, workers=0, **options)
    made: asyncio.Future[FastAPI] = asyncio.get_running_loop().create_future()

    def create_app(*arguments: Any) -> FastAPI:
        app = _create_app(*arguments)
        made.set_result(app)
        return app

    monkeypatch.setattr("server.app.create_app", create_app)
    monkeypatch.setattr("uvicorn.server.asyncio", _IMPATIENT)
    listener = startup.listen(settings)
    stopping = asyncio.Event()
    serving = asyncio.create_task(
        web.serve(settings, redis_url, listener, stopping), name="web server"
    )
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    await asyncio.wait({made, serving}, return_when=asyncio.FIRST_COMPLETED)
    if not made.done():
        await serving  # which says why there is none
    http = httpx.AsyncClient(base_url=address, verify=_NO_TLS, timeout=30.0)
    house = House(address, await made, http, clock, stopping, serving)
    await house.http.get("/healthz")
    try:
        yield house
    finally:
        await house.close()
        listener.close()


@asynccontextmanager
async def two_houses(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[House, House]]:
    """Two servers at one Redis."""
    async with (
        open_house(redis_url, monkeypatch) as one,
        open_house(redis_url, monkeypatch) as two,
    ):
        yield one, two


async def _sleep_briefly(delay_s: float) -> None:
    await _sleep(delay_s / 10)


_create_app = server.app.create_app
_sleep = asyncio.sleep
# Uvicorn looks ten times a second whether it is to stop, and waits as long for its connections:
# more than most tests take.
_IMPATIENT: Final = SimpleNamespace(**{**vars(asyncio), "sleep": _sleep_briefly})
# Nothing here speaks TLS; a context with everybody's certificates takes as long as all the rest.
_NO_TLS: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


# --- the other end of the queue ------------------------------------------------------------------


def answer_of(category: int | str, p: float = 0.9) -> bytes:
    """What the network would say if it were ``p`` sure of ``category``."""
    at = INDEX[category] if isinstance(category, str) else category
    rest = (1 - p) / (len(CATEGORIES) - 1)
    return struct.pack(
        f"<{len(CATEGORIES)}e", *(p if n == at else rest for n in range(len(CATEGORIES)))
    )


class HandWorker:
    """A worker played by hand: it takes frames, holds them as long as the test likes, answers."""

    def __init__(self, redis: Redis) -> None:
        self.redis = redis

    async def join(self) -> None:
        await queue.join(self.redis, "hand")

    async def take(self, count: int = 1, within_s: float = 10.0) -> list[queue.Entry]:
        """The next ``count`` frames."""
        taken: list[queue.Entry] = []
        async with asyncio.timeout(within_s):
            while len(taken) < count:
                taken += await queue.take(self.redis, "hand", count - len(taken), 100)
        return taken

    async def take_of(self, player: Player) -> queue.Entry:
        """The next frame, which must be of this player's drawing."""
        (entry,) = await self.take()
        assert entry.frame.drawing.split(":")[::3] == [player.code, str(player.seat)]
        return entry

    async def waiting(self) -> list[queue.Entry]:
        """What there is to take, now or within a few of a room's turns."""
        return await queue.take(self.redis, "hand", 8, 300)

    async def idle(self) -> None:
        """Nothing is waiting."""
        assert await self.waiting() == []

    async def answer(self, entry: queue.Entry, category: int | str, p: float = 0.9) -> None:
        await self.reply(entry, probabilities=answer_of(category, p))

    async def reply(self, entry: queue.Entry, **fields: Any) -> None:
        frame = entry.frame
        reply = queue.Reply(
            **{
                "drawing": frame.drawing,
                "n": frame.n,
                "probabilities": b"",
                "model": "by hand",
                "raster": 1,
                **fields,
            }
        )
        await queue.answer(self.redis, [(entry, reply)])


def prompt_of(player: Player) -> str:
    """What a player was told to draw last."""
    prompts: Sequence[dict[str, Any]] = [s for s in player.heard if s["type"] == "prompt"]
    category: str = prompts[-1]["category"]
    return category


def other_than(*categories: str) -> str:
    """A category that is none of these."""
    return next(name for name in CATEGORIES if name not in categories)


def write_ndjson(folder: Path, drawings: dict[str, list[list[list[int]]]]) -> None:
    """Drawings as a data set folder: a file for each category, ``[[x…], [y…]]`` per stroke."""
    folder.mkdir(parents=True, exist_ok=True)
    for n, (name, strokes) in enumerate(drawings.items()):
        line = json.dumps({"key_id": str(n + 1), "word": name, "drawing": strokes})
        (folder / f"{name}.ndjson").write_text(line + "\n")
