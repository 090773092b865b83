"""Whether anything grows: ``python -m tests.bench.soak --minutes 15``.

First, idle sockets: many are opened at once, each with a seat, and what the server's memory grew by
is shared out among them. Then bots in rooms of four play game after game for the whole time; half
of the rooms are left for good and replaced now and then, so that rooms, seats and players come and
go. Resident memory of every process is sampled, and the slope of the straight line through the
samples after the warm-up is printed with its standard error. Valkey is told apart: it keeps what
it is there to keep, players for a year and verdicts for a week. So at the end all leave, and every
key that would never expire by itself is counted and weighed.

It passes if neither server nor worker grow by more than the limit, a minute, beyond what the error
allows; if an idle socket costs the server no more than 40 KiB; and if nothing but the boards and
the one stream of frames, which its readers empty, would stay in Valkey for ever.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import itertools
import json
import random
import re
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import httpx
import psutil
import uvloop
from redis.asyncio import Redis

from ml import queue
from tests.support.drift import drift, rss_mib
from tests.support.figures import show
from tests.support.light_socket import LightSocket
from tests.support.sketches import SKETCHES
from tests.support.stubborn_bot import Ledger, StubbornBot
from tests.support.whole_game import WholeGame, whole_game

GROWTH_MIB: Final = 0.5  # a minute; a fifteen-minute run tells far less than that
STEP_MIB: Final = 2.0  # that an allocator may take at once
SOCKET_KIB: Final = 40.0
KEPT_KIB: Final = 256.0  # boards of the few hundred who played
SEATS: Final = 4
_WARM_UP: Final = 0.4  # of the run
_SETTINGS: Final = {
    "rounds": 1, "seconds": 10, "players": 16, "custom": list(SKETCHES), "guess_among": "deck"
}  # fmt: skip
_NUMBERS: Final = re.compile(rb"[0-9a-f]{8,}|\{room:[^}]*\}|game:[^:]*")
# Boards of all time and of categories grow with players, up to a limit, and not with games; so many
# replays are known; the frames' stream is emptied by those who read it.
_LASTING: Final = re.compile(
    r"inkling:\{board\}:(recent|\w+:all:\w+|category:\d+(:\w+)?)"
    r"|inkling:\{replays\}:games|inkling:\{queue\}:frames"
)


class House:
    """Makes players and rooms, each from an address of its own, and fills them with bots."""

    def __init__(self, game: WholeGame, http: httpx.AsyncClient, seed: int) -> None:
        self._url = game.url
        self._http = http
        self._dice = random.Random(seed)
        self._numbers = itertools.count()

    async def room(self, seats: int) -> tuple[str, list[str]]:
        """A new room's code, and tokens of so many players for it."""
        number = next(self._numbers)
        headers = {"X-Forwarded-For": f"10.5.{number // 250 % 250}.{number % 250 + 1}"}
        tokens = []
        for _ in range(seats):
            made = await self._http.post("/api/players", json={}, headers=headers)
            tokens.append(made.raise_for_status().json()["token"])
        headers["Authorization"] = f"Bearer {tokens[0]}"
        body = {"settings": _SETTINGS}
        made = await self._http.post("/api/rooms", json=body, headers=headers)
        return made.raise_for_status().json()["code"], tokens

    async def table(self) -> Table:
        """A room of bots that play."""
        code, tokens = await self.room(SEATS)
        ledger = Ledger(code, SEATS)
        server = self._url.replace("http", "ws", 1)
        bots = [
            StubbornBot(token, ledger, [server], random.Random(self._dice.random()))
            for token in tokens
        ]
        return Table(ledger, bots)

    async def idle(self, sockets: int) -> list[LightSocket]:
        """So many sockets with a seat, in rooms of sixteen, that say nothing more."""
        opened: list[LightSocket] = []
        while len(opened) < sockets:
            code, tokens = await self.room(min(16, sockets - len(opened)))
            for token in tokens:
                url = f"{self._url.replace('http', 'ws', 1)}/api/rooms/{code}/ws"
                socket = await LightSocket.dial(url, lambda _: None)
                socket.send(json.dumps({"type": "hello", "token": token}))
                opened.append(socket)
        await asyncio.sleep(1)
        return opened


