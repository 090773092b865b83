"""Who may open a socket: how many at once and how fast, by address."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Iterator
from typing import Final

from game.protocol import Code, Refused
from server.addresses import Proxies
from server.rate import AddressBuckets

# A class of thirty whose server was started again dials all at once, and soon again if that fails.
DIALS_PER_S: Final = 10.0
DIALS_BURST: Final = 120.0
TOO_OFTEN: Final = "That is a lot at once. Try again in a minute."
TOO_MANY: Final = "Too many players come from this address."
_EMPTY_S: Final = 2.5  # a little longer than a socket may take to close


class Doors:
    """Counts the sockets that are open, by the address they come from.

    A proxy that does not say whom it speaks for is not counted: it would stand for everybody.
    """

    def __init__(self, per_address: int, proxies: frozenset[str]) -> None:
        self._per_address = per_address
        self._proxies = Proxies(proxies)
        self._open: Counter[str] = Counter()
        self._dials = AddressBuckets(DIALS_PER_S, DIALS_BURST)
        self._changed: set[str] = set()
        self._closed = False
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return self._open.total()

    @contextlib.contextmanager
    def enter(self, address: str, now_ms: int) -> Iterator[None]:
        """Be inside for as long as the context lasts. Raises ``Refused`` for one too many."""
        if self._closed:
            raise Refused(Code.BUSY, "This server is stopping. Try again in a moment.")
        if self.most(address) is not None:
            if not self._dials.take(address, now_ms):
                raise Refused(Code.TOO_FAST, TOO_OFTEN)
            if self._open[address] >= self._per_address:
                raise Refused(Code.TOO_FAST, TOO_MANY)
        self._open[address] += 1
        self._empty.clear()
        try:
            yield
        finally:
            self._open[address] -= 1
            self._changed.add(address)
            if not self._open[address]:
                del self._open[address]
            if not self._open:
                self._empty.set()

    def most(self, address: str) -> int | None:
        """How many sockets ``address`` may have; None for one that is not counted."""
        return self._per_address if self._per_address and address not in self._proxies else None

    def open_from(self, address: str) -> int:
        """How many sockets of ``address`` are open here."""
        return self._open.get(address, 0)

    def addresses(self) -> set[str]:
        """All counted addresses with a socket here."""
        return {address for address in self._open if self.most(address) is not None}

    def changed(self) -> set[str]:
        """The counted addresses that had a socket closed since this was last asked."""
        changed, self._changed = self._changed, set()
        return {address for address in changed if self.most(address) is not None}

    def close(self) -> None:
        """Let nobody in any more."""
        self._closed = True

    async def emptied(self) -> None:
        """Wait until everybody has left, but not for ever."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_EMPTY_S):
                await self._empty.wait()
