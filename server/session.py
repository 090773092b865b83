"""One player's socket: hello, then commands in and messages out until either side has enough."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from contextlib import suppress
from dataclasses import replace
from typing import Final

from redis.exceptions import RedisError
from starlette.websockets import WebSocket, WebSocketDisconnect

from game import commands as c
from game import protocol as p
from game.ink import POINT
from game.names import tidy_chat
from server import metrics, wire
from server.clock import now_ms
from server.owner import RoomOwner
from server.players import Players
from server.rate import Bucket
from server.reading import command_of
from server.rooms import Rooms
from server.turn import Ask, Asker

_CLOSE_PATIENCE_S: Final = 2.0
_REASON_BYTES: Final = 123  # all that a close frame can carry
_log = logging.getLogger(__name__)

# Why a player cannot come in, as the close code that says whether to try again.
_CLOSES: Final = {
    p.Code.ROOM_FULL: p.Close.ROOM_FULL,
    p.Code.ROOM_LOCKED: p.Close.LOCKED,
    p.Code.KICKED: p.Close.KICKED,
    p.Code.BANNED: p.Close.BANNED,
    p.Code.BUSY: p.Close.ROOM_MOVED,
    p.Code.FAULT: p.Close.ROOM_MOVED,
}
# Our own affair.
_FORGIVEN: Final = frozenset({p.Code.GUESS_TOO_FAST, p.Code.BUSY, p.Code.FAULT})


class Outbox:
    """Messages on their way to one socket. Holds so many and no more."""

    __slots__ = ("_closed", "_messages", "_news", "_size", "closing")

    def __init__(self) -> None:
        self._messages: deque[str | bytes] = deque()
        self._size = 0
        self._news = asyncio.Event()
        self.closing: tuple[p.Close, str] | None = None
        self._closed: asyncio.Future[None] | None = None

    def put(self, data: str | bytes) -> None:
        """Queue a message; an outbox that overflows is closed as ``SLOW`` instead."""
        if self.closing is not None:
            return
        self._size += len(data)
        if len(self._messages) >= p.OUTBOX_MESSAGES or self._size > p.OUTBOX_BYTES:
            self._messages.clear()
            self.close(p.Close.SLOW, "This connection is too slow.")
            return
        self._messages.append(data)
        self._news.set()

    def close(self, code: p.Close, reason: str) -> None:
        """Accept nothing more; close once what is queued is sent. The first reason stands."""
        if self.closing is None:
            self.closing = (code, reason)
            self._news.set()
            if self._closed is not None and not self._closed.done():
                self._closed.set_result(None)

    def until_closed(self) -> asyncio.Future[None]:
        """Done once this is closed: less to keep, for each idle socket, than a task that waits."""
        self._closed = asyncio.get_running_loop().create_future()
        if self.closing is not None:
            self._closed.set_result(None)
        return self._closed

    async def drain(self, socket: WebSocket) -> None:
        """Send what is queued as it comes; returns when closed and empty."""
        while True:
            while self._messages:
                data = self._messages.popleft()
                self._size -= len(data)
                if isinstance(data, str):
                    await socket.send_text(data)
                else:
                    await socket.send_bytes(data)
            if self.closing is not None:
                return
            self._news.clear()
            await self._news.wait()


class Session(Asker):
    """A socket and, once seated, whom it speaks for."""

    def __init__(
        self, socket: WebSocket, rooms: Rooms, players: Players, address: str = ""
    ) -> None:
        self._socket = socket
        self._address = address  # empty where it would be everybody's
        self._rooms = rooms
        self._players = players
        self._outbox = Outbox()
        self._rate = Bucket(p.MESSAGES_PER_S, p.MESSAGES_BURST)
        self._ink_rate = Bucket(p.INK_POINTS_PER_S, p.INK_POINTS_BURST)
        # A fault now and then, in a long evening, is not held against anybody.
        self._indulgence = Bucket(1000 / p.OFFENCE_KEPT_MS, p.MAX_OFFENCES - 1)
        self._owner: RoomOwner | None = None
        self._seat: int | None = None
        self._cut_off = False  # by a server between the player and this one

    # --- what a room does with it ----------------------------------------------------------------

    def send(self, data: str | bytes) -> None:
        """Queue a message."""
        self._outbox.put(data)

    def close(self, code: p.Close, reason: str) -> None:
        """Close after what is queued."""
        self._outbox.close(code, reason)

    def seated(self, seat: int) -> None:
        """From now on this socket speaks for ``seat``."""
        self._seat = seat

    def refuse(self, command: c.Command, refused: p.Refused) -> None:
        """Tell the player; one who cannot even come in is shown the door."""
        self._refuse(refused)
        if isinstance(command, c.Join):
            self.close(_CLOSES.get(refused.code, p.Close.OFFENCES), refused.message)

    # --- its life --------------------------------------------------------------------------------

    async def run(self, code: str) -> None:
        """Serve the socket until it closes, whoever closes it."""
        await self._socket.accept()
        with metrics.SOCKETS.track_inprogress():
            delivery = asyncio.create_task(self._outbox.drain(self._socket))
            tasks: tuple[asyncio.Future[None], ...] = (
                delivery,
                asyncio.create_task(self._converse(code)),
                self._outbox.until_closed(),
            )
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                if self._outbox.closing is not None:  # there is a last word in the outbox
                    await asyncio.wait((delivery,), timeout=_CLOSE_PATIENCE_S)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                self._drop()
                await self._hang_up()

    async def _hang_up(self) -> None:
        close, reason = self._outbox.closing or (p.Close.RESTARTING, "")
        reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
        # The other side may be gone already, or not reading: then there is nobody to tell.
        with suppress(RuntimeError, OSError, TimeoutError, WebSocketDisconnect):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                await self._socket.close(close, reason)

    def _drop(self) -> None:
        if self._owner is not None:
            # The room knows the seat, even where this socket was not welcomed to it yet.
            self._owner.submit(Ask(c.Drop(self._seat or 0, self._cut_off), self))

    async def _converse(self, code: str) -> None:
        try:
            if not await self._come_in(code):
                return
            while self._outbox.closing is None:
                await self._hear(await self._receive())
        except WebSocketDisconnect:
            pass
        except p.Refused as refused:  # before there was a seat
            self._refuse(refused)
            self.close(_CLOSES.get(refused.code, p.Close.OFFENCES), refused.message)
        except (RedisError, OSError) as error:
            _log.warning("a socket has to come back, without Redis: %s", error)
            self.close(p.Close.RESTARTING, "The server is not quite there yet.")
        except Exception:  # noqa: BLE001 - whatever it is, it ends here
            _log.exception("a socket was closed by a fault")
            self.close(p.Close.RESTARTING, "Something went wrong.")

    async def _receive(self) -> str | bytes:
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            self._cut_off = message.get("cut_off", False)  # said by ``server.forwarding`` alone
            raise WebSocketDisconnect(message.get("code") or 1006)
        text = message.get("text")
        data: str | bytes = text if text is not None else message["bytes"]
        return data

    # --- coming in -------------------------------------------------------------------------------

    async def _come_in(self, code: str) -> bool:
        try:
            async with asyncio.timeout(p.HELLO_MS / 1000):
                hello = await self._hello()
        except TimeoutError:
            self.close(p.Close.SILENT, "Say hello first.")
            return False
        player = await self._players.by_token(hello.token)
        if player is None:
            return self._is_nobody()
        await self._players.bans.check("player", player.player_id)
        name = hello.name if hello.name is not None else player.name
        if name != player.name:
            player = await self._players.rename(player.player_id, name)
        owner = None
        if await self._rooms.exists(code):  # else any word in an address would be kept
            await self._rooms.visit(player.player_id, code)
            # Erasing that began before it was written has not seen it, but has taken the token.
            if await self._players.by_token(hello.token) is None:
                return self._is_nobody()
            owner = await self._rooms.enter(code)
        if owner is None:
            self._refuse(p.Refused(p.Code.NO_ROOM, "There is no such room."))
            self.close(p.Close.NO_ROOM, "There is no such room.")
            return False
        self._owner = owner
        origin = owner.origin_of(self._address)
        owner.submit(Ask(c.Join(player.player_id, player.name, origin), self))
        return True

    def _is_nobody(self) -> bool:
        self._refuse(p.Refused(p.Code.BAD_TOKEN, "This token belongs to nobody."))
        self.close(p.Close.BAD_TOKEN, "This token belongs to nobody.")
        return False

    async def _hello(self) -> p.Hello:
        data = await self._receive()
        if isinstance(data, bytes) or len(data) > p.MAX_TEXT_BYTES:
            raise p.Refused(p.Code.HELLO_FIRST, "The first message must be a hello.")
        message = wire.read(data)
        if not isinstance(message, p.Hello):
            raise p.Refused(p.Code.HELLO_FIRST, "The first message must be a hello.")
        return message

    # --- conversation ----------------------------------------------------------------------------

    async def _hear(self, data: str | bytes) -> None:
        arrived_ms = now_ms()
        if isinstance(data, bytes):
            # Refused ink would be a hole that the next acknowledgement hides. What a lost
            # connection held back comes all at once, and is read no faster than it may come.
            await _until(self._rate, 1)
            await _until(self._ink_rate, len(data) // POINT.size)
        elif not self._rate.take(arrived_ms):
            self._refuse(p.Refused(p.Code.TOO_FAST, "Too many messages. Slow down."))
            return
        try:
            command = self._read(data, arrived_ms)
            if command is not None and self._owner is not None:
                await self._submit(command, self._owner)
        except p.Refused as refused:
            self._refuse(refused)

    async def _submit(self, command: c.Command, owner: RoomOwner) -> None:
        """Ask it of the room. Ink waits for a busy one, for the same reason; else it is refused."""
        while True:
            try:
                owner.submit(Ask(command, self))
            except p.Refused:
                if not isinstance(command, c.AddInk | c.UndoStroke | c.ClearCanvas):
                    raise
            else:
                return
            await asyncio.sleep(1 / p.MESSAGES_PER_S)

    def _read(self, data: str | bytes, arrived_ms: int) -> c.Command | None:
        """The command in a message, or None when it is dealt with already."""
        if self._seat is None:
            raise p.Refused(p.Code.NO_SEAT, "Wait for the welcome.")
        if isinstance(data, bytes):
            batch = p.read_ink(data)
            return c.AddInk(self._seat, batch.batch, batch.pen, batch.points, arrived_ms)
        if len(data) > p.MAX_TEXT_BYTES:
            raise p.Refused(p.Code.TOO_LARGE, f"A message has at most {p.MAX_TEXT_BYTES} bytes.")
        message = wire.read(data)
        if isinstance(message, p.Ping):
            self.send(wire.write(p.Pong(id=message.id)))
            return None
        if isinstance(message, p.Chat | p.GuessWord):  # others may read it
            shown = self._players.unwanted.masked(tidy_chat(message.text))
            message = replace(message, text=shown)
        return command_of(message, self._seat, arrived_ms)

    def _refuse(self, refused: p.Refused) -> None:
        metrics.REFUSED.labels(refused.code.value).inc()
        self.send(wire.write(p.Error(code=refused.code, message=refused.message)))
        if refused.code in _FORGIVEN or self._indulgence.take(now_ms()):
            return
        if refused.code is p.Code.TOO_FAST:
            self.close(p.Close.FLOODING, "Too many messages.")
        else:
            self.close(p.Close.OFFENCES, "Too many messages that could not be accepted.")


async def _until(rate: Bucket, tokens: int) -> None:
    """Wait until ``rate`` allows it."""
    while not rate.take(now_ms(), tokens):  # noqa: ASYNC110 - it is time that is waited for
        await asyncio.sleep(1 / p.MESSAGES_PER_S)
