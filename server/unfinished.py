"""Games that ended on a server that died before it counted them.

Whoever takes the room on counts its game, but perhaps nobody ever comes back to that room. So every
room with a game is marked until the game is counted, and every server looks at marked rooms that
nobody owns. A game that is still running there is left as it is: its players may come back to it.
"""

from __future__ import annotations

import logging
from typing import Final

from game.protocol import Phase
from server.archive import records
from server.awards import award_of
from server.leaderboard import Leaderboard
from server.store import RoomStore

GRACE_MS: Final = 15_000  # longer than a lease, so that an owner that lives has had its turn
_log = logging.getLogger(__name__)


async def count_unfinished(store: RoomStore, board: Leaderboard, now_ms: int) -> int:
    """Count the games that are over in rooms that nobody owns; returns how many there were."""
    counted = 0
    for code, seen_ms in await store.playing(now_ms - GRACE_MS):
        try:
            counted += await _count(store, board, code, seen_ms, now_ms)
        except ValueError:  # of another version, or damaged; the rooms after it are not
            _log.exception("room %s: what is stored of it cannot be read", code)
            await store.mark_playing(code, now_ms)
    return counted


async def _count(
    store: RoomStore, board: Leaderboard, code: str, seen_ms: int, now_ms: int
) -> bool:
    """Count one room's game if nobody owns it and its game is over; whether that was done."""
    if await store.holder(code) is None:
        snapshot = await store.load(code)
        if snapshot is None or snapshot.state.phase is Phase.LOBBY:
            await store.unmark_playing(code, seen_ms)
            return False
        state = snapshot.state
        if state.phase is Phase.GAME_OVER:
            players = [held.player for held in state.seats.values()]
            await store.record_verdicts(state.game_id, records(state), players, now_ms)
            counted = await board.record(award_of(state))
            await store.unmark_playing(code, seen_ms)
            _log.info("room %s: its game had ended and is counted now", code)
            return counted
    await store.mark_playing(code, now_ms)  # looked at again later, after the others
    return False
