"""Frames from server to server, by way of Redis: in order and without gaps, or not at all.

=========================  ======================================================================
``inkling:server:ID``      channel on which the server ``ID`` listens for as long as it lives
=========================  ======================================================================

A batch names its sender, an epoch and its number in that epoch. Redis forgets what nobody listens
to, so a gap is noticed by the numbers, an end by nobody listening. Either side may break off: it
begins a new epoch, and the other learns of it with the first batch of that. What is lost between
two servers is therefore known to both, and neither repeats anything: the sockets concerned come
back and send again what was not acknowledged, as after any other mishap.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from redis.asyncio import Redis
from redis.exceptions import RedisError

MAX_WAITING_BYTES: Final = 4 * 1024 * 1024  # for one peer; beyond, Redis is not keeping up
HIGH_BYTES: Final = 256 * 1024  # from here on whoever can wait does
WATCH_S: Final = 1.0  # between looks whether a peer is still there
_BATCH_BYTES: Final = 128 * 1024
_SILENCE_S: Final = 4.0  # on one's own channel, where an answer to PING is due each WATCH_S
_RETRY_S: Final = 0.2
_HEAD: Final = struct.Struct("<12sII")
_FRAME: Final = struct.Struct("<BII")
_log = logging.getLogger(__name__)


class Kind(enum.IntEnum):
    """What a frame is. The first four come from where the socket is, the others go there."""

    OPEN = 1  # a socket; payload: the room's code, a space, and the address it is from, if any
    SAID_TEXT = 2
    SAID_BYTES = 3
    HUNG_UP = 4
    TOLD_TEXT = 5
    TOLD_BYTES = 6
    CLOSED = 7  # ``u16`` close code, then the reason


@dataclass(frozen=True, slots=True)
class Frame:
    """A message of one socket; ``link`` is its number on the server that it is open on."""

    kind: Kind
    link: int
    payload: bytes = field(default=b"", repr=False)


def pack(sender: str, epoch: int, number: int, frames: list[Frame]) -> bytes:
    """A batch as bytes; ``sender`` is a server's id, 12 ASCII characters."""
    return _HEAD.pack(sender.encode(), epoch, number) + b"".join(
        _FRAME.pack(frame.kind, frame.link, len(frame.payload)) + frame.payload for frame in frames
    )


def unpack(batch: bytes) -> tuple[str, int, int, list[Frame]]:
    """Sender, epoch, number and frames of a batch. Raises ``ValueError`` for what is none."""
    try:
        sender, epoch, number = _HEAD.unpack_from(batch)
        return sender.decode("ascii"), epoch, number, list(_frames(batch, _HEAD.size))
    except struct.error as error:
        message = f"a batch of {len(batch)} bytes ends too early: {error}"
        raise ValueError(message) from None


def _frames(batch: bytes, at: int) -> Iterator[Frame]:
    while at < len(batch):
        kind, link, size = _FRAME.unpack_from(batch, at)
        at += _FRAME.size
        if at + size > len(batch):
            message = f"a frame of {size} bytes ends too early"
            raise ValueError(message)
        yield Frame(Kind(kind), link, batch[at : at + size])
        at += size


class Receiver(Protocol):
    """Whoever has sockets with peers. Nothing here waits."""

    def receive(self, peer: str, frame: Frame) -> None:
        """A frame of ``peer`` has come."""

    def lost(self, peer: str) -> None:
        """Whatever was begun with ``peer`` is over; what it still sends of it is to be ignored."""

    def known(self) -> set[str]:
        """The peers that something is going on with."""


class _Outgoing:
    """What waits to be sent to one peer."""

    def __init__(self, epoch: int) -> None:
        self.epoch = epoch
        self.number = 0
        self.frames: deque[Frame] = deque()
        self.bytes = 0
        self.flowing = asyncio.Event()
        self.flowing.set()
        self.turn = asyncio.Lock()  # of those who wait until it flows
        self.news = False  # an epoch that the peer has yet to hear of

    def put(self, frame: Frame) -> None:
        self.frames.append(frame)
        self.bytes += len(frame.payload) + _FRAME.size
        if self.bytes > HIGH_BYTES:
            self.flowing.clear()

    def take(self) -> list[Frame]:
        """As many as fit into a batch."""
        taken, size = [], 0
        while self.frames and size < _BATCH_BYTES:
            frame = self.frames.popleft()
            size += len(frame.payload) + _FRAME.size
            taken.append(frame)
        self.bytes -= size
        if self.bytes <= HIGH_BYTES:
            self.flowing.set()
        return taken

    def renew(self) -> None:
        self.epoch = (self.epoch + 1) & 0xFFFFFFFF
        self.number = 0
        self.frames.clear()
        self.bytes = 0
        self.flowing.set()
        self.news = True


