"""Rooms full of bots that draw, as a process: ``python -m tests.support.bots URL REDIS ROOMS``.

It fills its rooms, starts their games and, once everybody may draw, prints ``ready``. A line on
its standard input sets the pens going: each bot sends ink twenty times a second, at a moment of
its own. Then it prints one JSON object with all that was measured, and leaves. Nothing that the
bots draw is in the deck, and no guess is sure enough, so the rounds last.

The samples, in milliseconds and all by one clock, of this process:

* ``guess``: from sending the newest ink that a frame has to having its guess. Which ink that is
  does not cross the wire; it is read off the room's log afterwards.
* ``any_guess``: the same for all ink, from sending it to having the first guess that knows it;
  so it includes the wait for the drawing's next frame.
* ``relay``: from sending a batch to a room-mate's having it; the n-th ink shown of a seat must be
  byte for byte the n-th that it sent.
* ``late``: how much later than meant ink was sent. If this grows, the bots are out of breath.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import sys
import time
from collections import Counter, deque
from typing import Any, Final
from urllib.parse import quote, urlsplit

import uvloop

from game import events as e
from game.categories import CATEGORIES
from ml import queue
from server.events import read_turn
from tests.support.drawing_bot import BEAT_S, SEATS, Bot, Room
from tests.support.light_socket import LightSocket
from tests.support.sketches import SKETCHES

SETTLE_S: Final = 2.0  # drawing before anything is measured, and after it
_DECK: Final = [name for name in CATEGORIES if name not in SKETCHES][:16]
_SETTINGS: Final = {
    "rounds": 1, "seconds": 120, "players": SEATS, "custom": _DECK, "confidence": 0.95
}  # fmt: skip

Samples = dict[str, list[float]]


# --- the rooms -----------------------------------------------------------------------------------


def make_players(url: str, rooms: int, seed: int) -> list[tuple[str, list[str]]]:
    """Codes of new rooms, each with the tokens of its players.

    Every room's players come from an address of their own, as households do: the bots stand in
    for the proxy that would say so.
    """
    at = urlsplit(url)
    assert at.hostname is not None
    api = http.client.HTTPConnection(at.hostname, at.port, timeout=10)

    def post(path: str, room: int, body: object, token: str = "") -> dict[str, str]:
        address = f"10.{seed % 250}.{room // 250}.{room % 250 + 1}"
        headers = {"X-Forwarded-For": address, "Authorization": f"Bearer {token}"}
        headers["Content-Type"] = "application/json"
        api.request("POST", f"/api/{path}", json.dumps(body), headers)
        answer: dict[str, str] = json.loads(api.getresponse().read())
        return answer

    made = []
    for room in range(rooms):
        tokens = [post("players", room, {})["token"] for _ in range(SEATS)]
        made.append((post("rooms", room, {"settings": _SETTINGS}, tokens[0])["code"], tokens))
    return made


async def fill(url: str, rooms: int, beats: int, seed: int) -> list[Room]:
    """Rooms whose bots may draw as soon as this returns."""
    filled = []
    for number, (code, tokens) in enumerate(make_players(url, rooms, seed)):
        room = Room(code)
        for place, token in enumerate(tokens):
            dice = random.Random(f"{seed} {number} {place}")
            bot = Bot(room, beats, dice)
            address = f"{url.replace('http', 'ws', 1)}/api/rooms/{quote(code)}/ws"
            bot.socket = await LightSocket.dial(address, bot.hear)
            bot.socket.send(json.dumps({"type": "hello", "token": token}))
            while bot.seat < 0:
                assert bot.socket.close_code is None, bot.socket.close_code
                await asyncio.sleep(0.001)
        filled.append(room)
    for room in filled:
        host = room.bots[min(room.bots)].socket
        assert host is not None
        host.send('{"type":"start"}')
    async with asyncio.timeout(20):
        while any(room.phase != "drawing" for room in filled):  # noqa: ASYNC110 - of many rooms
            await asyncio.sleep(0.05)
    return filled


# --- what was measured ---------------------------------------------------------------------------


async def newest_ink(redis_url: str, code: str) -> dict[tuple[int, int], int]:
    """By seat and frame, the number of the newest batch in it, from the room's log."""
    redis = queue.connect(redis_url)
    entries: Any = await redis.xrange(f"inkling:{{room:{code}}}:log")
    await redis.aclose()
    newest: dict[int, int] = {}
    in_flight: dict[int, int] = {}
    lost: dict[int, int] = {}
    found = {}
    for event in (event for _, fields in entries for event in read_turn(fields[b"turn"])[0]):
        match event:
            case e.InkAdded(seat=seat, batch=batch, points=points) if points:
                newest[seat] = batch
            case e.CanvasCleared(seat=seat, batch=int(batch)):
                newest[seat] = batch
            case e.FrameLost(seat=seat):
                lost[seat] = in_flight[seat]
            case e.FrameQueued(seat=seat, n=n):
                held = lost.pop(seat, None) or newest[seat]
                found[seat, n] = in_flight[seat] = held
            case _:
                pass
    return found


