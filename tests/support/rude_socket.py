"""A websocket client that keeps to no rules, and things for it to say."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import struct
from typing import Any, Final, Self
from urllib.parse import urlsplit

from game.ink import stroke_of
from game.protocol import InkBatch, write_ink

TEXT: Final = 1
BINARY: Final = 2
_SAYINGS: Final[tuple[dict[str, Any], ...]] = (
    {"type": "hello", "token": "x"},
    {"type": "hello", "token": "x" * 64, "name": "Eve", "since": 3},
    {"type": "start"},
    {"type": "settings", "settings": {"rounds": 3, "seconds": 20, "players": 8}},
    {"type": "kick", "seat": 0},
    {"type": "chat", "text": "hello"},
    {"type": "undo", "batch": 3},
    {"type": "clear"},
    {"type": "ready"},
    {"type": "rematch"},
    {"type": "leave"},
    {"type": "ping", "id": 7},
)
_VALUES: Final[tuple[Any, ...]] = (
    None, True, -1, 0, 2**31, 2**63, 2**64, 10**400, 1e308, float("nan"), float("inf"), "", "x",
    "x" * 5_000, "\x00", "\ud800", "\u202e\u200b", [], [[]], {}, {"type": {"type": "hello"}},
)  # fmt: skip
_TEXTS: Final = (
    b"", b"{", b"null", b"[]", b'"hello"', b"{}", b'{"type":"ping","type":"chat"}', b"\xff\xfe\xfd",
    b'\xef\xbb\xbf{"type":"ping"}', b'{"type":"ping","id":NaN}', b'{"type":"ping","id":1e999}',
    b'{"type":"chat","text":"\\ud800"}', b'{"type":"ping","id":' + b"9" * 5_000 + b"}",
    b"[" * 10_000, b'{"a":' * 2_000, b'{"type":"\x00"}',
)  # fmt: skip


def saying(dice: random.Random, heard: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    """An opcode and a payload: sound, nearly so, or nothing of the kind; or one of ``heard``."""
    choice = dice.random()
    if choice < 0.25:
        said = TEXT, _plain(dict(dice.choice(_SAYINGS)))
    elif choice < 0.45:
        said = TEXT, _plain(_twisted(dict(dice.choice(_SAYINGS)), dice))
    elif choice < 0.6:
        said = _mutated(*_ink(dice), dice)
    elif choice < 0.7:
        said = TEXT, dice.choice(_TEXTS)
    elif choice < 0.8:
        kind = dice.choice((TEXT, BINARY))
        said = kind, dice.randbytes(dice.choice((1, 7, 60, 4_000, 60_000)))
    elif choice < 0.9 and heard:
        said = dice.choice(heard)
    else:
        said = _mutated(TEXT, _plain(dict(dice.choice(_SAYINGS))), dice)
    heard.append(said)
    del heard[:-50]
    return said


def _plain(message: dict[str, Any]) -> bytes:
    return json.dumps(message).encode(errors="surrogatepass")


def _twisted(message: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    """A message with a field that is wrong, missing, or too many."""
    field = dice.choice([*message, "extra"])
    if dice.random() < 0.2:
        message.pop(field, None)
    elif isinstance(message.get(field), dict):
        message[field] = _twisted(dict(message[field]), dice)
    else:
        message[field] = dice.choice(_VALUES)
    return message


def _ink(dice: random.Random) -> tuple[int, bytes]:
    points = [tuple(dice.randrange(65536) for _ in range(3)) for _ in range(dice.randrange(40))]
    batch = dice.choice((0, 1, dice.randrange(1, 1_000), 2**32 - 1))
    packed = stroke_of((x, y, dt) for x, y, dt in points)
    message = write_ink(InkBatch(batch, dice.randrange(4), packed))  # type: ignore[arg-type]
    return BINARY, message


def _mutated(kind: int, payload: bytes, dice: random.Random) -> tuple[int, bytes]:
    """``payload`` with bytes changed, cut off, or repeated."""
    data = bytearray(payload)
    for _ in range(dice.randrange(4)):
        if data:
            data[dice.randrange(len(data))] = dice.randrange(256)
    if dice.random() < 0.3:
        del data[dice.randrange(len(data) + 1) :]
    if dice.random() < 0.1:
        data += bytes(data)
    return (kind if dice.random() < 0.9 else 3 - kind), bytes(data)


class RudeSocket:
    """One connection. What the server says is read and thrown away."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._swallowing = asyncio.create_task(self._swallow())

    @classmethod
    async def dial(cls, url: str, path: str) -> Self | None:
        """An open socket at ``path``, or None if the server would not open one."""
        at = urlsplit(url)
        reader, writer = await asyncio.open_connection(at.hostname, at.port)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            f"Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        try:
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        except (asyncio.IncompleteReadError, TimeoutError):
            head = b""
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            writer.close()
            return None
        return cls(reader, writer)

    async def _swallow(self) -> None:
        try:
            while await self._reader.read(65536):
                pass
        except OSError:
            pass

    @property
    def gone(self) -> bool:
        """Whether the server has closed it."""
        return self._swallowing.done()

    async def send(self, kind: int, payload: bytes, dice: random.Random) -> None:
        """Send a message, sometimes as no websocket would."""
        head = bytes((0x80 | kind,))
        mask = 0x80
        if dice.random() < 0.02:
            head = bytes((dice.randrange(256),))  # any opcode, any reserved bit
        if dice.random() < 0.01:
            mask = 0
        size = len(payload)
        if dice.random() < 0.005:
            size = dice.choice((0, 2**16, 2**40))
        if size < 126:
            head += bytes((mask | size,))
        elif size < 65536:
            head += struct.pack(">BH", mask | 126, size)
        else:
            head += struct.pack(">BQ", mask | 127, size)
        if self._writer.is_closing():
            message = "the server has closed it"
            raise ConnectionError(message)
        self._writer.write(head + (bytes(4) if mask else b"") + payload)
        await self._writer.drain()

    async def hang_up(self) -> None:
        """Go, with or without a word."""
        self._writer.transport.abort()
        await self._swallowing
