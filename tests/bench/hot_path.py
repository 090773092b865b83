"""What one drawing player costs the server: ``python -m tests.bench.hot_path``.

A room of eight draws for some simulated seconds, twenty messages a second each, through all that
the server does with them: uvicorn's protocol and the session, the turns of the room's owner, the
recogniser, and the way out of each socket. The clock is simulated, the sockets end in memory, and
Redis and the network are stood in for by something that answers at once; so the same work is done
in every run, and what is printed is CPU time of this process and nothing else.

* ``message``: bytes from a socket until the room has the command.
* ``ink turn``, ``guess turn``: a turn with the ink of 25 ms, and one with the answers of that time.
* ``verdict``: a guess turn, by guess.
* ``sent``: from a room's message to a viewer until its bytes are written, with the frames that are
  queued meanwhile.
* ``player``: all of it, for a second of one player's drawing; its inverse is how many one core
  could serve if nothing else, such as the way to Redis and the kernel's part, cost anything.

Each figure is the smallest of several runs, which is what the machine's other work spoils least.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import json
import pstats
import random
import struct
import sys
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, Final
from unittest.mock import patch

import hiredis
import uvicorn
import uvloop
from fastapi import FastAPI, WebSocket
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState

from game import commands as c
from game.categories import CATEGORIES
from game.ink import Pen
from game.protocol import COUNTDOWN_MS, InkBatch, Settings, write_ink
from game.room import RoomState
from ml.queue import MAX_FRAMES, Reply
from server.events import Snapshot
from server.owner import RoomOwner, Services
from server.players import Player
from server.recogniser import Recogniser
from server.session import Session
from server.store import RoomStore
from server.turn import Ask
from tests.support.drawing_bot import SEATS, hand

TURN_MS: Final = 25
BEAT_TURNS: Final = 2  # turns between two messages of one player
_HOPS: Final = 6  # of the loop, from the bytes of a socket to the room or back
_CODE: Final = "BCDFG"
_ANSWER: Final = struct.pack(
    f"<{len(CATEGORIES)}e",
    *random.Random(1).choices((0.4, 0.05, 1e-3, 0.0), (1, 4, 90, 250), k=345),
)


class Script:
    """A script that finds nothing wrong."""

    async def __call__(self, **_: Any) -> int:
        """Run it."""
        return 1


class Memory:
    """A Redis that agrees to everything, and keeps the frames that are queued."""

    def __init__(self) -> None:
        self.frames: list[dict[bytes, Any]] = []
        self._reader = hiredis.Reader()
        self._replies: deque[Any] = deque()

    def register_script(self, _script: str) -> Script:
        """Know it, whatever it is."""
        return Script()

    # The pool of its connections, one of those, and what tries once more when that breaks.

    @property
    def connection_pool(self) -> Memory:
        """Of connections that are all the same."""
        return self

    retry = connection_pool

    async def get_connection(self) -> Memory:
        """Lend one."""
        return self

    async def release(self, _line: Memory) -> None:
        """Take it back."""

    async def call_with_retry(self, ask: Callable[[], Awaitable[Any]], _failed: object) -> Any:
        """It never fails."""
        return await ask()

    async def send_packed_command(self, packed: bytes) -> None:
        """Keep the frames among these commands, each for a reply."""
        self._reader.feed(packed)
        while command := self._reader.gets():
            self._replies.append(self._queued(command))

    def _queued(self, command: Sequence[bytes]) -> list[bytes]:
        """Frames follow a script, the number of its keys, a key and a bound."""
        _, _, _, _, bound, *packed = command
        if bound != str(MAX_FRAMES).encode():
            return []
        self.frames += [
            {b"drawing": packed[at].decode(), b"n": int(packed[at + 1])}
            for at in range(0, len(packed), 4)
        ]
        return [b"1-0"] * (len(packed) // 4)

    async def read_response(self) -> Any:
        """What was answered at once."""
        return self._replies.popleft()

    async def zrem(self, *_: str) -> None:
        """Nothing was listed."""

    def pipeline(self, **_: bool) -> Pipeline:
        """Several commands at once."""
        return Pipeline()


class Pipeline:
    """Commands that succeed."""

    def __init__(self) -> None:
        self.commands = 0

    def __getattr__(self, _name: str) -> Callable[..., None]:
        """Whatever it is."""
        self.commands += 1
        return lambda *_arguments, **_options: None

    async def execute(self, **_options: bool) -> list[int]:
        """All of them."""
        return [1] * self.commands


class Transport(asyncio.Transport):
    """The end of a socket, in memory."""

    def __init__(self) -> None:
        super().__init__({"peername": ("127.0.0.1", 1), "sockname": ("127.0.0.1", 2)})
        self.writes = 0
        self.wrote = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Count it."""
        self.writes += 1
        self.wrote += len(data)

    def pause_reading(self) -> None:
        """There is nobody to stop."""

    def resume_reading(self) -> None:
        """There is nobody to go on."""

    def is_closing(self) -> bool:
        """Never."""
        return False

    def close(self) -> None:
        """Nothing to give back."""


