"""What a room and a player cost, in memory and in traffic: ``python -m tests.bench.rooms``.

Starts the whole game and fills rooms of eight with sockets of one process beside it. What the
server's resident memory and Valkey's data grow by is shared out among the rooms, step by step:

* ``made``: a room that was opened and that nobody has entered.
* ``lobby``: eight sockets in it. ``drawing``: in a round, before any ink.
* ``drawn``: after all eight have drawn by hand for some seconds, twenty messages a second each.

Figures are above those before the first room, so ``drawn`` is all that a room in play has. While
they draw, traffic is counted: ``up`` and ``down`` are messages and bytes of one player's socket in
a second, without what TCP, IP and TLS add to each packet; ``redis`` what all that makes Valkey do,
and ``cpu`` the milliseconds that each process computes for one player's second of drawing, kernel
included. ``frames`` are those that the network answers. Everything in server/docs/sizing.md that
is not a figure of another bench follows from these.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import psutil
import uvloop
from redis.asyncio import Redis

from game.ink import Pen
from game.protocol import InkBatch, write_ink
from ml import queue
from tests.support.drawing_bot import BEAT_S, SEATS, hand
from tests.support.drift import rss_mib
from tests.support.figures import show
from tests.support.light_socket import LightSocket
from tests.support.whole_game import WholeGame, whole_game

_SETTINGS: Final = {
    "rounds": 1,
    "seconds": 120,
    "confidence": 0.95,
    "custom": ["cello", "violin", "harp", "peas", "raccoon", "bulldozer", "crocodile", "saxophone"],
}
_ANSWERED: Final = re.compile(r'^inkling_guesses_total{outcome="answered"} (.+)$', re.MULTILINE)
_SETTLE_S: Final = 1.5
_PATIENCE_S: Final = 60.0
_HEADER: Final = 2  # bytes of a short websocket frame of the server; 4 above 125 bytes


class Seat:
    """One player's socket, with what went through it."""

    def __init__(self, script: Iterator[tuple[Pen, bytes]]) -> None:
        self.socket: LightSocket | None = None
        self.phase = ""
        self.up = [0, 0]  # messages, bytes
        self.down = [0, 0]
        self._script = list(script)

    def hear(self, data: str | bytes) -> None:
        """Count a message, and note the phase."""
        size = len(data.encode() if isinstance(data, str) else data)
        self.down[0] += 1
        self.down[1] += size + (_HEADER if size < 126 else 2 * _HEADER)
        if isinstance(data, str):
            said = json.loads(data)
            if said["type"] == "phase":
                self.phase = said["phase"]
            elif said["type"] == "welcome":
                self.phase = said["phase"]["phase"]

    def say(self, data: str | bytes) -> None:
        """Send a message, and count it."""
        assert self.socket is not None
        self.up[0] += 1
        self.up[1] += len(data) + 6  # with its mask
        self.socket.send(data)

    async def draw(self, start: float) -> None:
        """The script, a message each beat."""
        for number, (pen, points) in enumerate(self._script, 1):
            await asyncio.sleep(start + number * BEAT_S - time.perf_counter())
            if pen is Pen.CLEAR:
                self.say(f'{{"type":"clear","batch":{number}}}')
            else:
                self.say(write_ink(InkBatch(number, pen, points)))


class Scales:
    """Memory and work of the game's processes."""

    def __init__(self, game: WholeGame, redis: Redis) -> None:
        self._redis = redis
        self._url = game.url
        self._server = game.process.pid
        self._processes = {"server": psutil.Process(self._server)}
        for child in self._processes["server"].children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "ml.worker" in " ".join(child.cmdline()):
                    self._processes["worker"] = child
                elif "valkey-server" in child.name():
                    self._processes["valkey"] = child

    async def memory_kib(self) -> dict[str, float]:
        """Of the server's process, and of Valkey's data."""
        await asyncio.sleep(_SETTLE_S)
        told: Any = await self._redis.info("memory")
        return {"server": 1024 * rss_mib(self._server), "redis": told["used_memory"] / 1024}

    async def work(self) -> dict[str, float]:
        """Counted since the start: CPU seconds by process, what Valkey did, frames answered."""
        told: Any = await self._redis.info("stats")
        spent = {name: process.cpu_times() for name, process in self._processes.items()}
        return {
            **{f"cpu_{name}": times.user + times.system for name, times in spent.items()},
            "commands": float(told["total_commands_processed"]),
            "in": float(told["total_net_input_bytes"]),
            "out": float(told["total_net_output_bytes"]),
            "frames": await self._frames(),
        }

    async def _frames(self) -> float:
        async with httpx.AsyncClient(base_url=self._url) as http:
            told = (await http.get("/metrics")).text
        return sum(map(float, _ANSWERED.findall(told)))


async def open_rooms(http: httpx.AsyncClient, count: int) -> list[tuple[str, list[str]]]:
    """Codes of so many rooms, each with tokens of eight players; a room an address."""
    rooms = []
    for number in range(count):
        headers = {"X-Forwarded-For": f"10.7.{number // 250}.{number % 250 + 1}"}
        tokens = []
        for _ in range(SEATS):
            made = await http.post("/api/players", json={}, headers=headers)
            tokens.append(made.raise_for_status().json()["token"])
        headers["Authorization"] = f"Bearer {tokens[0]}"
        made = await http.post("/api/rooms", json={"settings": _SETTINGS}, headers=headers)
        rooms.append((made.raise_for_status().json()["code"], tokens))
    return rooms


