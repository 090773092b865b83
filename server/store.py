"""Rooms in Redis: every key of theirs and every script, named once.

=============================  ===================================================================
``inkling:{room:CODE}:lease``  id of the server that owns the room; expires ``LEASE_MS`` after its
                               last renewal
``inkling:{room:CODE}:log``    stream; entry ``OFFSET-0`` is one turn, see ``server.events``
``inkling:{room:CODE}:snap``   the room as it was at some offset; the log goes on from there
``inkling:rooms:public``       sorted set of codes of rooms that quick play may join, by the time
                               they were last seen open
``inkling:rooms:playing``      sorted set of codes of rooms with a game that is not counted yet, by
                               the time they were last looked at
``inkling:game:ID:verdicts``   hash; all that the verdicts of a game rest on, see ``server.archive``
``inkling:player:ID:rooms``    sorted set of rooms that may know the player, by when they came in
``inkling:player:ID:games``    sorted set of games on record with the player in them, by when
=============================  ===================================================================

Appending is atomic with a look at the lease: an owner that was declared dead finds its writes
refused (``Fenced``) however late they come. Appending the same turn twice is appending it once, so
a write whose answer was lost can be repeated. Everything of a room expires ``IDLE_ROOM_MS`` after
its owner last wrote or renewed the lease.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from game.events import Event
from game.protocol import IDLE_ROOM_MS
from game.room import evolve_all
from server.archive import END_FIELD, GameRecord, Podium, read_podium, read_records
from server.commits import Commits
from server.events import Snapshot, read_snapshot, read_turn, write_snapshot, write_turn
from server.periods import DAY_MS

LEASE_MS: Final = 5_000
VERDICTS_KEPT_MS: Final = 7 * DAY_MS
VISITS_KEPT_MS: Final = 30 * DAY_MS
VISITS_KEPT: Final = 1_000  # of one player, the newest; nobody's rooms of a day are as many
_PUBLIC: Final = "inkling:rooms:public"
_PUBLIC_KEPT_MS: Final = 30_000
_PLAYING: Final = "inkling:rooms:playing"
_PLAYING_KEPT_MS: Final = DAY_MS
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


# KEYS playing; ARGV code, when it was seen there
# A game that was started meanwhile has marked the room anew.
_SETTLE: Final = """
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == ARGV[2] then redis.call('ZREM', KEYS[1], ARGV[1]) end
"""


class Fenced(Exception):  # noqa: N818 - it is the owner that is fenced
    """Another server owns the room now; nothing was written."""


class RoomStore:
    """Where rooms are kept, on behalf of one server."""

    def __init__(self, redis: Redis, server_id: str, games_kept_ms: int = VERDICTS_KEPT_MS) -> None:
        self._redis = redis
        self._server_id = server_id
        self._games_kept_ms = games_kept_ms
        self._append = Commits(redis, _APPEND)
        self._snapshot = redis.register_script(_SNAPSHOT)
        self._claim = redis.register_script(_CLAIM)
        self._release = redis.register_script(_RELEASE)
        self._settle = redis.register_script(_SETTLE)

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
        args = [self._server_id, offset, turn, LEASE_MS, IDLE_ROOM_MS]
        with _fenced(code):
            await self._append.run(_keys(code), args)
        return len(turn)

    async def save(self, snapshot: Snapshot) -> None:
        """Store a snapshot and forget the log up to it. Raises ``Fenced``."""
        stored = write_snapshot(snapshot)
        args: list[Any] = [self._server_id, snapshot.offset + 1, stored, IDLE_ROOM_MS]
        code = snapshot.state.code
        with _fenced(code):
            await self._snapshot(keys=list(_keys(code)), args=args)

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

    async def delete(self, code: str) -> None:
        """Forget a room. Raises ``Fenced`` where it is not this server's."""
        if not await self.claim(code):
            raise Fenced(code)
        # One transaction would be over two hash slots, which a cluster refuses.
        await self._redis.zrem(_PUBLIC, code)
        await self._redis.delete(*_keys(code)[1:])
        await self.release(code)

    # --- games to be counted ---------------------------------------------------------------------

    async def mark_playing(self, code: str, now_ms: int) -> None:
        """A game is on that is to be counted when it ends, by whoever sees that it did."""
        pipe = self._redis.pipeline(transaction=True)
        pipe.zadd(_PLAYING, {code: now_ms})
        pipe.pexpire(_PLAYING, _PLAYING_KEPT_MS)
        await pipe.execute()

    async def playing(self, before_ms: int, at_most: int = 50) -> list[tuple[str, int]]:
        """Rooms last marked before that, and when; the longest ago first."""
        found: Any = await self._redis.zrange(
            _PLAYING, "-inf", before_ms, byscore=True, offset=0, num=at_most, withscores=True
        )
        return [(code.decode(), int(at)) for code, at in found]

    async def unmark_playing(self, code: str, seen_ms: int | None = None) -> None:
        """Nothing of this room is left to be counted; unless it was marked after ``seen_ms``."""
        if seen_ms is None:
            await self._redis.zrem(_PLAYING, code)
        else:
            await self._settle(keys=[_PLAYING], args=[code, seen_ms])

    # --- who was where ---------------------------------------------------------------------------

    async def visit(self, player: str, code: str, now_ms: int) -> None:
        """A room is about to know this player."""
        key = _visits_key(player)
        pipe = self._redis.pipeline(transaction=True)
        pipe.zadd(key, {code: now_ms})
        pipe.zremrangebyscore(key, "-inf", now_ms - VISITS_KEPT_MS)
        pipe.zremrangebyrank(key, 0, -VISITS_KEPT - 1)
        pipe.pexpire(key, VISITS_KEPT_MS)
        await pipe.execute()

    async def visited(self, player: str) -> list[str]:
        """Codes of the rooms that may know a player."""
        found: Any = await self._redis.zrange(_visits_key(player), 0, -1)
        return [code.decode() for code in found]

    async def forget_visit(self, player: str, code: str) -> None:
        """This room does not know the player any more."""
        await self._redis.zrem(_visits_key(player), code)

    # --- games on record -------------------------------------------------------------------------

    async def record_verdicts(
        self, game_id: str, records: Mapping[str, bytes], players: Iterable[str], now_ms: int
    ) -> None:
        """Keep what the verdicts of a game rest on; what is kept already stays as it is.

        ``players`` are those whom the records name.
        """
        if not records:
            return
        pipe = self._redis.pipeline(transaction=False)
        for player in players:  # first, so that no record is ever without a way to it
            key = games_key(player)
            pipe.zadd(key, {game_id: now_ms})
            pipe.zremrangebyscore(key, "-inf", now_ms - self._games_kept_ms)
            pipe.pexpire(key, self._games_kept_ms)
        await pipe.execute()
        pipe = self._redis.pipeline(transaction=True)
        for name, record in records.items():
            pipe.hsetnx(verdicts_key(game_id), name, record)
        pipe.pexpire(verdicts_key(game_id), self._games_kept_ms)
        await pipe.execute()


