"""What is on its way out of a socket, and how a socket ends."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from game import protocol
from game.protocol import Close
from server import session as session_module
from server.rate import Bucket
from server.session import Outbox, Session
from tests.support.waiting import soon

pytestmark = pytest.mark.asyncio


class Wire:
    """A websocket whose other end reads only while it is told to."""

    def __init__(self, *, reads: bool = True) -> None:
        self.reads = asyncio.Event()
        if reads:
            self.reads.set()
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.sent: list[str | bytes] = []
        self.closed: tuple[int, str] | None = None

    async def accept(self) -> None:
        pass

    async def receive(self) -> dict[str, Any]:
        return await self.incoming.get()

    async def send_text(self, data: str) -> None:
        await self.reads.wait()
        self.sent.append(data)

    async def send_bytes(self, data: bytes) -> None:
        await self.reads.wait()
        self.sent.append(data)

    async def close(self, code: int, reason: str) -> None:
        await self.reads.wait()
        assert len(reason.encode()) <= 123
        self.closed = (code, reason)


def session_on(wire: Wire) -> Session:
    """A session whose rooms nobody gets as far as asking for."""
    nothing: Any = None
    socket: Any = wire
    return Session(socket, nothing, nothing)


async def ended(task: asyncio.Task[None], within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        await task


async def test_messages_leave_in_order_and_a_close_waits_for_them() -> None:
    outbox, wire = Outbox(), Wire()
    for n in range(5):
        outbox.put(f"{n}")
    outbox.put(b"ink")
    outbox.close(Close.LEFT, "bye")
    outbox.put("too late")
    socket: Any = wire
    await outbox.drain(socket)
    assert wire.sent == ["0", "1", "2", "3", "4", b"ink"]


async def test_the_first_reason_to_close_stands() -> None:
    outbox = Outbox()
    outbox.close(Close.KICKED, "one")
    outbox.close(Close.RESTARTING, "two")
    assert outbox.closing == (Close.KICKED, "one")


async def test_an_outbox_that_overflows_forgets_everything_and_closes_as_slow() -> None:
    outbox = Outbox()
    for n in range(protocol.OUTBOX_MESSAGES):
        outbox.put(f"{n}")
    assert len(outbox._messages) == protocol.OUTBOX_MESSAGES
    outbox.put("one more")
    assert outbox.closing is not None
    assert outbox.closing[0] is Close.SLOW
    assert not outbox._messages
    outbox.put("nothing more is held")
    assert not outbox._messages


async def test_an_outbox_overflows_by_its_bytes_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "OUTBOX_BYTES", 100)
    outbox, wire = Outbox(), Wire()
    socket: Any = wire
    draining = asyncio.create_task(outbox.drain(socket))
    for _ in range(5):  # what is sent does not count any more
        outbox.put(bytes(90))
        for _ in range(3):
            await asyncio.sleep(0)
    assert not outbox._messages
    assert outbox.closing is None
    outbox.put(bytes(60))
    outbox.put(bytes(60))
    assert outbox.closing is not None
    assert outbox.closing[0] is Close.SLOW
    await draining


async def test_a_reader_that_stopped_reading_is_let_go_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session_module, "_CLOSE_PATIENCE_S", 0.1)
    wire = Wire(reads=False)
    session = session_on(wire)
    running = asyncio.create_task(session.run("ROOM"))
    for n in range(protocol.OUTBOX_MESSAGES + 2):
        session.send(f"{n}")
    await ended(running, 2.0)
    assert session._outbox.closing is not None
    assert session._outbox.closing[0] is Close.SLOW


async def test_a_slow_reader_is_told_so_once_it_reads_again() -> None:
    wire = Wire(reads=False)
    session = session_on(wire)
    running = asyncio.create_task(session.run("ROOM"))
    session.send("first")
    await asyncio.sleep(0)
    for n in range(protocol.OUTBOX_MESSAGES + 2):
        session.send(f"{n}")
    wire.reads.set()
    await ended(running)
    assert wire.closed is not None
    assert wire.closed[0] == Close.SLOW


async def test_the_last_word_reaches_the_player_before_the_close_and_at_once() -> None:
    wire = Wire()
    session = session_on(wire)
    running = asyncio.create_task(session.run("ROOM"))
    session.send("the last word")
    session.close(Close.KICKED, "The host has removed you.")
    # Well within the patience that a silent client is not owed.
    await ended(running, session_module._CLOSE_PATIENCE_S / 2)
    assert wire.sent == ["the last word"]
    assert wire.closed == (Close.KICKED, "The host has removed you.")


async def test_a_client_that_hangs_up_ends_the_session() -> None:
    wire = Wire()
    running = asyncio.create_task(session_on(wire).run("ROOM"))
    wire.incoming.put_nowait({"type": "websocket.disconnect", "code": 1001})
    await ended(running, 1.0)


async def test_a_long_reason_is_cut_to_what_a_close_can_carry() -> None:
    wire = Wire()
    session = session_on(wire)
    session.close(Close.OFFENCES, "“" + "ü" * 100 + "” is no field of this message.")
    await ended(asyncio.create_task(session.run("ROOM")))
    assert wire.closed is not None
    assert wire.closed[1] == "“" + "ü" * 60


async def test_a_session_leaves_no_task_behind() -> None:
    before = asyncio.all_tasks()
    wire = Wire()
    session = session_on(wire)
    running = asyncio.create_task(session.run("ROOM"))
    session.close(Close.RESTARTING, "The server is restarting.")
    await ended(running)

    async def none() -> bool:
        return asyncio.all_tasks() <= before

    assert await soon(none)


async def test_a_cancelled_session_still_ends_in_order() -> None:
    wire = Wire()
    running = asyncio.create_task(session_on(wire).run("ROOM"))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert wire.closed is not None
    assert wire.closed[0] == Close.RESTARTING


def offences(now: Callable[[int], int]) -> int:
    """How many offences in a row a session bears when the n-th comes at ``now(n)``."""
    bucket = Bucket(1000 / protocol.OFFENCE_KEPT_MS, protocol.MAX_OFFENCES - 1)
    return next((n for n in range(500) if not bucket.take(now(n))), 500)


async def test_offences_are_counted_when_they_come_fast_and_forgotten_when_they_do_not() -> None:
    assert offences(lambda _: 0) == protocol.MAX_OFFENCES - 1
    assert offences(lambda n: n * protocol.OFFENCE_KEPT_MS) == 500
