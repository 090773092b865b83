"""What a connection may cost, before there is a request or a message to refuse."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import pytest

from game import ink
from game.ink import Pen
from game.protocol import InkBatch, write_ink
from server import connections
from server.connections import Connections
from tests.support.house import House, open_house
from tests.support.player import chats, dots
from tests.support.rude_socket import RudeSocket
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio

GET = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@asynccontextmanager
async def connect(
    house: House,
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    at = urlsplit(house.address)
    reader, writer = await asyncio.open_connection(at.hostname, at.port)
    yield reader, writer
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


async def read_to_the_end(reader: asyncio.StreamReader) -> bytes:
    """What is said until the connection is closed, which must be soon."""
    said = b""
    async with asyncio.timeout(5):
        try:
            while piece := await reader.read(65536):
                said += piece
        except ConnectionError:
            pass
    return said


async def is_well(house: House) -> bool:
    return (await house.http.get("/healthz")).status_code == 200


# --- requests ------------------------------------------------------------------------------------


async def test_a_head_without_end_is_not_read_to_its_end(house: House) -> None:
    async with connect(house) as (reader, writer):
        writer.write(b"GET / HTTP/1.1\r\n")
        writer.write((b"X-Filler: " + b"x" * 8_000 + b"\r\n") * 50)
        assert b" 431 " in await read_to_the_end(reader)
    assert await is_well(house)


async def test_who_says_nothing_is_cut_off(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    async with connect(house) as (reader, _):
        assert await read_to_the_end(reader) == b""


async def test_empty_lines_are_no_way_to_stay(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They end uvicorn's own wait for the next request, and begin none."""
    monkeypatch.setattr(connections, "HEAD_S", 0.3)
    async with connect(house) as (reader, writer):
        writer.write(GET)
        assert await reader.readuntil(b"\r\n\r\n")

        async def fidget() -> None:
            while True:
                writer.write(b"\r\n")
                await asyncio.sleep(0.05)

        fidgeting = asyncio.create_task(fidget())
        await read_to_the_end(reader)
        fidgeting.cancel()


