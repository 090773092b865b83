"""What survives when everything is killed: ``python -m tests.bench.chaos --seconds 120``.

Three servers on ports of their own and two workers on one Valkey with its append-only file; forty
bots in rooms of five play whole games, each through whichever server it picks. Every few seconds
one of the six processes is ended with SIGKILL and started again, Valkey on its file. A bot whose
socket closes dials any server, with the page's own back-off.

Printed: games finished; how often and how fast (p50, p95) bots were back in their seats; and what
was lost of what players had been told, which must be nothing:

* ``events_lost``: an offset that went back, an acknowledged batch or an earlier match forgotten,
  a match that was told and is not on record
* ``ink_lost``: acknowledged ink that is not on the canvas any more
* ``seats_lost``: another seat than before, or none
* ``points_lost`` ``points_twice``: a podium below the matches that were told; the leaderboard below
  or above the sum of the podiums
* ``time_lost``: of those back within the limit, who had over a second less to draw than before
* ``rooms_stuck``: nothing happened any more when all was calm again
* ``verdicts_wrong``: matches of finished games that the network does not derive again, or scores
  that their verdicts do not add up to
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

import httpx
import psutil
import uvloop
from redis.asyncio import Redis

from ml import queue
from ml.engine import WEIGHTS
from server import board_keys
from server.archive import GameRecord
from server.board_keys import By
from server.embedded import EmbeddedValkey
from server.periods import Period, span_of
from server.standing import packing
from server.store import read_verdicts
from server.supervisor import Program, Supervised
from server.verdicts import SAME, derive, network, tell
from tests.support.figures import show
from tests.support.sketches import SKETCHES
from tests.support.stubborn_bot import Ledger, StubbornBot
from tests.support.waiting import soon

SEATS: Final = 5
LIMIT_S: Final = 6.0
TIME_LOST_S: Final = 1.0
THINKS_S: Final = 8.0  # a bot, at most, before it draws: else rounds are over before anything dies
_SETTINGS: Final = {
    "rounds": 2, "seconds": 20, "players": SEATS, "custom": list(SKETCHES), "guess_among": "deck"
}  # fmt: skip
_LOSSES: Final = (
    "events_lost", "ink_lost", "seats_lost", "points_lost", "points_twice", "time_lost",
    "rooms_stuck", "verdicts_wrong",
)  # fmt: skip
_UP_S: Final = 120.0
_FAULT: Final = re.compile(r"^(ERROR|CRITICAL|Traceback)")
_GAME_KEY: Final = re.compile(rb"inkling:game:(.+):verdicts")


class Machine:
    """All processes of the game, each of which may be killed at any time."""

    def __init__(self, stack: AsyncExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self._processes: dict[str, Supervised] = {}
        self._valkey = EmbeddedValkey(folder / "data")
        self.faults: list[str] = []
        self.http: list[str] = []
        self.redis_url = ""

    async def start(self, servers: int, workers: int) -> None:
        """Start everything and wait until it can be played."""
        self.redis_url = (await self._stack.enter_async_context(self._valkey)).url
        environment = {
            **os.environ,
            "HOST": "127.0.0.1",
            "REDIS_URL": self.redis_url,
            "WORKERS": "0",
            "BOARD_FLAGGED": "true",  # what plays here are scripts, whatever their ink looks like
            "LOG_LEVEL": "warning",
        }
        for number in range(servers):
            port = _free_port()
            self.http.append(f"http://127.0.0.1:{port}")
            command = [sys.executable, "-m", "server", "--port", str(port)]
            await self._run(Program(f"server {number + 1}", command, environment))
        for number in range(workers):
            url = f"--redis-url={self.redis_url}"
            options = [url, "--exit-with-stdin", "--threads=1", "--log-level=warning"]
            command = [sys.executable, "-m", "ml.worker", *options]
            await self._run(Program(f"worker {number + 1}", command))
        async with httpx.AsyncClient() as http:
            for address in self.http:
                await soon(lambda address=address: _is_ready(http, address), _UP_S)

    async def _run(self, program: Program) -> None:
        process = Supervised(program, lambda line: self._read(program.name, line))
        self._stack.push_async_callback(process.stop)
        await process.start()
        self._processes[program.name] = process

    def _read(self, name: str, line: str) -> None:
        if _FAULT.match(line):
            self.faults.append(f"{name}: {line}")

    def kill(self, dice: random.Random, only: str = "") -> str:
        """End a process, of those whose names begin so, without warning; returns its name."""
        names = [name for name in (*self._processes, "valkey") if name.startswith(only)]
        name = dice.choice(names)
        victim = self._valkey._server if name == "valkey" else self._processes[name]
        if victim is None or victim.pid is None:
            return f"{name} (down already)"
        if name == "valkey":  # not its guard: the database itself
            for child in psutil.Process(victim.pid).children():
                child.kill()
        else:
            os.kill(victim.pid, signal.SIGKILL)
        return name


async def _is_ready(http: httpx.AsyncClient, address: str) -> bool:
    try:
        return (await http.get(f"{address}/readyz", timeout=5)).status_code == 200
    except httpx.HTTPError:
        return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def seat_bots(
    machine: Machine, bots: int, dice: random.Random
) -> tuple[list[Ledger], list[StubbornBot]]:
    """Rooms and their bots."""
    servers = [address.replace("http", "ws", 1) for address in machine.http]
    ledgers, players = [], []
    async with httpx.AsyncClient(base_url=machine.http[0], timeout=30) as http:
        for room in range(bots // SEATS):
            from_afar = {"X-Forwarded-For": f"10.1.{room // 250}.{room % 250 + 1}"}
            made = []
            for place in range(SEATS):
                body = {"name": f"bot {room}-{place}"}
                answer = await http.post("/api/players", json=body, headers=from_afar)
                made.append(answer.raise_for_status().json())
            bearer = {**from_afar, "Authorization": f"Bearer {made[0]['token']}"}
            body = {"settings": _SETTINGS}
            answer = await http.post("/api/rooms", json=body, headers=bearer)
            ledger = Ledger(answer.raise_for_status().json()["code"], SEATS)
            ledgers.append(ledger)
            for each in made:
                own = random.Random(dice.random())
                players.append(StubbornBot(each["token"], ledger, servers, own, THINKS_S))
    return ledgers, players


async def torment(
    machine: Machine, options: argparse.Namespace, dice: random.Random
) -> Counter[str]:
    """Kill something every so often; returns how often what."""
    killed: Counter[str] = Counter()
    until = time.monotonic() + options.seconds
    while (left := until - time.monotonic()) > 0:
        await asyncio.sleep(min(left, options.every * (0.5 + dice.random())))
        if time.monotonic() < until:
            killed[machine.kill(dice, options.only)] += 1
    return killed


def count_lost_time(bots: list[StubbornBot]) -> None:
    """Hold each bot's time to draw against what it had when its socket was lost."""
    for bot in bots:
        for lost_s in bot.time_lost_s:
            if lost_s > TIME_LOST_S and max(bot.back_s) < LIMIT_S:
                bot.ledger.lose("time_lost", f"a pen lost {lost_s:.1f} s")


