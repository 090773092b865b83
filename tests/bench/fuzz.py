"""Nonsense, and lots of it: ``python -m tests.bench.fuzz --messages 1000000``.

Starts the game as a host does and sends it, over many sockets at once, random and mutated
messages: broken JSON, wrong types, huge numbers, ink that is none, frames that are no websocket's,
commands in any order, replays; with a seat in some room and without; and requests to every route
that are no better. Meanwhile three bystanders play in a room of their own.

It passes if the server neither ends nor logs an error, no request is answered with 5xx, its memory
stays where it was, and the bystanders notice nothing: never disconnected, nothing lost, matches as
ever, and the answer to a ping within the limit.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any, Final

import httpx
import uvloop

from tests.support.drift import drift, rss_mib
from tests.support.figures import show
from tests.support.light_socket import LightSocket
from tests.support.sketches import SKETCHES
from tests.support.stubborn_bot import Ledger, StubbornBot
from tests.support.whole_game import ROOT, WholeGame, whole_game

PING_LIMIT_MS: Final = 250.0
GROWTH_MIB: Final = 1.0  # a minute, after the warm-up
STEP_MIB: Final = 2.0  # that an allocator may take at once
_BYSTANDERS: Final = 3
_PATIENCE_S: Final = 10.0
_WARM_UP: Final = 0.4  # of the run
_FOR_EVER_S: Final = 24 * 3600.0
_FOR_EVER_MESSAGES: Final = 10**12
_ERROR: Final = re.compile(r"^(ERROR|CRITICAL|Traceback|Exception)|Task exception")


class Target:
    """What there is to attack, and who must not notice."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.tokens: list[str] = []
        self.codes: list[str] = []
        self.over = False

    async def set_up(self) -> tuple[Ledger, list[StubbornBot]]:
        """Rooms and tokens for the attackers; returns the bystanders and their ledger."""
        async with httpx.AsyncClient(base_url=self.url, timeout=30) as http:
            for number in range(16):
                headers = {"X-Forwarded-For": f"10.2.0.{number}"}
                made = (await http.post("/api/players", json={}, headers=headers)).json()
                self.tokens.append(made["token"])
                headers["Authorization"] = f"Bearer {made['token']}"
                room = (await http.post("/api/rooms", json={}, headers=headers)).json()
                self.codes.append(room["code"])
            headers = {"X-Forwarded-For": "10.3.0.1"}
            tokens = []
            for number in range(_BYSTANDERS):
                body = {"name": f"bystander {number}"}
                made = (await http.post("/api/players", json=body, headers=headers)).json()
                tokens.append(made["token"])
            headers["Authorization"] = f"Bearer {tokens[0]}"
            settings = {"rounds": 2, "custom": list(SKETCHES), "guess_among": "deck"}
            answer = await http.post("/api/rooms", json={"settings": settings}, headers=headers)
            ledger = Ledger(answer.json()["code"], _BYSTANDERS)
        server = self.url.replace("http", "ws", 1)
        dice = random.Random(1)
        bots = [StubbornBot(token, ledger, [server], dice) for token in tokens]
        return ledger, bots


async def ping(target: Target) -> list[float]:
    """Milliseconds from each ping of an idle socket to its answer; at least one, however short."""
    taken: list[float] = []
    answered = asyncio.Event()

    def hear(data: str | bytes) -> None:
        if isinstance(data, str) and '"pong"' in data:
            answered.set()

    async with httpx.AsyncClient(base_url=target.url) as http:
        headers = {"X-Forwarded-For": "10.4.0.1"}
        token = (await http.post("/api/players", json={}, headers=headers)).json()["token"]
        headers["Authorization"] = f"Bearer {token}"
        code = (await http.post("/api/rooms", json={}, headers=headers)).json()["code"]
    server = target.url.replace("http", "ws", 1)
    socket = await LightSocket.dial(f"{server}/api/rooms/{code}/ws", hear)
    socket.send(json.dumps({"type": "hello", "token": token}))
    await asyncio.sleep(0.5)
    while True:
        answered.clear()
        begun = time.monotonic()
        socket.send('{"type":"ping"}')
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(answered.wait(), _PATIENCE_S)
        taken.append(1000 * (time.monotonic() - begun))
        if socket.close_code is not None:
            taken.append(math.inf)
            break
        if target.over:
            break
        await asyncio.sleep(0.1)
    socket.hang_up()
    return taken