def latencies(bot: Bot, framed: dict[tuple[int, int], int], window: tuple[float, float]) -> Samples:
    """A bot's samples of ink sent within ``window``."""
    since, until = window
    samples: Samples = {"guess": [], "any_guess": []}
    waiting = deque(enumerate((sent_at for sent_at, _, _ in bot.sent), 1))
    for n, heard_at in sorted(bot.guesses.items()):
        newest = framed[bot.seat, n]
        sent_at = bot.sent[newest - 1][0]
        if since <= sent_at < until:
            samples["guess"].append(heard_at - sent_at)
        while waiting and waiting[0][0] <= newest:
            _, sent_at = waiting.popleft()
            if since <= sent_at < until:
                samples["any_guess"].append(heard_at - sent_at)
    samples["relay"] = [took for sent_at, took in bot.relay if since <= sent_at < until]
    samples["late"] = bot.late
    return samples


async def report(rooms: list[Room], redis_url: str, window: tuple[float, float]) -> dict[str, Any]:
    """Everything measured, as JSON can carry it."""
    samples: dict[str, list[float]] = {}
    problems: Counter[str] = Counter()
    closed: Counter[str] = Counter()
    for room in rooms:
        framed = await newest_ink(redis_url, room.code)
        for bot in room.bots.values():
            for name, found in latencies(bot, framed, window).items():
                samples.setdefault(name, []).extend(round(1000 * each, 1) for each in found)
            problems.update(bot.problems)
            if bot.socket is not None and bot.socket.close_code is not None:
                closed[str(bot.socket.close_code)] += 1
        if room.phase != "drawing":
            problems[f"phase {room.phase}"] += 1
    sent = sum(len(bot.sent) for room in rooms for bot in room.bots.values())
    return {"samples": samples, "problems": problems, "closed": closed, "sent": sent}


async def play(url: str, redis_url: str, rooms: int, seconds: float, seed: int) -> None:
    """Fill the rooms, draw when told to, report."""
    beats = round((seconds + 2 * SETTLE_S) / BEAT_S)
    filled = await fill(url, rooms, beats, seed)
    print("ready", flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    start = time.perf_counter()
    bots = [bot for room in filled for bot in room.bots.values()]
    await asyncio.gather(*(bot.draw(start) for bot in bots))
    await asyncio.sleep(1)  # for the last guesses
    window = (start + SETTLE_S, start + SETTLE_S + seconds)
    found = await report(filled, redis_url, window)
    for bot in bots:
        if bot.socket is not None:
            bot.socket.send('{"type":"leave"}')
    await asyncio.sleep(0.5)
    for bot in bots:
        if bot.socket is not None:
            bot.socket.hang_up()
    print(json.dumps(found), flush=True)  # noqa: T201


if __name__ == "__main__":
    uvloop.run(
        play(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5]))
    )