class Peers:
    """This server's way to all others."""

    def __init__(self, redis: Redis, server_id: str, receiver: Receiver) -> None:
        self._redis = redis
        self._server_id = server_id
        self._receiver = receiver
        self._outgoing: dict[str, _Outgoing] = {}
        self._incoming: dict[str, tuple[int, int]] = {}  # epoch, and number of the next batch
        self._work = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._epochs = 0
        self._connection: Any = None
        self.listening = asyncio.Event()

    # --- sending ---------------------------------------------------------------------------------

    def send(self, peer: str, frame: Frame) -> None:
        """Queue a frame. A peer that too much waits for is given up instead."""
        outgoing = self._to(peer)
        if outgoing.bytes > MAX_WAITING_BYTES:
            self._give_up(peer, "too much waits for it")
            return
        outgoing.put(frame)
        self._set_to_work()

    async def offer(self, peer: str, frame: Frame) -> None:
        """Queue a frame once little waits for ``peer``; who offers first goes first.

        However many offer at once, only one goes beyond what may wait.
        """
        outgoing = self._to(peer)
        async with outgoing.turn:
            await outgoing.flowing.wait()
            self.send(peer, frame)

    async def sent(self) -> None:
        """Wait until nothing waits."""
        await self._idle.wait()

    async def present(self, peer: str) -> bool:
        """Whether ``peer`` listens. Raises ``RedisError``."""
        ((_, count),) = await self._redis.pubsub_numsub(_channel(peer))
        return int(count) > 0

    def _to(self, peer: str) -> _Outgoing:
        if peer not in self._outgoing:
            self._epochs += 1
            self._outgoing[peer] = _Outgoing(self._epochs)
        return self._outgoing[peer]

    def _set_to_work(self) -> None:
        self._idle.clear()
        self._work.set()

    def _give_up(self, peer: str, why: str) -> None:
        """Break off with a peer; it is told, if it can be."""
        _log.info("server %s is given up: %s", peer, why)
        self._incoming.pop(peer, None)
        self._to(peer).renew()
        self._receiver.lost(peer)
        self._set_to_work()

    async def _flush(self) -> None:
        while True:
            if not any(each.frames or each.news for each in self._outgoing.values()):
                self._work.clear()
                self._idle.set()
            await self._work.wait()
            batches = {
                peer: outgoing
                for peer, outgoing in self._outgoing.items()
                if outgoing.frames or outgoing.news
            }
            pipe = self._redis.pipeline(transaction=False)
            for peer, outgoing in batches.items():
                batch = pack(self._server_id, outgoing.epoch, outgoing.number, outgoing.take())
                outgoing.number += 1
                outgoing.news = False
                pipe.publish(_channel(peer), batch)
            try:
                heard = await pipe.execute()
            except (RedisError, OSError):
                for peer in batches:
                    self._give_up(peer, "Redis is away")
                await asyncio.sleep(_RETRY_S)
                continue
            for peer, count in zip(batches, heard, strict=True):
                if not count:
                    self._forget(peer)

    def _forget(self, peer: str) -> None:
        """Nobody is there to be told anything."""
        self._outgoing.pop(peer, None)
        self._incoming.pop(peer, None)
        self._receiver.lost(peer)

    # --- receiving -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Send and receive until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._flush(), name="to peers")
            tasks.create_task(self._listen(), name="from peers")
            tasks.create_task(self._watch(), name="watch peers")

    async def _listen(self) -> None:
        while True:
            # Not a PubSub of redis-py: it would connect anew by itself, and what was published
            # meanwhile would be missed without a word.
            connection: Any = self._redis.connection_pool.make_connection()  # type: ignore[no-untyped-call]
            try:
                await connection.connect()
                await connection.send_command("SUBSCRIBE", _channel(self._server_id))
                self._connection = connection
                while True:
                    reply = await connection.read_response(timeout=_SILENCE_S)
                    if reply[0] == b"message":
                        self._take(reply[2])
                    elif reply[0] == b"subscribe":
                        self.listening.set()
            except (RedisError, OSError) as error:
                _log.warning("not heard by other servers: %s", error)
            finally:
                self._connection = None
                self.listening.clear()
                with contextlib.suppress(RedisError, OSError):
                    await connection.disconnect(nowait=True)
            for peer in self._receiver.known():
                self._give_up(peer, "something of it may have been missed")
            await asyncio.sleep(_RETRY_S)

    def _take(self, batch: bytes) -> None:
        try:
            sender, epoch, number, frames = unpack(batch)
        except ValueError as error:
            _log.error("no batch of a server: %s", error)
            return
        known = self._incoming.get(sender)
        if known is not None and known[0] != epoch:  # it has broken off
            self._receiver.lost(sender)
        elif known is not None and known[1] != number:
            self._give_up(sender, f"batch {known[1]} is missing")
            return
        self._incoming[sender] = (epoch, number + 1)
        for frame in frames:
            self._receiver.receive(sender, frame)

    async def _watch(self) -> None:
        """Notice peers that are gone though nothing is sent to them, and one's own silence."""
        while True:
            await asyncio.sleep(WATCH_S)
            with contextlib.suppress(RedisError, OSError):
                if self._connection is not None:
                    await self._connection.send_command("PING")
                for peer in self._receiver.known():
                    if not await self.present(peer):
                        self._forget(peer)


def _channel(server_id: str) -> str:
    return f"inkling:server:{server_id}"
