"""What a page and its server say to each other, as a developer's tools show it."""

from __future__ import annotations

import json
from typing import Any

from playwright.sync_api import Page, WebSocket

from game import ink
from game.ink import BLANK, Ink
from game.protocol import ACKNOWLEDGED, CLIENT_INK, RELAYED_INK, read_ink
from tests.support.player import read_relay

Said = dict[str, Any]


class Overheard:
    """Everything on a page's websockets from now on; it fills while the page runs.

    ``drawn`` is the ink that the page sent, each batch once: strokes only, nothing taken back.
    """

    def __init__(self, page: Page) -> None:
        self.sockets = 0
        self.welcomes: list[Said] = []
        self.acknowledged = 0
        self.newest = 0  # batch that the page sent
        self.drawn = BLANK
        self.shown: dict[int, Ink] = {}  # canvases by seat, as told since the last welcome
        page.on("websocket", self._listen)

    @property
    def is_stored(self) -> bool:
        """Whether the server has acknowledged all that the page sent, if it sent anything."""
        return 0 < self.newest <= self.acknowledged

    @property
    def seat(self) -> int:
        """The seat of the last welcome."""
        seat: int = self.welcomes[-1]["seat"]
        return seat

    def _listen(self, socket: WebSocket) -> None:
        self.sockets += 1
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, data: str | bytes) -> None:
        if isinstance(data, bytes) and data[0] == CLIENT_INK:
            batch = read_ink(data)
            if batch.batch > self.newest:  # and not sent again
                self.newest = batch.batch
                self.drawn = ink.add(self.drawn, batch.pen, batch.points)

    def _received(self, data: str | bytes) -> None:
        if isinstance(data, str):
            said = json.loads(data)
            if said["type"] == "welcome":
                self.welcomes.append(said)
                self.shown.clear()
                # What an old line still carried across is acknowledged here and nowhere else.
                self.acknowledged = said["batch"]
        elif data[0] == ACKNOWLEDGED:
            self.acknowledged = max(self.acknowledged, int.from_bytes(data[1:], "little"))
        elif data[0] == RELAYED_INK:
            for seat, pen, points in read_relay(data):
                self.shown[seat] = ink.add(self.shown.get(seat, BLANK), pen, points)
