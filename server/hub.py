"""This process's sockets, by room and seat: who hears what.

What everybody hears is encoded once. So is ink, and whoever drew none of it is sent the same bytes;
for the others it is joined anew, because nobody is sent their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Protocol

from game.protocol import AnyServerMessage, Close, relay_entry, relay_of, write_ack
from game.view import InkEntry, Telling
from server import wire


class Listener(Protocol):
    """A socket as its room sees it.

    Nothing here waits: a listener that cannot keep up is closed by its own rule, and comes back
    for a fresh view.
    """

    def send(self, data: str | bytes) -> None:
        """Queue text or binary data for the socket."""

    def close(self, code: Close, reason: str) -> None:
        """Close the socket after what is queued; later sends go nowhere."""


class RoomHub:
    """The listeners of one room."""

    def __init__(self) -> None:
        self._listeners: dict[int, Listener] = {}

    def __len__(self) -> int:
        return len(self._listeners)

    def listener(self, seat: int) -> Listener | None:
        """Who listens on ``seat``."""
        return self._listeners.get(seat)

    def seat_of(self, listener: Listener) -> int | None:
        """The seat that ``listener`` listens on, if any."""
        return next((seat for seat, each in self._listeners.items() if each is listener), None)

    def attach(self, seat: int, listener: Listener) -> None:
        """Let ``listener`` hear what ``seat`` may hear, in place of any other."""
        former = self._listeners.get(seat)
        if former is not None and former is not listener:
            former.close(Close.REPLACED, "You came in from another tab or device.")
        self._listeners[seat] = listener

    def detach(self, seat: int, listener: Listener) -> bool:
        """Stop telling ``listener``; False when another had taken its place already."""
        if self._listeners.get(seat) is not listener:
            return False
        del self._listeners[seat]
        return True

    def close(self, seat: int, code: Close, reason: str) -> None:
        """Close the listener of one seat, if there is one."""
        listener = self._listeners.pop(seat, None)
        if listener is not None:
            listener.close(code, reason)

    def close_all(self, code: Close, reason: str) -> None:
        """Close every listener."""
        for seat in list(self._listeners):
            self.close(seat, code, reason)

    def tell(self, tellings: Iterable[Telling], offset: int) -> None:
        """Send each message to the seat it is for, or to all."""
        for telling in tellings:
            if telling.seat is None:
                data = _at(telling.message, offset)
                for listener in self._listeners.values():
                    listener.send(data)
            elif telling.seat in self._listeners:
                self._listeners[telling.seat].send(_at(telling.message, offset))

    def relay(self, entries: Sequence[InkEntry]) -> None:
        """Show everybody the ink of the others."""
        if not entries:
            return
        written = [(seat, relay_entry(seat, pen, points)) for seat, pen, points in entries]
        drew = {seat for seat, _ in written}
        to_watchers = relay_of([data for _, data in written])
        for seat, listener in self._listeners.items():
            others = to_watchers
            if seat in drew:
                others = relay_of([data for drawer, data in written if drawer != seat])
            for data in others:
                listener.send(data)

    def acknowledge(self, seat: int, batch: int) -> None:
        """Tell a seat that its ink up to ``batch`` is stored."""
        listener = self._listeners.get(seat)
        if listener is not None:
            listener.send(write_ack(batch))


def _at(message: AnyServerMessage, offset: int) -> str:
    return wire.write(replace(message, offset=offset))
