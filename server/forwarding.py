"""Sockets that landed on a server which does not own their room.

A room has one owner. A socket for it that is open here, on the *gateway*, is carried to the owner's
server frame by frame (``server.peers``), where a ``Session`` serves it as if it were open there:
hello, limits, seat and all. Nothing is understood on the way, so nothing can be understood twice.

Who owns a room is written in its lease. A holder that does not listen any more is dead, or has lost
its Redis and with it the right to the room; after ``ABSENT_S`` of that the lease is taken from it,
which is sooner than it would run out. Should it live after all, its writes find themselves fenced.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import Message
from starlette.websockets import WebSocket, WebSocketDisconnect

from game.ink import POINT
from game.protocol import MAX_BINARY_BYTES, MAX_TEXT_BYTES, Close
from server.peers import WATCH_S, Frame, Kind, Peers
from server.session import Outbox
from server.store import RoomStore

ABSENT_S: Final = 1.0
MUTE_LOOKS: Final = 12  # a server says something before HELLO_MS are over, if only good-bye
# What a socket may have said that its session has yet to hear: the ink of a minute without network.
SAID_MESSAGES: Final = 1_280
SAID_BYTES: Final = 512 * 1024
_LOOK_S: Final = 0.25
_PATIENCE_S: Final = 5.0  # with a Redis that is started again
_CLOSE_PATIENCE_S: Final = 2.0
_REASON_BYTES: Final = 123
_CODE: Final = struct.Struct("<H")
_ABNORMAL: Final = 1006
_BROKEN: Final = -1
_OURS: Final = (Close.RESTARTING, Close.ROOM_MOVED)
_BY_US: Final = b"\1"  # with ``HUNG_UP``: not the player
_log = logging.getLogger(__name__)

Serve = Callable[[WebSocket, str, str], Awaitable[None]]


@dataclass(eq=False, slots=True)
class _Carried:
    """A socket that is open here and served elsewhere."""

    peer: str
    code: str
    outbox: Outbox
    doubts: int = 0  # looks in a row at which its server did not own the room
    silence: int = 0  # looks while its server has said nothing at all, then ``_BROKEN``


@dataclass(eq=False, slots=True)
class _Guest:
    """A socket that is open elsewhere and served here, as ASGI sees one."""

    peers: Peers
    peer: str
    link: int
    _said: deque[Message] = field(default_factory=deque)
    _size: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _over: bool = False

    def hear(self, message: Message) -> None:
        """Something was said, or the other side has hung up."""
        if self._over:
            return
        self._size += len(message.get("text") or message.get("bytes") or b"")
        if len(self._said) >= SAID_MESSAGES or self._size > SAID_BYTES:  # ``Session`` is behind
            self.close(Close.FLOODING, "Too many messages.")
            return
        self._said.append(message)
        self._news.set()

    def hang_up(self, *, cut_off: bool = False) -> None:
        """Nobody is there any more; ``cut_off``: not by the doing of the player."""
        self._over = True
        disconnect = {"type": "websocket.disconnect", "code": _ABNORMAL, "cut_off": cut_off}
        self._said.append(disconnect)
        self._news.set()

    def close(self, code: int, reason: str) -> None:
        """Have the gateway close the socket."""
        if not self._over:
            payload = _CODE.pack(code) + reason.encode()
            self.peers.send(self.peer, Frame(Kind.CLOSED, self.link, payload))
            self.hang_up()

    async def receive(self) -> Message:
        """The next message, as ASGI has it."""
        while not self._said:
            self._news.clear()
            await self._news.wait()
        message = self._said.popleft()
        self._size -= len(message.get("text") or message.get("bytes") or b"")
        return message

    async def send(self, message: Message) -> None:
        """To the gateway with a message, as ASGI has it. Never waits: the gateway has an outbox."""
        if message["type"] == "websocket.close":
            self.close(message.get("code", 1000), message.get("reason") or "")
        elif message["type"] == "websocket.send" and not self._over:
            text = message.get("text")
            kind, payload = (
                (Kind.TOLD_BYTES, message["bytes"])
                if text is None
                else (Kind.TOLD_TEXT, text.encode())
            )
            self.peers.send(self.peer, Frame(kind, self.link, payload))


class Forwarding:
    """Carries sockets to the servers that own their rooms, and serves those that others carry."""

    def __init__(self, redis: Redis, server_id: str, store: RoomStore, serve: Serve) -> None:
        self._server_id = server_id
        self._store = store
        self._serve = serve
        self._peers = Peers(redis, server_id, self)
        self._carried: dict[int, _Carried] = {}
        self._guests: dict[tuple[str, int], _Guest] = {}
        self._serving: set[asyncio.Task[None]] = set()
        self._links = 0

    async def run(self) -> None:
        """Carry and serve until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._peers.run(), name="peers")
            tasks.create_task(self._doubt(), name="doubts")

    async def ready(self, within_s: float = 5.0) -> None:
        """Wait until other servers can reach this one, or until it has taken too long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                await self._peers.listening.wait()

    async def close(self) -> None:
        """Say what is still to be said, and have the sockets that are carried come back."""
        for carried in list(self._carried.values()):
            carried.outbox.close(Close.RESTARTING, "The server is restarting.")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_PATIENCE_S):
                if self._serving:
                    await asyncio.wait(self._serving)
                await self._peers.sent()

    # --- where a room is -------------------------------------------------------------------------

    async def elsewhere(self, code: str) -> str | None:
        """The other server that owns a room; None when it is to be served here.

        A room that nobody owns is claimed in passing: of the many who come back at once, to all
        servers, those who come second are carried to whoever came first. A dead server's lease is
        waited for and taken from it, and a Redis that is away is waited for.
        """
        absent_s = patient_s = 0.0
        while patient_s < _PATIENCE_S:
            try:
                holder = await self._store.holder(code)
                if holder == self._server_id:
                    return None
                if holder is None:
                    if not await self._store.exists(code) or await self._store.claim(code):
                        return None
                    continue
                if await self._peers.present(holder):
                    return holder
                if absent_s >= ABSENT_S:
                    _log.warning("room %s: taken from %s, which is gone", code, holder)
                    await self._store.evict(code, holder)
                    continue
                absent_s += _LOOK_S
            except (RedisError, OSError):
                patient_s += _LOOK_S
            await asyncio.sleep(_LOOK_S)
        return None  # a ``Session`` has the words for it

    # --- sockets that are open here --------------------------------------------------------------

    async def carry(self, socket: WebSocket, code: str, peer: str, address: str = "") -> None:
        """Carry a socket to ``peer`` until either side has enough; ``address`` is where it is from.

        An empty one is nobody's.
        """
        await socket.accept()
        self._links = self._links % 0xFFFFFFFF + 1
        link = self._links
        carried = self._carried[link] = _Carried(peer, code, Outbox())
        outbox = carried.outbox
        self._peers.send(peer, Frame(Kind.OPEN, link, f"{code} {address}".encode()))
        delivery = asyncio.create_task(outbox.drain(socket))
        tasks: tuple[asyncio.Future[None], ...] = (
            delivery,
            asyncio.create_task(self._listen_to(socket, peer, link)),
            outbox.until_closed(),
        )
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if outbox.closing is not None:
                await asyncio.wait((delivery,), timeout=_CLOSE_PATIENCE_S)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._carried.pop(link, None) is not None:
                ours = outbox.closing is not None and outbox.closing[0] in _OURS
                self._peers.send(peer, Frame(Kind.HUNG_UP, link, _BY_US if ours else b""))
            await _hang_up(socket, outbox)

    async def _listen_to(self, socket: WebSocket, peer: str, link: int) -> None:
        with contextlib.suppress(WebSocketDisconnect):
            while True:
                message = await socket.receive()
                if message["type"] == "websocket.disconnect":
                    return
                await self._peers.offer(peer, _said(message, link))

    async def _doubt(self) -> None:
        """Let go of sockets whose server has lost their room without being able to say so."""
        while True:
            await asyncio.sleep(WATCH_S)
            with contextlib.suppress(RedisError, OSError):
                codes = {carried.code for carried in self._carried.values()}
                holders = {code: await self._store.holder(code) for code in codes}
                for carried in list(self._carried.values()):
                    sure = holders.get(carried.code, carried.peer) == carried.peer
                    carried.doubts = 0 if sure else carried.doubts + 1
                    carried.silence += carried.silence >= 0
                    # One doubt may be a lease that is just being claimed.
                    if carried.doubts > 1 or carried.silence > MUTE_LOOKS:
                        carried.outbox.close(Close.ROOM_MOVED, "This room has moved.")

    # --- what peers say --------------------------------------------------------------------------

    def receive(self, peer: str, frame: Frame) -> None:
        """A frame of ``peer``."""
        match frame.kind:
            case Kind.OPEN:
                self._welcome(peer, frame)
            case Kind.SAID_TEXT | Kind.SAID_BYTES | Kind.HUNG_UP:
                self._hear(peer, frame)
            case Kind.TOLD_TEXT | Kind.TOLD_BYTES | Kind.CLOSED:
                self._tell(peer, frame)

    def lost(self, peer: str) -> None:
        """Sockets open here come back; of those open there, nobody is left."""
        for link, carried in list(self._carried.items()):
            if carried.peer == peer:
                del self._carried[link]
                carried.outbox.close(Close.ROOM_MOVED, "This room has moved.")
        for key, guest in list(self._guests.items()):
            if key[0] == peer:
                guest.hang_up(cut_off=True)

    def known(self) -> set[str]:
        """The peers that sockets are carried to or from."""
        carried = {each.peer for each in self._carried.values()}
        return carried | {peer for peer, _ in self._guests}

    def _welcome(self, peer: str, frame: Frame) -> None:
        guest = self._guests[peer, frame.link] = _Guest(self._peers, peer, frame.link)
        guest.hear({"type": "websocket.connect"})
        scope = {"type": "websocket", "path": "", "headers": [], "query_string": b""}
        socket = WebSocket(scope, guest.receive, guest.send)
        code, _, address = frame.payload.decode().partition(" ")
        task = asyncio.create_task(self._serve_guest(guest, socket, code, address))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve_guest(self, guest: _Guest, socket: WebSocket, code: str, address: str) -> None:
        try:
            await self._serve(socket, code, address)
        except Exception:  # noqa: BLE001 - whatever it is, it ends here
            _log.exception("a socket of another server was closed by a fault")
        finally:
            guest.close(Close.RESTARTING, "")
            self._guests.pop((guest.peer, guest.link), None)

    def _hear(self, peer: str, frame: Frame) -> None:
        guest = self._guests.get((peer, frame.link))
        if guest is None:  # it was closed meanwhile, and told so
            return
        if frame.kind is Kind.HUNG_UP:
            guest.hang_up(cut_off=frame.payload == _BY_US)
        elif frame.kind is Kind.SAID_TEXT:
            guest.hear({"type": "websocket.receive", "text": frame.payload.decode()})
        else:
            guest.hear({"type": "websocket.receive", "bytes": frame.payload})

    def _tell(self, peer: str, frame: Frame) -> None:
        carried = self._carried.get(frame.link)
        if carried is None or carried.peer != peer:
            return
        carried.silence = _BROKEN
        if frame.kind is Kind.CLOSED:
            del self._carried[frame.link]
            code, reason = _CODE.unpack_from(frame.payload), frame.payload[_CODE.size :]
            carried.outbox.close(_close_of(*code), reason.decode())
        elif frame.kind is Kind.TOLD_TEXT:
            carried.outbox.put(frame.payload.decode())
        else:
            carried.outbox.put(frame.payload)


def _said(message: Message, link: int) -> Frame:
    """A message of the socket, or as much of it as shows that it is too large to be one."""
    text = message.get("text")
    if text is None:
        return Frame(Kind.SAID_BYTES, link, message["bytes"][: MAX_BINARY_BYTES + POINT.size])
    return Frame(Kind.SAID_TEXT, link, text[: MAX_TEXT_BYTES + 1].encode())


def _close_of(code: int) -> Close:
    return Close(code) if code in Close._value2member_map_ else Close.RESTARTING


async def _hang_up(socket: WebSocket, outbox: Outbox) -> None:
    code, reason = outbox.closing or (Close.RESTARTING, "")
    reason = reason.encode()[:_REASON_BYTES].decode(errors="ignore")
    # The other side may be gone already, or not reading: then there is nobody to tell.
    with contextlib.suppress(RuntimeError, OSError, TimeoutError, WebSocketDisconnect):
        async with asyncio.timeout(_CLOSE_PATIENCE_S):
            await socket.close(code, reason)
