"""What is asked of the server by those who mean no good, or cannot help it."""

from __future__ import annotations

import asyncio
import logging
import random

import pytest
from redis.asyncio import Redis

from game import protocol
from game.protocol import MESSAGES_BURST
from game.state import RoomState
from server import connections
from server import owner as owner_module
from server.store import RoomStore
from tests.support.house import House
from tests.support.player import chats, dots
from tests.support.rude_socket import TEXT, RudeSocket
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


class Tame(random.Random):
    """Dice that never fall on anything rude."""

    def random(self) -> float:
        return 0.5


async def test_ink_that_was_held_back_may_come_all_at_once(house: House) -> None:
    """None is refused, so no acknowledgement says of a batch what is not true."""
    (ada,) = await house.round("Ada", seconds=120)
    for n in range(MESSAGES_BURST + 60):
        await ada.draw(dots(2, 100 * n))
    await ada.stored()
    assert not ada.count("error")
    assert house.owner(ada.code).state.drawings[0].ink == ada.drawn


async def test_ink_comes_no_faster_than_pens_make_it(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sixteen seats that wipe what they drew would have each other sent megabytes a second."""
    monkeypatch.setattr(protocol, "INK_POINTS_PER_S", 1)
    monkeypatch.setattr(protocol, "INK_POINTS_BURST", 100)
    (ada,) = await house.round("Ada", seconds=120)
    await ada.draw(dots(60))
    await ada.draw(dots(60, 1_000))
    await ada.stored(1)
    assert ada.acknowledged == 1
    house.clock.ahead_ms += 30_000
    await ada.stored(2)
    assert house.owner(ada.code).state.drawings[0].ink == ada.drawn
    assert not ada.count("error")


async def test_a_log_is_cut_back_by_its_size_too(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owner_module, "SNAPSHOT_BYTES", 5_000)
    (ada,) = await house.round("Ada", seconds=120)
    sizes = []
    for n in range(30):
        await ada.draw(dots(130, n))
        if n % 4 == 3:
            await ada.say("clear")
            ada.drawn = type(ada.drawn)()
        await ada.stored()
        entries = await redis.xrange(f"inkling:{{room:{ada.code}}}:log")
        sizes.append(sum(len(fields[b"turn"]) for _, fields in entries))
    assert max(sizes) < 12_000


async def test_a_connection_that_is_over_is_cut_though_nobody_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Uvicorn would wait for ever for what is still in its buffer to be read."""
    cut = asyncio.Event()

    class Stuffed(asyncio.Transport):
        def abort(self) -> None:
            cut.set()

    async def over(_self: object) -> None:
        pass

    monkeypatch.setattr(connections, "FLUSH_S", 0.01)
    monkeypatch.setattr(connections.WebSocketsSansIOProtocol, "run_asgi", over)
    protocol = connections.Socket.__new__(connections.Socket)
    protocol.loop = asyncio.get_running_loop()
    protocol.transport = Stuffed()
    await protocol.run_asgi()
    async with asyncio.timeout(5):
        await cut.wait()


async def test_who_does_not_read_is_not_answered_without_end(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "FRAMES_BURST", 10_000)
    (ada,) = await house.table("Ada")
    dice = Tame()
    rude = await RudeSocket.dial(house.address, f"/api/rooms/{ada.code}/ws")
    assert rude is not None
    rude._swallowing.cancel()
    rude._writer.transport.pause_reading()  # type: ignore[attr-defined]
    for _ in range(2_000):
        rude._writer.write(bytes((0x89, 0x80 | 125)) + bytes(4) + bytes(125))
    await chats(ada)
    await rude.send(TEXT, b"{}", dice)
    rude._writer.transport.abort()
    await chats(ada, text="still")


async def test_text_that_is_no_text_is_the_senders_fault(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    (ada,) = await house.table("Ada")
    dice = Tame()
    rude = await RudeSocket.dial(house.address, f"/api/rooms/{ada.code}/ws")
    assert rude is not None
    await rude.send(TEXT, b"\xff\xfe", dice)

    async def gone() -> bool:
        return rude.gone

    assert await soon(gone)
    await rude.hang_up()
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]
    await chats(ada)


async def test_quick_play_reads_few_rooms_of_other_servers(
    house: House, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of them may be a megabyte to read, and they are anybody's to open."""
    ada = await house.account("Ada")
    codes = [await house.room(ada, public=True) for _ in range(20)]
    await redis.zadd("inkling:rooms:public", dict.fromkeys(codes, house.clock()))
    read: list[str] = []
    load = RoomStore.load

    async def counting(self: RoomStore, code: str) -> object:
        read.append(code)
        return await load(self, code)

    monkeypatch.setattr(RoomStore, "load", counting)
    asked = {"Authorization": f"Bearer {ada.token}"}
    monkeypatch.setattr(RoomState, "is_open", False)  # none is as it was listed
    answer = await house.http.post("/api/quickplay", headers=asked)
    assert answer.json()["code"] not in codes
    assert len(read) == 8
