"""Carries out the orders that concern this server."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Final

from game import commands as c
from game.protocol import Close, Phase, Refused
from game.seating import seat_of
from server import orders
from server.doors import Doors
from server.owner import RoomOwner
from server.presence import Server, this_server
from server.rooms import Rooms
from server.turn import Ask

_IDLE: Final = (Phase.LOBBY, Phase.GAME_OVER)
_log = logging.getLogger(__name__)


class Servant:
    """What this server does when it is told to."""

    def __init__(self, server_id: str, rooms: Rooms, doors: Doors) -> None:
        self._server_id = server_id
        self._rooms = rooms
        self._doors = doors

    async def obey(self, order: orders.Order) -> None:
        """Do what is ordered as far as it is this server's business."""
        match order:
            case orders.EraseFrom(room=code, player=player):
                for owner in self._owners(code):
                    owner.submit(Ask(c.Erase(player)))
            case orders.CloseRoom(room=code):
                for owner in self._owners(code):
                    _log.info("room %s: closed by order", code)
                    owner.shut()
            case orders.Announce(text=text, room=code):
                for owner in self._owners(code):
                    owner.announce(text)
            case orders.Evict(player=player):
                for owner in self._rooms.owners():
                    self._show_out(owner, player)
            case orders.Drain(server=server, draining=draining):
                self._drain(server, draining=draining)

    def _owners(self, code: str | None) -> Iterable[RoomOwner]:
        if code is None:
            return self._rooms.owners()
        owner = self._rooms.owned(code)
        return [] if owner is None else [owner]

    def _drain(self, server: str | None, *, draining: bool) -> None:
        if server in (None, self._server_id):
            _log.info("this server %s", "opens no more rooms" if draining else "opens rooms again")
            self._rooms.draining = draining

    def _show_out(self, owner: RoomOwner, player: str) -> None:
        seat = seat_of(owner.state, player)
        if seat is not None:
            try:
                owner.submit(Ask(c.Leave(seat)))
            except Refused as refused:  # the socket is closed all the same, and the seat deserted
                _log.warning("room %s: %s", owner.code, refused.message)
            owner.hub.close(seat, Close.BANNED, "You cannot play on this server for now.")

    def tell(self) -> Server:
        """How this server is doing."""
        owners = self._rooms.owners()
        return this_server(
            self._server_id,
            rooms=len(owners),
            playing=sum(owner.state.phase not in _IDLE for owner in owners),
            sockets=len(self._doors),
            draining=self._rooms.draining,
        )