async def fill(game: WholeGame, rooms: list[tuple[str, list[str]]], seats: list[Seat]) -> None:
    """A socket for every token."""
    waiting = iter(seats)
    for code, tokens in rooms:
        url = f"{game.url.replace('http', 'ws', 1)}/api/rooms/{code}/ws"
        for token in tokens:
            seat = next(waiting)
            seat.socket = await LightSocket.dial(url, seat.hear)
            seat.say(json.dumps({"type": "hello", "token": token}))
            await reached([seat], "lobby")


async def reached(seats: list[Seat], phase: str) -> None:
    """Everybody is told of a phase. Raises ``TimeoutError``."""
    async with asyncio.timeout(_PATIENCE_S):
        while any(seat.phase != phase for seat in seats):  # noqa: ASYNC110 - many to look at
            await asyncio.sleep(0.02)


async def weigh(game: WholeGame, redis: Redis, options: argparse.Namespace) -> dict[str, Any]:
    """Measure."""
    dice = random.Random(options.seed)
    beats = round(options.seconds / BEAT_S)
    count = options.rooms * SEATS
    seats = [Seat(islice(hand(random.Random(dice.random())), beats)) for _ in range(count)]
    scales = Scales(game, redis)
    async with httpx.AsyncClient(base_url=game.url, timeout=60) as http:
        warm = [Seat(iter(())) for _ in range(SEATS)]  # what the first room alone brings along
        await fill(game, await open_rooms(http, 1), warm)
        before = await scales.memory_kib()
        steps = {}
        rooms = await open_rooms(http, options.rooms)
        steps["made"] = await scales.memory_kib()
    await fill(game, rooms, seats)
    steps["lobby"] = await scales.memory_kib()
    for host in seats[::SEATS]:
        host.say('{"type":"start"}')
    await reached(seats, "drawing")
    steps["drawing"] = await scales.memory_kib()
    traffic, work, lasted = await draw(seats, scales)
    steps["drawn"] = await scales.memory_kib()
    per_player = count * lasted
    closed: list[int | None] = []
    for seat in (*warm, *seats):
        assert seat.socket is not None
        closed.append(seat.socket.close_code)
        seat.socket.hang_up()
    return {
        "rooms": options.rooms,
        "players": count,
        "closed": [code for code in closed if code is not None],
        **{
            f"room_kib_{of}": {
                step: round((now[of] - before[of]) / options.rooms, 1)
                for step, now in steps.items()
            }
            for of in before
        },
        "player_per_s": {
            **{name: round(value / per_player, 2) for name, value in traffic.items()},
            **{
                f"redis_{name}": round(work[name] / per_player, 2)
                for name in ("commands", "in", "out")
            },
            "frames": round(work["frames"] / per_player, 2),
        },
        "player_cpu_ms_per_s": {
            name.removeprefix("cpu_"): round(1000 * value / per_player, 2)
            for name, value in work.items()
            if name.startswith("cpu_")
        },
    }


async def draw(seats: list[Seat], scales: Scales) -> tuple[dict[str, int], dict[str, float], float]:
    """All draw. What went through their sockets, what the game did about it, seconds it took."""
    for seat in seats:
        seat.up, seat.down = [0, 0], [0, 0]
    before = await scales.work()
    started = time.perf_counter()
    gap_s = BEAT_S / len(seats)  # so that they do not all speak at once
    await asyncio.gather(*(seat.draw(started + n * gap_s) for n, seat in enumerate(seats)))
    lasted = time.perf_counter() - started
    after = await scales.work()
    traffic = {
        f"{way}_{what}": sum(getattr(seat, way)[at] for seat in seats)
        for way in ("up", "down")
        for at, what in enumerate(("messages", "bytes"))
    }
    return traffic, {name: after[name] - before[name] for name in after}, lasted


def main() -> int:
    """Measure and print; the exit status is 1 if the server hung up on anybody."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rooms", type=int, default=12, help=f"of {SEATS} players each")
    parser.add_argument("--seconds", type=float, default=10.0, help="of drawing, at most 100")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if not 0 < options.seconds <= 100:
        parser.error("--seconds must be above 0 and at most 100: the round lasts 120")

    async def measured(game: WholeGame, url: str) -> dict[str, Any]:
        redis = queue.connect(url)
        try:
            return await weigh(game, redis, options)
        finally:
            await redis.aclose()

    with tempfile.TemporaryDirectory(prefix="rooms-") as folder:
        data = Path(folder) / "data"
        redis_url = f"unix://{quote(str(data / 'valkey' / 'valkey.sock'))}"
        with whole_game(data) as game:
            found = uvloop.run(measured(game, redis_url))
    show(found, as_json=options.json)
    return 1 if found["closed"] else 0


if __name__ == "__main__":
    sys.exit(main())
