"""A server without sockets that owns rooms: ``python -m tests.support.ending_rooms REDIS CODE…``.

It takes all of them on at once and says so; whatever is due in them happens. Killed, it leaves them
as they were last stored.
"""

from __future__ import annotations

import asyncio
import secrets
import sys

from game.deck import levels_from
from ml import queue
from server.leaderboard import Leaderboard
from server.owner import Services
from server.players import Players
from server.recogniser import Recogniser
from server.rooms import Rooms
from server.store import RoomStore


async def own(url: str, codes: list[str]) -> None:
    """Own these rooms until killed or told to stop by the end of the standard input."""
    redis = queue.connect(url)
    server_id = secrets.token_hex(6)
    board = Leaderboard(redis, Players(redis))
    services = Services(RoomStore(redis, server_id), Recogniser(redis, server_id), board)
    rooms = Rooms(services, levels_from({}))
    await asyncio.gather(*(rooms.enter(code) for code in codes))
    print("owned", flush=True)  # noqa: T201 - said to the parent
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await rooms.close()
    await redis.aclose()


if __name__ == "__main__":
    asyncio.run(own(sys.argv[1], sys.argv[2:]))