# --- the reckoning -------------------------------------------------------------------------------


async def finished_games(redis: Redis) -> dict[str, GameRecord]:
    """Everything on record of games that were played to their end."""
    games = {}
    async for key in redis.scan_iter("inkling:game:*:verdicts"):
        found = _GAME_KEY.fullmatch(key)
        assert found is not None
        game = found[1].decode()
        record = await read_verdicts(redis, game)
        if record is not None and record.podium is not None:
            games[game] = record
    return games


async def board_points(redis: Redis) -> dict[str, int]:
    """The leaderboard, by player."""
    forever = span_of(Period.ALL, 0)
    key = board_keys.board("race", forever, By.POINTS)
    rows: Any = await redis.zrange(key, 0, -1, withscores=True)
    how = packing(By.POINTS, forever)
    return {player.decode(): how.figure(score) for player, score in rows}


def unrecorded(told: list[tuple[int, int]], record: GameRecord) -> list[tuple[str, int]]:
    """Matches, as player and points, that somebody was told of and no record is kept of."""
    assert record.podium is not None
    players = {standing.seat: standing.player for standing in record.podium.standings}
    heard = Counter((players.get(seat, ""), points) for seat, points in told)
    kept = Counter((match.player, match.points) for match in record.matches)
    return list((heard - kept).elements())


def settle(ledger: Ledger, games: dict[str, GameRecord]) -> None:
    """Hold what one room was told against what is on record of its games."""
    ledger.settle()
    for game, told in ledger.told().items():
        if game not in games:
            ledger.lose("events_lost", f"{game} was told to be over and is not")
        elif missing := unrecorded(told, games[game]):
            ledger.lose("events_lost", f"{game}: matches that are not on record: {missing}")