class Stopwatch:
    """CPU time by what it was spent on."""

    def __init__(self) -> None:
        self.ns: Counter[str] = Counter()

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Time spent within."""
        started = time.process_time_ns()
        yield
        self.ns[what] += time.process_time_ns() - started


class Table:
    """A room of eight, its sockets, and a clock that moves by turns."""

    def __init__(self, seed: int, seconds: float) -> None:
        self.now_ms = 1_000_000
        self.memory = Memory()
        redis: Any = self.memory
        nothing: Any = None
        settings = Settings(confidence=0.95, rounds=1, seconds=120)
        state = RoomState(_CODE, "seed", "m" * len(CATEGORIES), settings)
        self.recogniser = Recogniser(redis, "bench")
        services = Services(RoomStore(redis, "bench"), self.recogniser, nothing)
        self.owner = RoomOwner(Snapshot(0, self.now_ms, state), services)
        self.turns = round(seconds * 1000 / TURN_MS)
        self.watch = Stopwatch()
        self.counts: Counter[str] = Counter()
        beats = self.turns // BEAT_TURNS + 2
        self.scripts = [
            list(script(random.Random(f"{seed}:{seat}"), beats)) for seat in range(SEATS)
        ]
        self.sockets: list[WebSocketsSansIOProtocol] = []
        self.transports: list[Transport] = []

    def app(self) -> FastAPI:
        """The door to the room, and no other."""
        app = FastAPI()
        among: Any = self

        @app.websocket("/{code}")
        async def door(socket: WebSocket, code: str) -> None:
            await Session(socket, among, among).run(code)

        return app

    # What a session asks of the rooms and the players of its server.

    async def exists(self, _code: str) -> bool:
        """The one room there is."""
        return True

    async def visit(self, _player: str, _code: str) -> None:
        """Nobody will be erased."""

    async def enter(self, _code: str) -> RoomOwner:
        """The one room there is."""
        return self.owner

    async def by_token(self, token: str) -> Player:
        """Everybody is known."""
        return Player(token, token)

    @property
    def bans(self) -> Table:
        """Where a session asks whether a player is kept out."""
        return self

    async def check(self, _kind: str, _who: str) -> None:
        """Nobody is."""

    @asynccontextmanager
    async def seated(self) -> AsyncIterator[None]:
        """Eight sockets with a seat each, in the first round."""
        config = uvicorn.Config(
            self.app(), log_config=None, ws_per_message_deflate=False, lifespan="off"
        )
        config.load()
        serving = ServerState()
        for seat in range(SEATS):
            transport = Transport()
            socket = WebSocketsSansIOProtocol(config, serving, {})
            socket.connection_made(transport)
            socket.data_received(_handshake())
            await _hop(2 * _HOPS)
            hello = json.dumps({"type": "hello", "token": f"player {seat}"})
            socket.data_received(masked(hello.encode(), text=True))
            self.sockets.append(socket)
            self.transports.append(transport)
            await _hop(2 * _HOPS)
            await self.turn()
        await self.owner._turn([Ask(c.StartGame(0))])
        self.now_ms += COUNTDOWN_MS
        await self.owner._turn([])
        await _hop(_HOPS)
        assert len(self.owner.state.drawings) == SEATS
        delivering = asyncio.create_task(self.recogniser.deliver())
        yield
        delivering.cancel()
        for socket in self.sockets:
            socket.connection_lost(None)
        await asyncio.gather(*serving.tasks, return_exceptions=True)

    async def turn(self) -> None:
        """The room deals with all that it was asked."""
        await self.owner._turn(self.owner._inbox.take())

    def heard(self, frame: dict[bytes, Any]) -> c.ReceiveGuess:
        """The network's answer to ``frame``."""
        guess = self.recogniser.heard(Reply(frame[b"drawing"], frame[b"n"], _ANSWER, "model", 1))
        assert guess is not None
        return guess

    async def play(self) -> None:
        """Every player draws, and every frame is answered a turn later."""
        for transport in self.transports:
            transport.writes = 0
        for number in range(self.turns):
            self.now_ms += TURN_MS
            frames, self.memory.frames = self.memory.frames, []
            with self.watch.on("message"):
                for seat in range(number % BEAT_TURNS, SEATS, BEAT_TURNS):
                    self.sockets[seat].data_received(self.scripts[seat][number // BEAT_TURNS])
                    self.counts["message"] += 1
                await _hop(_HOPS)
            with self.watch.on("ink turn"):
                await self.turn()
            with self.watch.on("guess turn"):
                asks = [Ask(self.heard(frame)) for frame in frames]
                if asks:
                    await self.owner._turn(asks)
            with self.watch.on("sent"):
                await _hop(_HOPS)
            self.counts["verdict"] += len(frames)
            self.counts["guess turn"] += bool(frames)
        self.counts["ink turn"] = self.turns
        self.counts["sent"] = sum(transport.writes for transport in self.transports)


def script(dice: random.Random, beats: int) -> Iterator[bytes]:
    """The websocket frames that one player sends."""
    for number, (pen, points) in zip(range(1, beats), hand(dice), strict=False):
        if pen is Pen.CLEAR:
            yield masked(b'{"type":"clear","batch":%d}' % number, text=True)
        else:
            yield masked(write_ink(InkBatch(number, pen, points)), text=False)


def masked(payload: bytes, *, text: bool) -> bytes:
    """A short websocket frame of a client, masked with zeros."""
    head = (len(payload),) if len(payload) < 126 else (126, *divmod(len(payload), 256))
    head = (0x81 if text else 0x82, 0x80 | head[0], *head[1:])
    return bytes(head) + bytes(4) + payload


def _handshake() -> bytes:
    return (
        f"GET /{_CODE} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()


async def _hop(times: int) -> None:
    for _ in range(times):
        await asyncio.sleep(0)


async def run(options: argparse.Namespace, profile: cProfile.Profile | None) -> Table:
    """One run."""
    table = Table(options.seed, options.seconds)

    def clock() -> int:
        return table.now_ms

    with patch("server.owner.now_ms", clock), patch("server.session.now_ms", clock):
        async with table.seated():
            if profile is not None:
                profile.enable()
            await table.play()
            if profile is not None:
                profile.disable()
    return table


def once(options: argparse.Namespace, profile: cProfile.Profile | None) -> Table:
    """One run, on the loop that the server runs on."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run(options, profile))


def measure(options: argparse.Namespace) -> dict[str, float]:
    """The least of several runs, in microseconds each; what the runs take is bounded."""
    tables: list[Table] = []
    ends = time.monotonic() + options.limit
    while len(tables) < options.runs and (not tables or time.monotonic() < ends):
        tables.append(once(options, None))
    found = {
        f"{what.replace(' ', '_')}_us": min(
            table.watch.ns[timed] / 1000 / max(1, table.counts[what]) for table in tables
        )
        for what, timed in (
            ("message", "message"),
            ("ink turn", "ink turn"),
            ("guess turn", "guess turn"),
            ("verdict", "guess turn"),
            ("sent", "sent"),
        )
    }
    total_ns = min(table.watch.ns.total() for table in tables)
    found["player_ms_per_s"] = total_ns / 1e6 / SEATS / options.seconds
    found = {name: round(value, 2) for name, value in found.items()}
    return {**found, **{f"{what}s": count for what, count in tables[0].counts.items()}}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="simulated in each run")
    parser.add_argument("--runs", type=int, default=7, help="of which the least counts")
    parser.add_argument("--limit", type=float, default=20.0, help="seconds after which none starts")
    parser.add_argument("--seed", type=int, default=1, help="of what is drawn")
    parser.add_argument("--profile", action="store_true", help="print where a run spends its time")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args()
    if options.profile:
        profile = cProfile.Profile(time.process_time)
        once(options, profile)
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(45)
        return
    found = measure(options)
    if options.json:
        print(json.dumps(found))  # noqa: T201
        return
    print(  # noqa: T201
        "µs each: "
        + ", ".join(
            f"{name.removesuffix('_us').replace('_', ' ')} {value:.1f}"
            for name, value in found.items()
            if name.endswith("_us")
        )
        + f"  |  a player costs {found['player_ms_per_s']:.2f} ms a second, so one core could"
        f" serve {1000 / found['player_ms_per_s']:.0f}"
    )


if __name__ == "__main__":
    main()
