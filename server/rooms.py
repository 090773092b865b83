"""The rooms that this server owns, and how it comes to own one."""

from __future__ import annotations

import asyncio
import logging
import secrets
from typing import Final
from weakref import WeakValueDictionary

from game.deck import Levels, check
from game.protocol import CODE_ALPHABET, CODE_CHARS, Code, Refused, Settings
from game.room import RoomState
from server import metrics
from server.clock import now_ms
from server.events import Snapshot
from server.owner import RoomOwner, Services

_CLAIM_RETRY_S: Final = 0.25
_CLAIM_PATIENCE_MS: Final = 8_000  # longer than any lease, so that a dead owner's room is reached
_LOOKS: Final = 8  # at rooms of other servers, which have to be read whole, for one who asks
_log = logging.getLogger(__name__)


class Rooms:
    """Every room of this server, each with the task that owns it."""

    def __init__(self, services: Services, levels: Levels) -> None:
        self._services = services
        self._levels = levels
        self._owners: dict[str, RoomOwner] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        # A lock lives as long as somebody holds it or waits for it.
        self._entering: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._closed = False
        self.draining = False  # the rooms there are go on; new ones are for other servers

    async def create(self, settings: Settings) -> str:
        """Open a room and return its code. Raises ``Refused`` for settings out of bounds."""
        check(settings, self._levels)
        if self.draining:
            raise Refused(Code.BUSY, "This server opens no more rooms. Try again in a moment.")
        while True:
            code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_CHARS))
            state = RoomState(code, secrets.token_hex(8), self._levels, settings)
            if await self._services.store.create(Snapshot(0, now_ms(), state)):
                return code

    async def enter(self, code: str) -> RoomOwner | None:
        """The owner of a room, which is taken on if nobody owns it; None if there is none.

        Waits out the lease of an owner that died, and the end of one that is ending. What is to
        be asked of the owner must be asked before anything is awaited: an owner that nobody asks
        anything of may end. Raises ``Refused`` when the room is owned elsewhere for good.
        """
        lock = self._entering.setdefault(code, asyncio.Lock())
        async with lock:
            owner = self._owners.get(code)
            if owner is not None and owner.ending:
                await asyncio.wait({self._tasks[code]})
                owner = None
            return owner or await self._take_on(code)

    async def _take_on(self, code: str) -> RoomOwner | None:
        store = self._services.store
        if not await store.exists(code):
            return None
        give_up_ms = now_ms() + _CLAIM_PATIENCE_MS
        while not await store.claim(code):
            if now_ms() > give_up_ms or self._closed:
                _log.warning("room %s: its lease is held elsewhere", code)
                raise Refused(Code.BUSY, "This room is elsewhere just now. Try again in a moment.")
            await asyncio.sleep(_CLAIM_RETRY_S)
        snapshot = await store.load(code)
        if snapshot is None or self._closed:
            await store.release(code)
            if snapshot is None:
                return None
            raise Refused(Code.BUSY, "This server is stopping. Try again in a moment.")
        owner = self._owners[code] = RoomOwner(snapshot, self._services)
        self._tasks[code] = asyncio.create_task(self._run(owner), name=f"room {code}")
        metrics.ROOMS.set(len(self._owners))
        return owner

    async def _run(self, owner: RoomOwner) -> None:
        try:
            await owner.run()
        finally:
            self._owners.pop(owner.code, None)
            self._tasks.pop(owner.code, None)
            metrics.ROOMS.set(len(self._owners))

    def owners(self) -> list[RoomOwner]:
        """The owners of all rooms that this server owns."""
        return list(self._owners.values())

    async def exists(self, code: str) -> bool:
        """Whether there is such a room, whoever owns it."""
        return code in self._owners or await self._services.store.exists(code)

    async def visit(self, player: str, code: str) -> None:
        """Note that this room is about to know this player, for the day they want to be erased."""
        await self._services.store.visit(player, code, now_ms())

    def owned(self, code: str) -> RoomOwner | None:
        """The owner of a room that this server owns already."""
        return self._owners.get(code)

    async def look(self, code: str) -> RoomState | None:
        """The room as it is, or as it was last stored; without taking it on."""
        owner = self._owners.get(code)
        if owner is not None:
            return owner.state
        snapshot = await self._services.store.load(code)
        return snapshot.state if snapshot else None

    async def joinable(self) -> str | None:
        """A public room with a free seat, if there is one; a lobby rather than a running game."""
        found = None
        unread = _LOOKS
        for code in await self._services.store.public_rooms(now_ms()):
            if code not in self._owners:
                unread -= 1
                if unread < 0:
                    continue
            state = await self.look(code)
            if state and state.settings.public and state.is_open:
                if not state.game or not state.drawings:
                    return code
                found = found or code
        return found

    async def close(self) -> None:
        """Leave every room to the next owner; their sockets are told to come back."""
        self._closed = True
        for owner in self._owners.values():
            owner.stop()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