class Table:
    """A room and the bots in it, playing."""

    def __init__(self, ledger: Ledger, bots: list[StubbornBot]) -> None:
        self.ledger = ledger
        self.bots = bots
        self._tasks = [asyncio.create_task(bot.run()) for bot in bots]

    async def leave(self) -> None:
        """All get up for good."""
        for bot, task in zip(self.bots, self._tasks, strict=True):
            task.cancel()
            bot.leave()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def processes(game: WholeGame) -> dict[str, int]:
    """The game's processes: what each is, and its number."""
    found = {"server": game.process.pid}
    for child in psutil.Process(game.process.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            command = " ".join(child.cmdline())
            if "ml.worker" in command:
                found["worker"] = child.pid
            elif "valkey-server" in child.name():
                found["valkey"] = child.pid
    return found


async def idle_socket_kib(game: WholeGame, house: House, sockets: int) -> float:
    """What a socket that is only open costs the server."""
    warm = await house.idle(16)  # buffers and code that the first of them brings along
    before = rss_mib(game.process.pid)
    opened = await house.idle(sockets)
    cost = 1024 * (rss_mib(game.process.pid) - before) / sockets
    for socket in (*warm, *opened):
        socket.send('{"type":"leave"}')
    await asyncio.sleep(1)
    for socket in (*warm, *opened):
        socket.hang_up()
    return cost


async def sample(
    game: WholeGame, redis: Redis, until: float, every_s: float
) -> tuple[dict[str, list[tuple[float, float]]], list[tuple[float, float]]]:
    """Resident memory of each process, and the number of keys in Redis, as they go."""
    memory: dict[str, list[tuple[float, float]]] = defaultdict(list)
    keys = []
    watched = processes(game)
    while time.monotonic() < until:
        now = time.monotonic()
        for name, process_id in watched.items():
            memory[name].append((now, rss_mib(process_id)))
        keys.append((now, float(await redis.dbsize())))
        await asyncio.sleep(every_s)
    return dict(memory), keys


async def come_and_go(house: House, tables: list[Table], until: float, every_s: float) -> int:
    """Replace a table now and then; returns how many were."""
    replaced = 0
    while time.monotonic() + every_s < until:
        await asyncio.sleep(every_s)
        place = replaced % max(1, len(tables) // 2)
        await tables[place].leave()
        tables[place] = await house.table()
        replaced += 1
    await asyncio.sleep(max(0.0, until - time.monotonic()))
    return replaced


async def left_behind(redis: Redis) -> tuple[dict[str, int], float]:
    """Keys that never expire and have no end, by kind; KiB of all that never expire."""
    kinds: Counter[str] = Counter()
    kept = 0
    async for key in redis.scan_iter(count=1000):
        if await redis.pttl(key) < 0:
            kept += await redis.memory_usage(key) or 0
            if not _LASTING.fullmatch(key.decode()):
                kinds[_NUMBERS.sub(b"*", key).decode()] += 1
    return dict(kinds), kept / 1024


async def soak(game: WholeGame, redis_url: str, options: argparse.Namespace) -> dict[str, Any]:
    """Measure."""
    redis = queue.connect(redis_url)
    async with httpx.AsyncClient(base_url=game.url, timeout=60) as http:
        house = House(game, http, options.seed)
        kib = await idle_socket_kib(game, house, options.sockets)
        tables = [await house.table() for _ in range(options.rooms)]
        seconds = 60 * options.minutes
        until = time.monotonic() + seconds
        every_s = max(0.25, seconds / 600)
        (memory, keys), replaced = await asyncio.gather(
            sample(game, redis, until, every_s),
            come_and_go(house, tables, until, max(5.0, seconds / 30)),
        )
        ledgers = [table.ledger for table in tables]
        for table in tables:
            await table.leave()
    await asyncio.sleep(2)
    endless, kept_kib = await left_behind(redis)
    found: dict[str, Any] = {
        "minutes": options.minutes,
        "rooms": options.rooms,
        "replaced": replaced,
        "games": sum(len(ledger.games) for ledger in ledgers),
        "idle_socket_kib": round(kib, 1),
        "keys_without_end": endless,
        "kept_for_ever_kib": round(kept_kib, 1),
        "frames_left": await queue.length(redis),
        "keys": [int(keys[0][1]), int(keys[-1][1])],
        "lost": dict(sum((ledger.losses for ledger in ledgers), Counter())),
    }
    await redis.aclose()
    flat = True
    for name, samples in memory.items():
        warm = samples[int(len(samples) * _WARM_UP) :]
        slope = drift(warm)
        flat = flat and (name == "valkey" or slope.is_flat(GROWTH_MIB, STEP_MIB))
        found[f"{name}_mib"] = [round(warm[0][1], 1), round(warm[-1][1], 1)]
        found[f"{name}_mib_per_minute"] = [round(slope.per_minute, 3), round(slope.error, 3)]
    found["memory_flat"] = flat
    return found


def passed(found: dict[str, Any]) -> bool:
    """Whether nothing grew and nothing was lost."""
    return (
        found["memory_flat"]
        and found["idle_socket_kib"] <= SOCKET_KIB
        and not found["keys_without_end"]
        and found["kept_for_ever_kib"] <= KEPT_KIB
        and not found["lost"]
    )


def main() -> int:
    """Run and print; the exit status is 1 if anything grew."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=0.5, help="of play")
    parser.add_argument("--rooms", type=int, default=4, help=f"of {SEATS} bots each")
    parser.add_argument("--sockets", type=int, default=320, help="idle ones, to be weighed")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="soak-") as folder:
        data = Path(folder) / "data"
        redis_url = f"unix://{quote(str(data / 'valkey' / 'valkey.sock'))}"
        with whole_game(data) as game:
            found = uvloop.run(soak(game, redis_url, options))
    show(found, as_json=options.json)
    return 0 if passed(found) else 1


if __name__ == "__main__":
    sys.exit(main())
