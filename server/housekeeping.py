"""What every server sees to now and then, so that nothing that another left half done stays so."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable
from typing import Final

from redis.exceptions import RedisError

from server.clock import now_ms
from server.erasure import Erasure
from server.leaderboard import Leaderboard
from server.learning import Learning
from server.records import Records
from server.retention import Retention
from server.store import RoomStore
from server.unfinished import count_unfinished

_EVERY_S: Final = 5.0
_log = logging.getLogger(__name__)


async def keep_house(
    store: RoomStore,
    board: Leaderboard,
    erasure: Erasure,
    learning: Learning,
    *,
    retention: Retention,
    records: Records,
) -> None:
    """Until cancelled: count games nobody counted, finish erasing, let go of what is too old."""
    while True:
        # Not all servers at the same moment.
        await asyncio.sleep(_EVERY_S * (0.5 + random.random()))  # noqa: S311 - no secret
        await _see_to(count_unfinished(store, board, now_ms()))
        await _see_to(erasure.finish(now_ms()))
        await _see_to(learning.trim(now_ms()))
        await _see_to(retention.sweep(now_ms()))
        await _see_to(records.sweep())


async def _see_to(task: Awaitable[object]) -> None:
    """One task; what goes wrong with it keeps nobody from the next."""
    try:
        await task
    except (RedisError, OSError) as error:
        _log.warning("housekeeping waits for Redis: %s", error)
    except Exception:  # noqa: BLE001 - it is tried again
        _log.exception("housekeeping stumbled")