async def read_verdicts(redis: Redis, game_id: str) -> GameRecord | None:
    """All that was kept of a game, or None if nothing was or it is too long ago.

    Raises ``ValueError`` for records that this version cannot read.
    """
    stored: Any = await redis.hgetall(verdicts_key(game_id))
    return read_records(stored) if stored else None


async def read_podiums(redis: Redis, game_ids: Sequence[str]) -> list[Podium | None]:
    """How these games ended; None for one that did not, or too long ago."""
    pipe = redis.pipeline(transaction=False)
    for game_id in game_ids:
        pipe.hget(verdicts_key(game_id), END_FIELD)
    stored = await pipe.execute()
    return [None if each is None else read_podium(each) for each in stored]


@contextmanager
def _fenced(code: str) -> Iterator[None]:
    """Turn a script's refusal into ``Fenced``."""
    try:
        yield
    except ResponseError as error:
        if "FENCED" in str(error) or "equal or smaller" in str(error):
            raise Fenced(code) from None
        raise


def verdicts_key(game_id: str) -> str:
    """What is kept of a game."""
    return f"inkling:game:{game_id}:verdicts"


def games_key(player: str) -> str:
    """Games on record with this player in them."""
    return f"inkling:player:{player}:games"


def _visits_key(player: str) -> str:
    return f"inkling:player:{player}:rooms"


def _keys(code: str) -> tuple[str, str, str]:
    room = f"inkling:{{room:{code}}}:"
    return room + "lease", room + "log", room + "snap"
