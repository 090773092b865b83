"""A player without a browser: a websocket that speaks ``inkling.v1`` and keeps what it heard."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from game import ink, protocol
from game.ink import Pen

Said = dict[str, Any]
STROKE: Final = Pen.STARTS | Pen.ENDS
WITHIN_S: Final = 10.0


@dataclass(frozen=True, slots=True)
class Account:
    """A player as the server made them."""

    player_id: str
    token: str
    name: str


class Player:
    """One socket. What it heard is kept in order; ``hears`` goes through it like a finger."""

    def __init__(self, socket: ClientConnection, account: Account | None = None) -> None:
        self._socket = socket
        self.account = account
        self.heard: list[Said] = []
        self.acks: list[int] = []
        self.canvases: dict[int, ink.Ink] = {}  # what others drew, as far as it was shown
        self.relayed: list[tuple[int, Pen, bytes]] = []
        self.drawn = ink.BLANK
        self.batch = 0
        self.seat = -1
        self.code = ""
        self._at = 0
        self._news = asyncio.Condition()
        self._reader = asyncio.create_task(self._read())

    @classmethod
    async def dial(cls, url: str, account: Account | None = None, **options: Any) -> Self:
        """A socket that has not said anything yet."""
        return cls(await connect(url, compression=None, **options), account)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.hang_up()

    async def hang_up(self) -> None:
        """Close the socket, as a tab does that is closed."""
        await self._socket.close()
        await self._reader

    async def vanish(self) -> None:
        """Lose the connection without a word, as a phone does in a tunnel."""
        self._socket.transport.abort()
        await self._reader

    # --- what it hears ---------------------------------------------------------------------------

    async def _read(self) -> None:
        try:
            async for message in self._socket:
                async with self._news:
                    self._take(message)
                    self._news.notify_all()
        except ConnectionClosed:
            pass
        async with self._news:
            self._news.notify_all()

    def _take(self, message: str | bytes) -> None:
        if isinstance(message, str):
            self.heard.append(json.loads(message))
        elif message[0] == protocol.ACKNOWLEDGED:
            self.acks.append(int.from_bytes(message[1:], "little"))
        else:
            for seat, pen, points in read_relay(message):
                self.relayed.append((seat, pen, points))
                drawn = self.canvases.get(seat, ink.BLANK)
                if pen & Pen.CLEAR:
                    drawn = ink.BLANK
                elif pen & Pen.UNDO:
                    drawn = ink.undo(drawn)
                else:
                    drawn = ink.add(drawn, pen, points)
                self.canvases[seat] = drawn

    async def until(self, claim: Callable[[], Any], within_s: float = WITHIN_S) -> Any:
        """The first true value of ``claim()``, looked at whenever something was heard and often."""
        try:
            async with asyncio.timeout(within_s), self._news:
                while not (found := claim()):
                    if self._reader.done() or self._socket.close_code is not None:
                        break
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), 0.05)
        except TimeoutError:
            found = None
        if not found:
            last = self.heard[-5:]
            message = f"not within {within_s} s, or not before {self._socket.close_code}: {last}"
            raise AssertionError(message)
        return found

    async def hears(
        self, kind: str, where: Callable[[Said], Any] = lambda _: True, within_s: float = WITHIN_S
    ) -> Said:
        """The next message of a type; what came before it is passed over."""

        def found() -> Said | None:
            for index in range(self._at, len(self.heard)):
                said = self.heard[index]
                if said["type"] == kind and where(said):
                    self._at = index + 1
                    return said
            return None

        said: Said = await self.until(found, within_s)
        return said

    async def phase(self, name: str, within_s: float = WITHIN_S) -> Said:
        """The room reaches a phase."""
        return await self.hears("phase", lambda said: said["phase"] == name, within_s)

    def count(self, kind: str) -> int:
        """How many messages of a type were heard so far."""
        return sum(said["type"] == kind for said in self.heard)

    @property
    def acknowledged(self) -> int:
        """The last batch that the server has stored, as far as it said so."""
        return self.acks[-1] if self.acks else 0

    @property
    def gone(self) -> bool:
        """Whether the socket is closed."""
        return self._reader.done()

    async def closed(self, within_s: float = WITHIN_S) -> tuple[int, str]:
        """Code and reason, once the server has closed the socket."""
        async with asyncio.timeout(within_s):
            await asyncio.shield(self._reader)
            await self._socket.wait_closed()
        assert self._socket.close_code is not None
        return self._socket.close_code, self._socket.close_reason or ""

    # --- what it says ----------------------------------------------------------------------------

    async def send(self, data: str | bytes) -> None:
        await self._socket.send(data)

    async def say(self, kind: str, **fields: Any) -> None:
        await self.send(json.dumps({"type": kind, **fields}))

    async def hello(self, **fields: Any) -> Said:
        """Say hello and be welcomed."""
        assert self.account is not None
        await self.say("hello", token=self.account.token, **fields)
        welcome = await self.hears("welcome")
        self.seat, self.code = welcome["seat"], welcome["code"]
        self.batch = max(self.batch, welcome["batch"])
        return welcome

    async def draw(self, points: bytes, pen: Pen = STROKE, batch: int | None = None) -> int:
        """Send a batch of ink, numbered on unless told otherwise; returns its number."""
        self.batch = self.batch + 1 if batch is None else batch
        await self.send(protocol.write_ink(protocol.InkBatch(self.batch, pen, points)))
        self.drawn = ink.add(self.drawn, pen, points)
        return self.batch

    async def draw_strokes(
        self, strokes: Iterable[Sequence[tuple[int, int]]], points_a_batch: int = 8
    ) -> int:
        """Draw as the page does: strokes in small batches; returns the last one's number."""
        for stroke in strokes:
            for at in range(0, len(stroke), points_a_batch):
                some = stroke[at : at + points_a_batch]
                pen = Pen(0)
                pen |= Pen.STARTS if at == 0 else Pen(0)
                pen |= Pen.ENDS if at + points_a_batch >= len(stroke) else Pen(0)
                await self.draw(ink.stroke_of((x, y, 16) for x, y in some), pen)
        return self.batch

    async def stored(self, batch: int | None = None) -> None:
        """Wait until a batch, the last one if not told otherwise, is acknowledged."""
        number = self.batch if batch is None else batch
        await self.until(lambda: self.acknowledged >= number)

    async def refused(self, code: str) -> str:
        """The sentence of the next error, which must have ``code``."""
        error = await self.hears("error")
        assert error["code"] == code, error
        sentence: str = error["message"]
        assert sentence.endswith((".", "?")), sentence
        assert len(sentence) > 10, sentence
        return sentence


def read_relay(message: bytes) -> list[tuple[int, Pen, bytes]]:
    """The entries of a relay message, which must end exactly with the last of them."""
    assert message[0] == protocol.RELAYED_INK
    entries = []
    at = 2
    for _ in range(message[1]):
        seat, pen, count = (
            message[at],
            message[at + 1],
            int.from_bytes(message[at + 2 : at + 4], "little"),
        )
        at += 4
        end = at + count * ink.POINT.size
        entries.append((seat, Pen(pen), message[at:end]))
        at = end
    assert at == len(message)
    return entries


def dots(count: int = 3, x: int = 0, y: int = 0) -> bytes:
    """``count`` packed points in a row."""
    return ink.stroke_of((x + 500 * n, y, 16 if n else 0) for n in range(count))


async def chats(speaker: Player, *listeners: Player, text: str = "still here") -> None:
    """The room goes on: what one says, all hear."""
    await speaker.say("chat", text=text)
    for each in (speaker, *listeners):
        await each.hears("chat", lambda said: said["text"] == text)
