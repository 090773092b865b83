"""Carries out the orders that concern this server."""

from __future__ import annotations

from game import commands as c
from server import orders
from server.rooms import Rooms
from server.turn import Ask


class Servant:
    """What this server does when it is told to."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    async def obey(self, order: orders.Order) -> None:
        """Do what is ordered as far as it is this server's business."""
        match order:
            case orders.EraseFrom(room=code, player=player):
                owner = self._rooms.owned(code)
                if owner is not None:
                    owner.submit(Ask(c.Erase(player)))
            case _:
                pass
