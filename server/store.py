"""Rooms in Redis: every key of theirs and every script, named once.

=============================  ===================================================================
``inkling:{room:CODE}:lease``  id of the server that owns the room; expires ``LEASE_MS`` after its
                               last renewal
``inkling:{room:CODE}:log``    stream; entry ``OFFSET-0`` is one turn, see ``server.events``
``inkling:{room:CODE}:snap``   the room as it was at some offset; the log goes on from there
``inkling:rooms:public``       sorted set of codes of rooms that quick play may join, by the time
                               they were last seen open
``inkling:game:ID:verdicts``   hash; all that the verdicts of a game rest on, see ``server.archive``
=============================  ===================================================================

Appending is atomic with a look at the lease: an owner that was declared dead finds its writes
refused (``Fenced``) however late they come. Appending the same turn twice is appending it once, so
a write whose answer was lost can be repeated. Everything of a room expires ``IDLE_ROOM_MS`` after
its owner last wrote or renewed the lease.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from game.events import Event
from game.protocol import IDLE_ROOM_MS
from game.room import evolve_all
from server.archive import END_FIELD, GameRecord, Podium, read_podium, read_records
from server.events import Snapshot, read_snapshot, read_turn, write_snapshot, write_turn

LEASE_MS: Final = 5_000
VERDICTS_KEPT_MS: Final = 7 * 24 * 3_600_000
_PUBLIC: Final = "inkling:rooms:public"
_PUBLIC_KEPT_MS: Final = 30_000
_log = logging.getLogger(__name__)

# KEYS lease, log, snap; ARGV owner, offset, turn, lease ms, idle ms
_APPEND: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
if not (last and last[1] == ARGV[2] .. '-0' and last[2][2] == ARGV[3]) then
  redis.call('XADD', KEYS[2], ARGV[2] .. '-0', 'turn', ARGV[3])
end
redis.call('PEXPIRE', KEYS[1], ARGV[4])
redis.call('PEXPIRE', KEYS[2], ARGV[5])
redis.call('PEXPIRE', KEYS[3], ARGV[5])
"""
# KEYS lease, log, snap; ARGV owner, first offset to keep, snapshot, idle ms
_SNAPSHOT: Final = """
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('FENCED') end
-- An owner that lost the lease and has it again may have missed what another wrote in between.
local log = redis.call('EXISTS', KEYS[2]) == 1 and redis.call('XINFO', 'STREAM', KEYS[2]) or {}
for i = 1, #log, 2 do
  if log[i] == 'last-generated-id'
      and tonumber(string.match(log[i + 1], '^%d+')) >= tonumber(ARGV[2]) then
    return redis.error_reply('FENCED')
  end
end
redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[4])
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[2] .. '-0')
"""
# KEYS lease, log, snap; ARGV owner, lease ms, idle ms
# Claims a free lease, renews one's own; 0 when another holds it.
_CLAIM: Final = """
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('PEXPIRE', KEYS[3], ARGV[3])
return 1
"""
# KEYS lease; ARGV owner
_RELEASE: Final = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


class Fenced(Exception):  # noqa: N818 - it is the owner that is fenced
    """Another server owns the room now; nothing was written."""


