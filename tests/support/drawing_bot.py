"""A player that draws without an end, and keeps the times of all it sends and hears."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from game.ink import Pen, stroke_of
from game.protocol import ACKNOWLEDGED, InkBatch, write_ink
from tests.support.light_socket import LightSocket
from tests.support.player import read_relay
from tests.support.sketches import SKETCHES, in_canvas_units

SEATS: Final = 8
BEAT_S: Final = 0.05  # between a bot's messages, as between the page's
_POINTS: Final = 3  # of a 60 Hz pointer in a beat
_FINER: Final = 3  # points where a sketch has one: a hand takes some seconds
_WOBBLE: Final = 500


def hand(dice: random.Random) -> Iterator[tuple[Pen, bytes]]:
    """What one bot draws, message by message, for ever: a sketch, a cleared canvas, the next."""
    while True:
        for stroke in in_canvas_units(SKETCHES[dice.choice(list(SKETCHES))]):
            points = [
                (_wobbled(x, dice), _wobbled(y, dice), 16)
                for (x0, y0), (x1, y1) in pairwise(stroke)
                for step in range(_FINER)
                for x, y in [(x0 + (x1 - x0) * step / _FINER, y0 + (y1 - y0) * step / _FINER)]
            ]
            for at in range(0, len(points), _POINTS):
                pen = Pen.STARTS if at == 0 else Pen(0)
                pen |= Pen.ENDS if at + _POINTS >= len(points) else Pen(0)
                yield pen, stroke_of(points[at : at + _POINTS])
        yield Pen.CLEAR, b""


def _wobbled(value: float, dice: random.Random) -> int:
    return min(65535, max(0, round(value) + dice.randint(-_WOBBLE, _WOBBLE)))


@dataclass
class Room:
    """A room's code, its bots by seat, and whether they may draw."""

    code: str
    bots: dict[int, Bot] = field(default_factory=dict)
    phase: str = ""


class Bot:
    """One player: what it sent and what it heard, with the times."""

    def __init__(self, room: Room, beats: int, dice: random.Random) -> None:
        self.room = room
        self.socket: LightSocket | None = None
        self.seat = -1
        self.sent: list[tuple[float, Pen, bytes]] = []
        self.guesses: dict[int, float] = {}  # when the guess about each frame came
        self.problems: list[str] = []
        self.relay: list[tuple[float, float]] = []  # sent, seconds to here
        self.late: list[float] = []
        self._phase_of_beat = dice.random() * BEAT_S
        self._script = list(islice(hand(dice), beats))
        self._shown = [0] * SEATS

    def hear(self, data: str | bytes) -> None:
        """Note a message of the server."""
        now = time.perf_counter()
        if isinstance(data, bytes):
            if data[0] != ACKNOWLEDGED:
                for seat, pen, points in read_relay(data):
                    self._show(now, seat, pen, points)
            return
        said = json.loads(data)
        match said["type"]:
            case "guess":
                self.guesses[said["frame"]] = now
            case "welcome":
                self.seat = said["seat"]
                self.room.bots[self.seat] = self
            case "phase":
                self.room.phase = said["phase"]
            case "error":
                self.problems.append(said["code"])
            case "match":
                self.problems.append("match")
            case _:
                pass

    def _show(self, now: float, seat: int, pen: Pen, points: bytes) -> None:
        sent_at, *sent = self.room.bots[seat].sent[self._shown[seat]]
        self._shown[seat] += 1
        self.relay.append((sent_at, now - sent_at))
        if sent != [pen, points]:
            self.problems.append("relayed wrongly")

    async def draw(self, start: float) -> None:
        """Send the script, a message each beat."""
        assert self.socket is not None
        for number, (pen, points) in enumerate(self._script, 1):
            due = start + self._phase_of_beat + number * BEAT_S
            await asyncio.sleep(due - time.perf_counter())
            now = time.perf_counter()
            self.late.append(now - due)
            self.sent.append((now, pen, points))
            if self.socket.close_code is not None:
                return
            if pen is Pen.CLEAR:
                self.socket.send(f'{{"type":"clear","batch":{number}}}')
            else:
                self.socket.send(write_ink(InkBatch(number, pen, points)))
