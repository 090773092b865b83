"""Time in which a room could store nothing, and so nobody was told anything: it is nobody's.

What is asked meanwhile has an arrival that lies in that time. The room's clock is set back by it
afterwards, so such an arrival counts as the moment in which the room went on.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from game import commands as c
from server.turn import Ask

FAILED_MS: Final = 300  # a write that failed first and took longer than this is an outage …
SLOW_MS: Final = 1_500  # … and so is one that only took this long; less is a slow Redis


class Stall:
    """How long the room has stood still, and what that means for arrivals."""

    def __init__(self) -> None:
        self._owed_ms = 0
        self._by_ms = 0
        self._until_ms = 0

    @property
    def is_owed(self) -> bool:
        """Whether the room's clock is still to be set back."""
        return self._owed_ms > 0

    def wrote(self, took_ms: int, ended_ms: int, *, failed: bool) -> None:
        """A write took this long, and ended just now; ``failed``: it did not succeed at first."""
        if took_ms >= (FAILED_MS if failed else SLOW_MS):
            self._owed_ms += took_ms
            self._until_ms = ended_ms

    def settle(self) -> c.Stall | None:
        """What the room is to be told, once, if it stood still."""
        if not self._owed_ms:
            return None
        self._by_ms, self._owed_ms = self._owed_ms, 0
        return c.Stall(self._by_ms)

    def timed(self, ask: Ask) -> Ask:
        """``ask`` with its arrival as the clock that was set back has it."""
        command = ask.command
        if not isinstance(command, c.AddInk | c.UndoStroke | c.ClearCanvas | c.GuessWord):
            return ask
        if command.arrived_ms >= self._until_ms:
            return ask
        at_ms = min(command.arrived_ms + self._by_ms, self._until_ms)
        return replace(ask, command=replace(command, arrived_ms=at_ms))
