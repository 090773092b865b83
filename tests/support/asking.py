"""A socket as a room sees it, without a network: it notes down what it is told."""

from __future__ import annotations

import json
from typing import Any

from game import commands as c
from game.protocol import Close, Refused
from server.turn import Asker


class Socket(Asker):
    """Somebody who asks and listens."""

    def __init__(self) -> None:
        self.sent: list[str | bytes] = []
        self.closing: Close | None = None
        self.refusals: list[Refused] = []
        self.seat: int | None = None

    def send(self, data: str | bytes) -> None:
        self.sent.append(data)

    def close(self, code: Close, reason: str) -> None:
        assert reason
        self.closing = self.closing or code

    def refuse(self, command: c.Command, refused: Refused) -> None:  # noqa: ARG002 - any command
        self.refusals.append(refused)

    def seated(self, seat: int) -> None:
        self.seat = seat

    def said(self, kind: str) -> list[dict[str, Any]]:
        """The messages of a type that it was sent."""
        texts = (json.loads(data) for data in self.sent if isinstance(data, str))
        return [message for message in texts if message["type"] == kind]
