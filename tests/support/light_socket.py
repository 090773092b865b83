"""A websocket client that costs next to nothing, for benchmarks.

Hundreds of bots share the machine with the game they measure, and what a socket costs them is
taken from the game; so this speaks just as much of RFC 6455 as the game does: whole, short
messages, no extensions.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable
from typing import Final, Self, cast
from urllib.parse import urlsplit

_TEXT: Final = 1
_BINARY: Final = 2
_CLOSE: Final = 8
_PING: Final = 9
_PONG: Final = 10
_MASK_OF_ZEROS: Final = bytes(4)  # a mask as good as any other, and masking with it is free


class LightSocket(asyncio.Protocol):
    """One socket. ``hear`` is called with each message, ``closed`` with the code at the end."""

    def __init__(self, url: str, hear: Callable[[str | bytes], None]) -> None:
        self._url = urlsplit(url)
        self._hear = hear
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._open: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._hung_up = False
        self.close_code: int | None = None  # why the server closed; None while it has not

    @classmethod
    async def dial(cls, url: str, hear: Callable[[str | bytes], None]) -> Self:
        """An open socket to a ``ws://`` URL."""
        socket = cls(url, hear)
        host, port = socket._url.hostname, socket._url.port
        await asyncio.get_running_loop().create_connection(lambda: socket, host, port)
        await asyncio.wait_for(socket._open, 10)
        return socket

    def send(self, data: str | bytes) -> None:
        """Send one message."""
        payload = data.encode() if isinstance(data, str) else data
        self._frame(_TEXT if isinstance(data, str) else _BINARY, payload)

    def hang_up(self) -> None:
        """Close the connection; what the server says after this is no news."""
        self._hung_up = True
        if self._transport is not None:
            self._transport.close()

    def _frame(self, kind: int, payload: bytes) -> None:
        size = len(payload)
        assert size < 65536, "only short messages"
        head = (
            bytes((0x80 | kind, 0x80 | size))
            if size < 126
            else struct.pack(">BBH", 0x80 | kind, 0x80 | 126, size)
        )
        assert self._transport is not None
        self._transport.write(head + _MASK_OF_ZEROS + payload)

    # --- what asyncio calls ----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the upgrade."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by birth
        key = base64.b64encode(os.urandom(16)).decode()
        self._transport.write(
            f"GET {self._url.path} HTTP/1.1\r\nHost: {self._url.netloc}\r\n"
            f"Upgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def connection_lost(self, _error: Exception | None) -> None:
        """Note an end that nobody here asked for."""
        if not self._hung_up and self.close_code is None:
            self.close_code = 1006
        if not self._open.done():
            self._open.set_exception(ConnectionError(f"closed: {self.close_code}"))

    def data_received(self, data: bytes) -> None:
        """Take in what has come and hand on every whole message."""
        buffer = self._buffer + data if self._buffer else data
        if not self._open.done():
            head, found, buffer = buffer.partition(b"\r\n\r\n")
            if not found:
                self._buffer = head
                return
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                self._open.set_exception(ConnectionError(head.decode(errors="replace")))
                return
            self._open.set_result(None)
        self._buffer = self._take(buffer)

    def _take(self, buffer: bytes) -> bytes:
        """Hand on the whole messages in ``buffer``; returns what is left."""
        at, end = 0, len(buffer)
        while end - at >= 2:
            kind, size, start = buffer[at] & 15, buffer[at + 1], at + 2
            if size >= 126:
                width = 2 if size == 126 else 8
                if end < start + width:
                    break
                size = int.from_bytes(buffer[start : start + width], "big")
                start += width
            if end < start + size:
                break
            at = start + size
            self._message(kind, buffer[start:at])
        return buffer[at:]

    def _message(self, kind: int, payload: bytes) -> None:
        if kind == _BINARY:
            self._hear(payload)
        elif kind == _TEXT:
            self._hear(payload.decode())
        elif kind == _PING:
            self._frame(_PONG, payload)
        elif kind == _CLOSE and not self._hung_up:
            self.close_code = int.from_bytes(payload[:2], "big") if payload else 1005