class RoomStore:
    """Where rooms are kept, on behalf of one server."""

    def __init__(self, redis: Redis, server_id: str) -> None:
        self._redis = redis
        self._server_id = server_id
        self._append = redis.register_script(_APPEND)
        self._snapshot = redis.register_script(_SNAPSHOT)
        self._claim = redis.register_script(_CLAIM)
        self._release = redis.register_script(_RELEASE)

    async def create(self, snapshot: Snapshot) -> bool:
        """Write a new room; False when its code is taken."""
        _, _, snap = _keys(snapshot.state.code)
        stored = write_snapshot(snapshot)
        return bool(await self._redis.set(snap, stored, nx=True, px=IDLE_ROOM_MS))

    async def exists(self, code: str) -> bool:
        """Whether there is such a room."""
        return bool(await self._redis.exists(_keys(code)[2]))

    async def claim(self, code: str) -> bool:
        """Take the room's lease, or renew it; False while another server holds it."""
        args: list[Any] = [self._server_id, LEASE_MS, IDLE_ROOM_MS]
        return bool(await self._claim(keys=list(_keys(code)), args=args))

    async def release(self, code: str) -> None:
        """Give the lease up, if it is held, so that another server need not wait for its end."""
        await self._release(keys=[_keys(code)[0]], args=[self._server_id])

    async def holder(self, code: str) -> str | None:
        """The id of the server that owns the room; None if nobody does."""
        found: Any = await self._redis.get(_keys(code)[0])
        return None if found is None else found.decode()

    async def evict(self, code: str, holder: str) -> None:
        """Take the lease from ``holder``, which is gone; if it is not, its writes are fenced."""
        await self._release(keys=[_keys(code)[0]], args=[holder])

    async def load(self, code: str) -> Snapshot | None:
        """The room as its last stored turn left it, or None.

        To go on from there, call it with the lease in hand.
        """
        _, log, snap = _keys(code)
        # At one moment: between the two, an owner could write a snapshot and trim the log.
        pipe = self._redis.pipeline(transaction=True)
        pipe.get(snap)
        pipe.xrange(log)
        stored, entries = await pipe.execute()
        if stored is None:
            return None
        snapshot = read_snapshot(stored)
        offset, at_ms, state = snapshot.offset, snapshot.at_ms, snapshot.state
        for entry_id, fields in entries:
            entry_offset = int(entry_id.partition(b"-")[0])
            if entry_offset <= offset:  # a log that outlived its trimming
                continue
            offset = entry_offset
            events, at_ms = read_turn(fields[b"turn"])
            state = evolve_all(state, events)
        return Snapshot(offset, at_ms, state)

    async def append(self, code: str, offset: int, events: list[Event], at_ms: int) -> int:
        """Store a turn at ``offset``, renewing the lease; returns its bytes. Raises ``Fenced``."""
        turn = write_turn(events, at_ms)
        await self._fenced(
            self._append, code, [self._server_id, offset, turn, LEASE_MS, IDLE_ROOM_MS]
        )
        return len(turn)

    async def save(self, snapshot: Snapshot) -> None:
        """Store a snapshot and forget the log up to it. Raises ``Fenced``."""
        stored = write_snapshot(snapshot)
        args = [self._server_id, snapshot.offset + 1, stored, IDLE_ROOM_MS]
        await self._fenced(self._snapshot, snapshot.state.code, args)

    async def _fenced(self, script: Any, code: str, args: list[Any]) -> None:
        try:
            await script(keys=list(_keys(code)), args=args)
        except ResponseError as error:
            if "FENCED" in str(error) or "equal or smaller" in str(error):
                raise Fenced(code) from None
            raise

    async def list_publicly(self, code: str, now_ms: int, *, joinable: bool) -> None:
        """Say whether quick play may send people here; true for half a minute at a time."""
        if joinable:
            pipe = self._redis.pipeline(transaction=True)
            pipe.zadd(_PUBLIC, {code: now_ms})
            pipe.pexpire(_PUBLIC, _PUBLIC_KEPT_MS)
            await pipe.execute()
        else:
            await self._redis.zrem(_PUBLIC, code)

    async def public_rooms(self, now_ms: int, at_most: int = 50) -> list[str]:
        """Codes of rooms that quick play may join, the freshest first."""
        await self._redis.zremrangebyscore(_PUBLIC, "-inf", now_ms - _PUBLIC_KEPT_MS)
        codes: Any = await self._redis.zrevrange(_PUBLIC, 0, at_most - 1)
        return [code.decode() for code in codes]

    async def record_verdicts(self, game_id: str, records: Mapping[str, bytes]) -> None:
        """Keep what the verdicts of a game rest on; what is kept already stays as it is."""
        if not records:
            return
        pipe = self._redis.pipeline(transaction=True)
        for name, record in records.items():
            pipe.hsetnx(_verdicts_key(game_id), name, record)
        pipe.pexpire(_verdicts_key(game_id), VERDICTS_KEPT_MS)
        await pipe.execute()


async def read_verdicts(redis: Redis, game_id: str) -> GameRecord | None:
    """All that was kept of a game, or None if nothing was or it is too long ago.

    Raises ``ValueError`` for records that this version cannot read.
    """
    stored: Any = await redis.hgetall(_verdicts_key(game_id))
    return read_records(stored) if stored else None


async def read_podiums(redis: Redis, game_ids: Sequence[str]) -> list[Podium | None]:
    """How these games ended; None for one that did not, or too long ago."""
    pipe = redis.pipeline(transaction=False)
    for game_id in game_ids:
        pipe.hget(_verdicts_key(game_id), END_FIELD)
    stored = await pipe.execute()
    return [None if each is None else read_podium(each) for each in stored]


def _verdicts_key(game_id: str) -> str:
    return f"inkling:game:{game_id}:verdicts"


def _keys(code: str) -> tuple[str, str, str]:
    room = f"inkling:{{room:{code}}}:"
    return room + "lease", room + "log", room + "snap"