async def test_a_body_that_does_not_come_is_not_waited_for(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "BODY_S", 0.2)
    async with connect(house) as (reader, writer):
        writer.write(b"POST /api/players HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        await read_to_the_end(reader)


async def test_a_kept_connection_serves_one_request_after_another(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HEAD_S", 0.2)
    length = len((await house.http.get("/healthz")).content)
    async with connect(house) as (reader, writer):
        for _ in range(5):
            writer.write(GET * 3)
            for _ in range(3):
                assert b" 200 " in await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(length)
            await asyncio.sleep(0.1)


async def test_requests_do_not_pile_up(house: House) -> None:
    async with connect(house) as (reader, writer):
        writer.write(GET * 5_000)
        said = await read_to_the_end(reader)
    assert said.count(b" 200 ") <= connections.PIPELINED + 1
    assert await is_well(house)


# --- how many ------------------------------------------------------------------------------------


async def test_one_address_has_so_many_connections_and_gets_them_back(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = {"sockets_per_address": 2, "trusted_proxies": "192.0.2.1"}
    async with open_house(redis_url, monkeypatch, **elsewhere) as house, AsyncExitStack() as stack:
        (ada,) = await house.table("Ada")  # two: that of the requests, and that of the socket
        held = [await stack.enter_async_context(connect(house)) for _ in range(2)]
        async with connect(house) as (reader, _):
            assert await read_to_the_end(reader) == b""
        await ada.hang_up()
        held[0][1].transport.abort()

        async def answered() -> bool:
            reader, writer = await stack.enter_async_context(connect(house))
            writer.write(GET)
            with suppress(ConnectionError):
                return b" 200 " in await asyncio.wait_for(reader.read(4096), 5)
            return False

        for _ in range(2):
            assert await soon(answered)


async def test_proxies_and_unix_sockets_are_not_counted() -> None:
    here = Connections(1, frozenset({"10.0.0.1"}))
    for address in ("10.0.0.1", "", "10.0.0.1", ""):
        assert here.enter(address)
    leave = here.enter("10.0.0.2")
    assert leave
    assert here.enter("10.0.0.2") is None
    leave()
    assert here.enter("10.0.0.2")
    assert Connections(0, frozenset()).enter("10.0.0.2")


# --- websockets ----------------------------------------------------------------------------------


def frame(opcode: int, payload: bytes) -> bytes:
    """A masked websocket frame, by a mask of noughts."""
    size = len(payload)
    length = bytes((0x80 | size,)) if size < 126 else struct.pack(">BH", 0x80 | 126, size)
    return bytes((opcode,)) + length + bytes(4) + payload


async def rude(house: House, code: str) -> RudeSocket:
    socket = await RudeSocket.dial(house.address, f"/api/rooms/{code}/ws")
    assert socket is not None
    return socket


@pytest.mark.parametrize("opcode", [0x89, 0x8A], ids=["pings", "pongs"])
async def test_frames_that_are_no_messages_come_to_an_end(house: House, opcode: int) -> None:
    (ada,) = await house.table("Ada")
    socket = await rude(house, ada.code)
    socket._writer.write(frame(opcode, b"") * 30_000)
    async with asyncio.timeout(5):
        await asyncio.wait({socket._swallowing})
    await socket.hang_up()
    await chats(ada)


async def test_a_message_in_empty_parts_comes_to_an_end(house: House) -> None:
    (ada,) = await house.table("Ada")
    socket = await rude(house, ada.code)
    socket._writer.write(frame(0x01, b"{") + frame(0x00, b"") * 30_000)
    async with asyncio.timeout(5):
        await asyncio.wait({socket._swallowing})
    await socket.hang_up()
    await chats(ada)


async def test_a_message_in_parts_is_a_message(house: House) -> None:
    (ada,) = await house.table("Ada")
    socket = await rude(house, ada.code)
    token = ada.account.token if ada.account else ""
    for opcode, part in ((0x01, b'{"type":"hello","tok'), (0x80, b'en":"%b"}' % token.encode())):
        socket._writer.write(frame(opcode, part))
    assert (await ada.closed())[0] == 4507  # another has the seat
    await socket.hang_up()


async def test_of_many_small_messages_few_are_held(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[int] = []
    receive = connections.Socket.receive

    async def counting(self: connections.Socket) -> Any:
        held.append(self.queue.qsize())
        return await receive(self)

    monkeypatch.setattr(connections.Socket, "receive", counting)
    (ada,) = await house.table("Ada")
    socket = await rude(house, ada.code)
    socket._writer.write(frame(0x81, b"{}") * 30_000)
    async with asyncio.timeout(5):
        await asyncio.wait({socket._swallowing})
    await socket.hang_up()
    assert max(held) <= connections.PIECE_BYTES // len(frame(0x81, b"{}")) + 1
    await chats(ada)


async def test_all_that_was_said_before_hanging_up_is_heard(house: House) -> None:
    """However it was cut into pieces on the way."""
    (ada,) = await house.round("Ada", seconds=120)
    socket = await rude(house, ada.code)
    token = ada.account.token if ada.account else ""
    socket._writer.write(frame(0x81, b'{"type":"hello","token":"%b"}' % token.encode()))
    assert (await ada.closed())[0] == 4507
    drawn = ink.BLANK
    said = b""
    for number in range(1, 81):
        batch = InkBatch(number, Pen.STARTS | Pen.ENDS, dots(7, 50 * number))
        drawn = ink.add(drawn, batch.pen, batch.points)
        said += frame(0x82, write_ink(batch))
    assert len(said) > 2 * connections.PIECE_BYTES
    socket._writer.write(said + frame(0x88, struct.pack(">H", 1000)))

    async def is_drawn() -> bool:
        return house.owner(ada.code).state.drawings[0].ink == drawn

    assert await soon(is_drawn)
    await socket.hang_up()


async def test_who_goes_on_after_the_close_is_cut_off(house: House) -> None:
    (ada,) = await house.table("Ada")
    socket = await rude(house, ada.code)
    socket._writer.write(frame(0x81, b"{}"))  # no hello: it is closed
    async with asyncio.timeout(connections.FLUSH_S - 1):
        while not socket.gone:
            socket._writer.write(frame(0x82, bytes(6_000)))
            await asyncio.sleep(0.002)
    await socket.hang_up()
    await chats(ada)