async def reckon(redis: Redis, ledgers: list[Ledger], found: dict[str, Any], verify: int) -> None:
    """Hold what was told against what is stored."""
    games = await finished_games(redis)
    board = await board_points(redis)
    losses: Counter[str] = Counter()
    notes: list[str] = []
    for ledger in ledgers:
        settle(ledger, games)
        losses.update(ledger.losses)
        notes += ledger.notes
    earned: Counter[str] = Counter()
    for record in games.values():
        assert record.podium is not None
        for standing in record.podium.standings:
            earned[standing.player] += standing.score
    for player in earned.keys() | board.keys():
        difference = board.get(player, 0) - earned[player]
        if difference:
            losses["points_twice" if difference > 0 else "points_lost"] += 1
            notes.append(f"{player} earned {earned[player]} and has {board.get(player, 0)}")
    derived = 0
    async with network(WEIGHTS) as asked:
        for game, record in list(games.items())[: verify or None]:
            report = await derive(game, record, asked)
            derived += len(report.findings)
            if report.status != SAME:
                losses["verdicts_wrong"] += 1
                notes.append(tell(report))
    found["games_finished"] = len(games)
    found["matches"] = sum(len(record.matches) for record in games.values())
    found["verdicts_derived"] = derived
    found |= {name: losses[name] for name in _LOSSES}
    found["notes"] = notes[:20]


async def chaos(options: argparse.Namespace) -> dict[str, Any]:
    """Set up, torment, reckon."""
    dice = random.Random(options.seed)
    found: dict[str, Any] = {"seconds": options.seconds, "bots": options.bots}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        machine = Machine(stack, folder)
        await machine.start(options.servers, options.workers)
        ledgers, bots = await seat_bots(machine, options.bots, dice)
        playing = [asyncio.create_task(bot.run()) for bot in bots]
        killed = await torment(machine, options, dice)
        deadline = time.monotonic() + options.calm
        before = {bot: bot.offset for bot in bots}
        while time.monotonic() < deadline or not all(bot.seated for bot in bots):
            if time.monotonic() > deadline + 60:
                break
            await asyncio.sleep(0.1)
        found["never_back"] = sum(not bot.seated for bot in bots)
        for ledger in ledgers:
            room = [bot for bot in bots if bot.ledger is ledger]
            if max(bot.offset for bot in room) == max(before[bot] for bot in room):
                ledger.lose("rooms_stuck", "nothing happens any more")
        count_lost_time(bots)
        for bot, task in zip(bots, playing, strict=True):
            task.cancel()
            bot.hang_up()
        await asyncio.gather(*playing, return_exceptions=True)
        redis = queue.connect(machine.redis_url)
        stack.push_async_callback(redis.aclose)
        await asyncio.sleep(1)  # for what is stored after it was told
        found["killed"] = dict(killed)
        back = [taken for bot in bots for taken in bot.back_s]
        cuts = statistics.quantiles(back, n=100) if len(back) > 1 else [0.0] * 99
        found["reconnects"] = len(back)
        found["back_s"] = {
            "p50": round(cuts[49], 2),
            "p95": round(cuts[94], 2),
            "most": round(max(back, default=0.0), 2),
        }
        times = [lost for bot in bots for lost in bot.time_lost_s]
        found["lost_in_mid_drawing"] = len(times)
        found["most_time_lost_s"] = round(max(times, default=0.0), 2)
        problems: Counter[str] = Counter()
        closes: Counter[str] = Counter()
        for bot in bots:
            problems.update(bot.problems)
            closes.update({str(code): count for code, count in bot.closes.items()})
        found["problems"], found["closes"] = dict(problems), dict(closes)
        await reckon(redis, ledgers, found, options.verify)
        found["faults"] = machine.faults[:20]
    return found


def passed(found: dict[str, Any]) -> bool:
    """Whether nothing was lost and everybody was back in time."""
    whole = not any(found[name] for name in _LOSSES)
    in_time = found["back_s"]["p95"] < LIMIT_S
    return whole and in_time and not found["never_back"] and not found["faults"]


def main() -> int:
    """Run and print; the exit status is 1 if anything was lost or late."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=20.0, help="of torment")
    parser.add_argument("--every", type=float, default=4.0, help="seconds from kill to kill")
    parser.add_argument("--calm", type=float, default=4.0, help="seconds to come back in, after")
    parser.add_argument("--bots", type=int, default=40, help=f"in rooms of {SEATS}")
    parser.add_argument("--servers", type=int, default=3, help="that bots choose from")
    parser.add_argument("--workers", type=int, default=2, help="for recognition")
    kinds = ("", "server", "worker", "valkey")
    parser.add_argument("--only", choices=kinds, default="", help="kill nothing else")
    parser.add_argument("--seed", type=int, default=1, help="of who is killed and who goes where")
    parser.add_argument("--verify", type=int, default=0, help="games to derive again; 0: all")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    found = uvloop.run(chaos(options))
    show(found, as_json=options.json)
    return 0 if passed(found) else 1


if __name__ == "__main__":
    sys.exit(main())
