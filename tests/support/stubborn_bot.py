"""A player that comes back: it plays whole games, and whatever breaks, it dials another server.

It keeps books of what it was told, and holds every later word of the server against them: what was
acknowledged must have been kept, offsets only grow, the seat is the same, and so is the ink.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from game import ink
from game.ink import Pen, stroke_of
from game.protocol import ACKNOWLEDGED, InkBatch, write_ink
from tests.support.light_socket import LightSocket
from tests.support.player import read_relay
from tests.support.sketches import SKETCHES, in_canvas_units

BEAT_S: Final = 0.05
_POINTS: Final = 3
_FIRST_PAUSE_S: Final = 0.3  # as the page's web/src/socket.js
_LAST_PAUSE_S: Final = 5.0
_WELCOME_S: Final = 15.0
_SHOWN_S: Final = 2.0  # until all ink that follows a welcome has come
_SAY_AGAIN_S: Final = 1.0
# What a bot may run into when a phase changes, or a server goes, under its hands.
_NO_PROBLEM: Final = frozenset({"wrong_phase", "not_host", "busy", "not_drawing", "no_seat"})


@dataclass
class Ledger:
    """What the bots of one room were told, together."""

    code: str
    size: int
    # By offset and seat: points that somebody heard of.
    matches: dict[tuple[int, int], int] = field(default_factory=dict)
    # By game: its offset, and scores by seat.
    games: dict[str, tuple[int, dict[int, int]]] = field(default_factory=dict)
    losses: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def lose(self, what: str, note: str) -> None:
        """Something that was told is not true any more."""
        self.losses[what] += 1
        self.notes.append(f"{self.code}: {what}: {note}")

    def heard_match(self, offset: int, seat: int, points: int) -> None:
        """A match was told."""
        if self.matches.setdefault((offset, seat), points) != points:
            self.lose("events_lost", f"seat {seat} matched at {offset} for other points")

    def heard_game_over(self, game: str, offset: int, scores: dict[int, int]) -> None:
        """A podium was told."""
        if self.games.setdefault(game, (offset, scores))[1] != scores:
            self.lose("points_lost", f"another podium of {game}")

    def told(self) -> dict[str, list[tuple[int, int]]]:
        """The matches that led to each podium, as seat and points."""
        since = 0
        found = {}
        for game, (offset, _) in sorted(self.games.items(), key=lambda item: item[1][0]):
            matches = self.matches.items()
            found[game] = [(seat, points) for (at, seat), points in matches if since < at <= offset]
            since = offset
        return found

    def settle(self) -> None:
        """Hold every podium against the matches that led to it."""
        for game, matches in self.told().items():
            heard: Counter[int] = Counter()
            for seat, points in matches:
                heard[seat] += points
            scores = self.games[game][1]
            for seat, points in heard.items():
                if points > scores.get(seat, 0):
                    note = f"seat {seat} of {game} was told {points}, has {scores.get(seat)}"
                    self.lose("points_lost", note)


class StubbornBot:
    """One player of a room, on whichever of ``servers`` (``ws://`` addresses) it finds."""

    def __init__(
        self,
        token: str,
        ledger: Ledger,
        servers: Sequence[str],
        dice: random.Random,
        thinks_s: float = 0.0,
    ) -> None:
        self._token = token
        self.ledger = ledger
        self._servers = servers
        self._dice = dice
        self._socket: LightSocket | None = None
        self._welcome = False
        self._seat = -1
        self._offset = 0
        self._phase = ""
        self._round = 0
        self._prompt = ""
        self._matched = False
        self._hosts = False
        self._here: set[int] = set()
        self._batch = 0
        self._acknowledged = 0
        self._history: list[InkBatch] = []
        self._shown: ink.Ink | None = None  # own ink as the server has it, while it is told
        self._script: list[tuple[Pen, bytes]] = []
        self._said_at = 0.0
        self._thinks_s = thinks_s  # at most, before it draws
        self._draws_at = 0.0
        self._pen_down_at = 0.0  # when its time to draw ends, as it was told
        self._left_s: tuple[int, float] | None = None  # of which round, when the socket was lost
        self.back_s: list[float] = []  # from each loss of the socket to the next welcome
        self.time_lost_s: list[float] = []  # to draw, by each loss in the middle of it
        self.problems: Counter[str] = Counter()
        self.closes: Counter[int] = Counter()
        self.turned_away = False
        self.holds_back = False  # and draws nothing as long as it does

    @property
    def offset(self) -> int:
        """Of the newest that it was told."""
        return self._offset

    @property
    def seated(self) -> bool:
        """Whether it is in its room just now."""
        return self._welcome

    async def run(self) -> None:
        """Play until cancelled, or turned away."""
        lost_at: float | None = None
        attempt = 0
        while not self.turned_away:
            self._welcome = False
            if attempt or lost_at is not None:
                step = min(_LAST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
                pause = max(_FIRST_PAUSE_S, step * (0.5 + self._dice.random() / 2))
                await asyncio.sleep(pause)
                attempt += 1
            try:
                await self._dial()
                if lost_at is not None:
                    self.back_s.append(time.monotonic() - lost_at)
                lost_at, attempt = None, 0
                await self._play()
            except (OSError, TimeoutError):
                pass
            if lost_at is None:
                lost_at = time.monotonic()
                self._left_s = self._time_left(lost_at)
            self._note_close()

    def leave(self) -> None:
        """Give up the seat, and hang up."""
        self._send('{"type":"leave"}')
        self.hang_up()

    def hang_up(self) -> None:
        """Leave without a word."""
        if self._socket is not None:
            self._socket.hang_up()

    def _note_close(self) -> None:
        if self._socket is None:
            return
        code = self._socket.close_code or 0
        self.closes[code] += 1
        self._socket.hang_up()
        self._socket = None
        if 4500 <= code < 5000:
            self.turned_away = True
            self.ledger.lose("seats_lost", f"turned away with {code}")

    async def _dial(self) -> None:
        server = self._dice.choice(self._servers)
        url = f"{server}/api/rooms/{self.ledger.code}/ws"
        self._socket = await LightSocket.dial(url, self._hear)
        self._socket.send(json.dumps({"type": "hello", "token": self._token}))
        async with asyncio.timeout(_WELCOME_S):
            while not self._welcome:
                if self._socket.close_code is not None:
                    raise ConnectionError(self._socket.close_code)
                await asyncio.sleep(0.01)

    # --- what it hears ---------------------------------------------------------------------------

    def _hear(self, data: str | bytes) -> None:
        if isinstance(data, bytes):
            if data[0] == ACKNOWLEDGED:
                self._acknowledged = max(self._acknowledged, int.from_bytes(data[1:], "little"))
            else:
                self._see(data)
            return
        said = json.loads(data)
        if said["type"] not in ("error", "pong"):
            if said["offset"] < self._offset:
                note = f"offset {said['offset']} of a {said['type']} after {self._offset}"
                self.ledger.lose("events_lost", note)
            self._offset = max(self._offset, said["offset"])
        getattr(self, f"_hear_{said['type']}", self._pass_over)(said)

    def _pass_over(self, said: dict[str, Any]) -> None:
        """Nothing that matters here."""

    def _hear_error(self, said: dict[str, Any]) -> None:
        if said["code"] not in _NO_PROBLEM:
            self.problems[said["code"]] += 1

    def _hear_welcome(self, said: dict[str, Any]) -> None:
        if self._seat not in (-1, said["seat"]):
            self.ledger.lose("seats_lost", f"seat {self._seat} became {said['seat']}")
        self._seat = said["seat"]
        if said["batch"] < self._acknowledged:
            note = f"seat {self._seat}: batch {self._acknowledged} of which {said['batch']} is left"
            self.ledger.lose("events_lost", note)
        self._hosts = any(each["seat"] == self._seat and each["host"] for each in said["seats"])
        self._here = {each["seat"] for each in said["seats"] if each["state"] == "here"}
        self._enter(said["phase"], said["prompt"])
        self._matched = any(match["seat"] == self._seat for match in said["matches"])
        self._compare_time(said["phase"])
        if said["game_over"]:
            self._hear_game_over({**said["game_over"], "offset": said["offset"]})
        self._acknowledged = said["batch"]
        expected = ink.BLANK
        for batch in self._history:
            if batch.batch <= said["batch"]:
                expected = ink.add(expected, batch.pen, batch.points)
        checks = said["phase"]["phase"] == "drawing" and not self._matched
        if checks and expected.strokes:
            self._shown = ink.BLANK
            asyncio.get_running_loop().call_later(_SHOWN_S, self._compare, self._socket, expected)
        self._welcome = True
        for batch in self._history:
            if batch.batch > said["batch"]:
                self._send(write_ink(batch))

    def _time_left(self, now: float) -> tuple[int, float] | None:
        """The round, and what is left of its own time to draw."""
        if self._phase != "drawing" or self._matched:
            return None
        return self._round, max(0.0, self._pen_down_at - now)

    def _compare_time(self, phase: dict[str, Any]) -> None:
        if self._left_s is not None and not self._matched:
            number, left_s = self._left_s
            if number == phase["round"] and phase["phase"] in ("drawing", "judging"):
                left_now_s = phase["ms_left"] / 1000 if phase["phase"] == "drawing" else 0.0
                self.time_lost_s.append(left_s - left_now_s)
        self._left_s = None

    def _see(self, data: bytes) -> None:
        """Own ink is shown once, after a welcome."""
        if self._shown is None:
            return
        for seat, pen, points in read_relay(data):
            if seat == self._seat:
                self._shown = ink.add(self._shown, pen, points)

    def _compare(self, socket: LightSocket, expected: ink.Ink) -> None:
        if socket is not self._socket or not self._welcome:  # lost again: the next welcome counts
            return
        shown, self._shown = self._shown, None
        if shown is not None and shown.strokes != expected.strokes:
            note = f"seat {self._seat}: {shown.points} points are left of {expected.points}"
            self.ledger.lose("ink_lost", note)

    def _hear_phase(self, said: dict[str, Any]) -> None:
        self._enter(said, None)

    def _enter(self, phase: dict[str, Any], prompt: dict[str, Any] | None) -> None:
        if phase["phase"] == "countdown" or phase["round"] != self._round:
            self._begin(phase["round"])
        self._phase = phase["phase"]
        self._pen_down_at = time.monotonic() + phase["ms_left"] / 1000
        if prompt is not None:
            self._prompt = prompt["category"]

    def _begin(self, number: int) -> None:
        self._round = number
        self._matched = False
        self._history.clear()
        self._script.clear()
        self._shown = None
        self._draws_at = 0.0

    def _hear_prompt(self, said: dict[str, Any]) -> None:
        self._prompt = said["category"]

    def _hear_seat(self, said: dict[str, Any]) -> None:
        seat = said["seat"]
        self._here.discard(seat["seat"])
        if seat["state"] == "here":
            self._here.add(seat["seat"])
        if seat["seat"] == self._seat:
            self._hosts = seat["host"]

    def _hear_match(self, said: dict[str, Any]) -> None:
        self.ledger.heard_match(said["offset"], said["seat"], said["points"])
        if said["seat"] == self._seat:
            self._matched = True

    def _hear_game_over(self, said: dict[str, Any]) -> None:
        scores = {each["seat"]: each["score"] for each in said["standings"]}
        self.ledger.heard_game_over(said["game"], said["offset"], scores)

    # --- what it does ----------------------------------------------------------------------------

    async def _play(self) -> None:
        socket = self._socket
        assert socket is not None
        while socket.close_code is None:
            await asyncio.sleep(BEAT_S)
            if self._phase == "drawing" and not self._matched and not self.holds_back:
                self._draw()
            elif time.monotonic() - self._said_at > _SAY_AGAIN_S:
                self._said_at = time.monotonic()
                self._move_on()

    def _move_on(self) -> None:
        if self._phase == "reveal":
            self._send('{"type":"ready"}')
        elif self._phase == "game_over" and self._hosts:
            self._send('{"type":"rematch"}')
        elif self._phase == "lobby" and self._hosts and len(self._here) == self.ledger.size:
            self._send('{"type":"start"}')
        else:
            self._send('{"type":"ping"}')

    def _draw(self) -> None:
        now = time.monotonic()
        self._draws_at = self._draws_at or now + self._thinks_s * self._dice.random()
        if now < self._draws_at:
            return
        if not self._script:
            if self._prompt not in SKETCHES:
                return
            self._script = sketch_of(self._prompt, self._dice)
        pen, points = self._script.pop(0)
        self._batch = max(self._batch, self._acknowledged) + 1
        batch = InkBatch(self._batch, pen, points)
        self._history.append(batch)
        self._send(write_ink(batch))

    def _send(self, data: str | bytes) -> None:
        if self._socket is not None and self._socket.close_code is None:
            self._socket.send(data)


def sketch_of(category: str, dice: random.Random) -> list[tuple[Pen, bytes]]:
    """A drawing of ``category`` by an unsteady hand, message by message."""
    messages = []
    for stroke in in_canvas_units(SKETCHES[category]):
        points = [
            tuple(min(65535, max(0, value + dice.randint(-500, 500))) for value in point)
            for point in stroke
        ]
        for at in range(0, len(points), _POINTS):
            pen = Pen.STARTS if at == 0 else Pen(0)
            pen |= Pen.ENDS if at + _POINTS >= len(points) else Pen(0)
            messages.append((pen, stroke_of((x, y, 16) for x, y in points[at : at + _POINTS])))
    return messages
