"""What a connection may cost before the application sees anything of it.

Uvicorn reads whatever comes: a head without end, a thousand requests in one piece, a request that
is never finished, websocket frames too small to be a message. Here each of these has a limit, and
so has the number of connections from one address.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from server.addresses import Proxies, whose
from server.clock import now_ms
from server.rate import Bucket

HEAD_BYTES: Final = 64 * 1024
HEAD_S: Final = 10.0  # for the head of a request to be complete
BODY_S: Final = 60.0  # and then its body
ANSWER_S: Final = 300.0  # and then for the answer to be written and read
PIPELINED: Final = 16  # requests that wait for the answer to the one before
PER_SOCKET: Final = 2  # connections for each websocket that an address may have: a page needs more
PIECE_BYTES: Final = 2048  # of what came on a websocket, taken up at once
FRAMES_PER_S: Final = 50  # pings, pongs and parts of messages, none of which a browser sends
FRAMES_BURST: Final = 400
AFTER_CLOSE_BYTES: Final = 64 * 1024  # of what was under way when we closed
FLUSH_S: Final = 5.0  # for the last words of a websocket that is over
_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


class Connections:
    """The open connections of this process, by the address at the other end.

    Addresses of proxies, which speak for many, and of unix sockets, which have none, are not
    counted.
    """

    def __init__(self, per_address: int, proxies: frozenset[str]) -> None:
        self._per_address = per_address
        self._proxies = Proxies(proxies)
        self._open: Counter[str] = Counter()

    def enter(self, address: str) -> Callable[[], None] | None:
        """How to leave again, or None for one too many."""
        if not self._per_address or not address or self._proxies.are_all:
            return _nothing
        address = whose(address)
        if address in self._proxies:
            return _nothing
        if self._open[address] >= self._per_address:
            return None
        self._open[address] += 1

        def leave() -> None:
            self._open[address] -= 1
            if not self._open[address]:
                del self._open[address]

        return leave


def _nothing() -> None:
    pass


class Requests(HttpToolsProtocol):
    """A connection for requests; ``connections`` is set on a subclass, as uvicorn wants a class."""

    connections_here: Connections

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._leave = _nothing
        self._timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._heads = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Turned away where there is one too many from this address."""
        super().connection_made(transport)
        leave = self.connections_here.enter(self.client[0] if self.client else "")
        if leave is None:
            transport.abort()
            return
        self._leave = leave
        self._give(HEAD_S)

    def connection_lost(self, exc: Exception | None) -> None:
        """As ever, and counted out."""
        self._give(None)
        self._leave()
        super().connection_lost(exc)

    def _give(self, seconds: float | None) -> None:
        """Until what comes next has come; None: for ever."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if seconds is None else self.loop.call_later(seconds, self._over)

    def _over(self) -> None:
        self._timer = None
        self.transport.abort()

    @property
    def _idle(self) -> bool:
        cycle: Any = self.cycle  # None before the first request
        return cycle is None or bool(cycle.response_complete)

    def data_received(self, data: bytes) -> None:
        """A head that has no end is not read to its end."""
        if self.transport.is_closing():
            return
        if self._timer is None and self._idle:  # a kept connection, and something comes
            self._give(HEAD_S)
        heads = self._heads
        super().data_received(data)
        self._head_bytes = 0 if heads != self._heads else self._head_bytes + len(data)
        if self._idle and self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(_TOO_LARGE)
            self.transport.close()

    def on_headers_complete(self) -> None:
        """The head is there. Raises ``RuntimeError``, which ends the connection, for too many."""
        self._heads += 1
        if len(self.pipeline) >= PIPELINED:
            message = "requests are sent faster than they are answered"
            raise RuntimeError(message)
        super().on_headers_complete()
        self._give(BODY_S)

    def on_message_complete(self) -> None:
        """The body is there."""
        super().on_message_complete()
        self._give(ANSWER_S)

    def on_response_complete(self) -> None:
        """The answer is written; uvicorn has its own time for what is idle."""
        self._give(ANSWER_S if self.pipeline else None)
        super().on_response_complete()

    def handle_websocket_upgrade(self) -> None:
        """The connection goes on as a websocket, and is still one."""
        self._give(None)
        super().handle_websocket_upgrade()
        protocol = self.transport.get_protocol()
        if isinstance(protocol, Socket):
            protocol.leave, self._leave = self._leave, _nothing


class Socket(WebSocketsSansIOProtocol):
    """A websocket that ends when it is over, whether the other side reads or not.

    Uvicorn waits until everything is flushed, which may be for ever, answers every ping, which may
    be more than memory holds, and takes up a quarter of a megabyte at once, which may be forty
    thousand frames.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.leave = _nothing
        self._unread = b""
        self._after_close = 0
        self._frames: Bucket | None = None

    async def run_asgi(self) -> None:
        """Serve it, and cut it soon after."""
        await super().run_asgi()
        self.loop.call_later(FLUSH_S, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """As ever, and counted out."""
        self.leave()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Only as much as makes a message; the rest when that was taken up."""
        if self.close_sent:
            self._after_close += len(data)
            if self._after_close > AFTER_CLOSE_BYTES:
                self.transport.abort()
                return
        self._read(self._unread + data if self._unread else data)

    def _read(self, data: bytes) -> None:
        self._unread = b""
        for at in range(0, len(data), PIECE_BYTES):
            if self.transport.is_closing():
                return
            if self.read_paused:
                self._unread = data[at:]
                return
            super().data_received(data[at : at + PIECE_BYTES])

    async def receive(self) -> Any:
        """The next message, as ASGI has it."""
        message = await super().receive()
        if self._unread and not self.read_paused:
            self._read(self._unread)
        return message

    def _is_spent(self) -> bool:
        """Whether too much came that is no message; it is over then."""
        if self._frames is None:
            self._frames = Bucket(FRAMES_PER_S, FRAMES_BURST)
        if self._frames.take(now_ms()):
            return False
        self.transport.abort()
        return True

    def handle_ping(self) -> None:
        """Who does not read is not owed an answer."""
        if self._is_spent() or not self.writable.is_set():
            self.conn.data_to_send()
            return
        super().handle_ping()

    def handle_pong(self, event: Any) -> None:
        """An answer, or noise."""
        if not self._is_spent():
            super().handle_pong(event)

    def handle_cont(self, event: Any) -> None:
        """Part of a message, which may be empty, and without end."""
        if not self._is_spent():
            super().handle_cont(event)


def allow_many() -> None:
    """As many open files as the system lets us have; 1024, the usual start, are soon used up."""
    most_soft, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if most == resource.RLIM_INFINITY else min(most, 65_536)
    if most_soft != resource.RLIM_INFINITY and most_soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
