"""What is asked of a room, until its next turn."""

from __future__ import annotations

import asyncio
from collections import deque

from game import commands as c
from game.protocol import INBOX_COMMANDS, Code, Refused
from server.turn import Ask


class Inbox:
    """Holds so many asks and no more. One task takes them; it is woken once a turn."""

    def __init__(self) -> None:
        self._asks: deque[Ask] = deque()
        self._any = asyncio.Event()
        self._urgent = asyncio.Event()

    def __len__(self) -> int:
        return len(self._asks)

    def put(self, ask: Ask) -> None:
        """Leave an ask. Raises ``Refused`` when there is no room for it.

        A ``Drop`` is always taken. There is one for each socket, and a seat that nobody knows to
        be deserted would never be free again.
        """
        if len(self._asks) >= INBOX_COMMANDS and not isinstance(ask.command, c.Drop):
            raise Refused(Code.BUSY, "This room is very busy. Try again in a moment.")
        self._asks.append(ask)
        self._any.set()
        if not ask.may_wait:
            self._urgent.set()

    async def wait(self, patience_ms: int) -> bool:
        """Whether anything was asked within ``patience_ms``; returns as soon as it was."""
        await _wait(self._any, patience_ms)
        return bool(self._asks)

    async def gather(self, gap_ms: int) -> None:
        """Wait ``gap_ms`` for company, or until something is asked that may not wait."""
        if gap_ms > 0:
            await _wait(self._urgent, gap_ms)

    def take(self) -> list[Ask]:
        """All that was asked."""
        asks = list(self._asks)
        self._asks.clear()
        self._any.clear()
        self._urgent.clear()
        return asks


async def _wait(event: asyncio.Event, ms: int) -> None:
    """Until ``event`` is set, by a timer at the latest: cheaper than to be cancelled by one."""
    if not event.is_set():
        timer = asyncio.get_running_loop().call_later(ms / 1000, event.set)
        try:
            await event.wait()
        finally:
            timer.cancel()