async def weigh(process_id: int, target: Target) -> list[tuple[float, float]]:
    """The server's resident memory as it goes."""
    samples = []
    while not target.over:
        samples.append((time.monotonic(), rss_mib(process_id)))
        await asyncio.sleep(0.25)
    return samples


def errors_in(log: Path) -> list[str]:
    """What the server logged that it should not have to."""
    return [line for line in log.read_text(errors="replace").splitlines() if _ERROR.search(line)]


async def send_attackers(target: Target, options: argparse.Namespace) -> dict[str, Any]:
    """A process of attackers, so that what it costs to attack is no burden to those who measure."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.support.attackers",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    asked = {name: getattr(options, name) for name in ("messages", "seconds", "sockets", "seed")}
    asked |= {"url": target.url, "tokens": target.tokens, "codes": target.codes}
    told, _ = await process.communicate(json.dumps(asked).encode() + b"\n")
    answer: dict[str, Any] = json.loads(told)
    return answer


async def fuzz(game: WholeGame, options: argparse.Namespace) -> dict[str, Any]:
    """Attack, and look at what is left."""
    target = Target(game.url)
    ledger, bots = await target.set_up()
    playing = [asyncio.create_task(bot.run()) for bot in bots]
    watching = asyncio.gather(weigh(game.process.pid, target), ping(target))
    try:
        sent = await send_attackers(target, options)
    finally:
        target.over = True
    weights, pings = await watching
    for bot, task in zip(bots, playing, strict=True):
        task.cancel()
        bot.hang_up()
    await asyncio.gather(*playing, return_exceptions=True)
    ledger.settle()
    warm = weights[int(len(weights) * _WARM_UP) :]
    memory = drift(warm)
    return {
        **sent,
        "server_alive": game.process.poll() is None,
        "rss_mib": [round(warm[0][1], 1), round(warm[-1][1], 1)] if warm else [],
        "rss_mib_per_minute": [round(memory.per_minute, 2), round(memory.error, 2)],
        "memory_flat": memory.is_flat(GROWTH_MIB, STEP_MIB),
        "ping_ms": {
            "p50": round(statistics.median(pings), 1),
            "p95": round(statistics.quantiles(pings, n=20)[-1] if len(pings) > 1 else pings[0], 1),
            "most": round(max(pings), 1),
        },
        "bystanders": {
            "matches": len(ledger.matches),
            "games": len(ledger.games),
            "disconnected": sum(len(bot.back_s) for bot in bots),
            "lost": dict(ledger.losses),
            "refused": dict(sum((bot.problems for bot in bots), Counter())),
        },
    }


def passed(found: dict[str, Any]) -> bool:
    """Whether nobody but the attackers noticed."""
    bystanders = found["bystanders"]
    return (
        found["server_alive"]
        and not found["errors_logged"]
        and not any(int(status) >= 500 for status in found["requests"])
        and found["memory_flat"]
        and found["ping_ms"]["p95"] < PING_LIMIT_MS
        and bystanders["matches"] > 0
        and not bystanders["disconnected"]
        and not bystanders["lost"]
        and not bystanders["refused"]
    )


def main() -> int:
    """Run and print; the exit status is 1 if anything broke."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=0, help="to send, however long it takes")
    parser.add_argument("--seconds", type=float, default=0.0, help="to go on for; else 15, or ever")
    parser.add_argument("--sockets", type=int, default=16, help="open at once")
    parser.add_argument("--seed", type=int, default=1, help="of everything that is said")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    options.seconds = options.seconds or (_FOR_EVER_S if options.messages else 15.0)
    options.messages = options.messages or _FOR_EVER_MESSAGES
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        data = Path(folder) / "data"
        with whole_game(data) as game:
            found = uvloop.run(fuzz(game, options))
        errors = errors_in(Path(folder) / "data.log")
        found |= {"errors_logged": len(errors), "errors": errors[:5]}
    show(found, as_json=options.json)
    return 0 if passed(found) else 1


if __name__ == "__main__":
    sys.exit(main())
